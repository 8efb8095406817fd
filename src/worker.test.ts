import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { executeImport, previewImport, viewImport } from '#features/imports/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import { prepareTenant, systemOf } from '#test/support/prepared-client.ts'
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

async function askForImport(tenantId: string): Promise<string> {
  const { services } = app.runtime
  const content = (async function* () {
    yield Buffer.from('code;nom\nA1;Alpha\n')
  })()
  const { id } = await services.files.write(tenantId, content, { maxBytes: 1024 })
  const call = systemOf(tenantId)
  await runForResult(services, previewImport, { file: { id }, layout: {}, maxRows: 1 }, call)
  const wanted = { fileId: id, templateId: 'client_import', layout: {} }
  return (await runForResult(services, executeImport, wanted, call)).id
}

test("imports of one tenant that take for ever, however many, keep nobody else's waiting", async () => {
  const [one, other] = [await prepareTenant(app), await prepareTenant(app)]
  const held = [await askForImport(one), await askForImport(one), await askForImport(one)]
  await withOwner(app.database, async (owner) => {
    await owner.query('begin')
    await owner.query('select from imports where id = any ($1) for update', [held])
    const waits = await askForImport(other)
    const stop = await startWorker(app.runtime)
    const deadline = Date.now() + 15_000
    const view = () => runForResult(app.runtime.services, viewImport, { importId: waits }, systemOf(other))
    while ((await view()).status !== 'completed') assert.ok(Date.now() < deadline, 'it waits for the others')
    // None of those has been given up meanwhile.
    const found = `select state from pgboss.job where name = 'import' and data ->> 'tenantId' = $1 order by created_on`
    const states = await queryAsOwner<{ state: string }>(app.database, found, [one])
    assert.deepEqual(
      states.map(({ state }) => state),
      ['active', 'created', 'created'],
    )
    await owner.query('rollback')
    await stop()
  })
})
