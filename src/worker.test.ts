import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { startWorker } from './worker.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

/** Of the queue's own pool. */
async function connections(): Promise<number> {
  const [row] = await queryAsOwner<{ n: number }>(
    app.database,
    `select count(*)::integer as n from pg_stat_activity where datname = current_database() and application_name = 'pgboss'`,
  )
  return row?.n ?? 0
}

test('a worker that cannot start leaves nothing behind that would go on by itself, and the next one starts', async () => {
  await queryAsOwner(app.database, 'revoke insert, update on pgboss.schedule from clientele_app')
  await assert.rejects(startWorker(app.runtime), { code: '42501' })
  const deadline = Date.now() + 5_000
  while ((await connections()) > 0) assert.ok(Date.now() < deadline, 'the queue goes on')
  await queryAsOwner(app.database, 'grant insert, update on pgboss.schedule to clientele_app')
  const stop = await startWorker(app.runtime)
  assert.ok((await connections()) > 0)
  await stop()
})
