import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { migrations } from '#migrations/index.ts'
import { migrate } from '#platform/db/migrate.ts'
import { installQueue } from '#platform/jobs/queue.ts'
import { masterKeyFile } from '#platform/secrets/master-keys.ts'
import { queues } from '#src/worker.ts'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { TableReader } from './support/table-checksums.ts'

let app: TestApp
let tables: TableReader
before(async () => {
  app = await startTestApp()
  tables = new TableReader(app.database.owner)
  await tables.connect({ except: [] })
})
after(async () => {
  await tables.end()
  await app.close()
})

type Readiness = { status: string; problems?: Record<string, string> }

async function readiness(): Promise<{ status: number; body: Readiness }> {
  const { status, body } = await app.request('/health/ready')
  return { status, body }
}

test('is ready with a current schema and a queue', async () => {
  assert.deepEqual(await readiness(), { status: 200, body: { status: 'ok' } })
})

test('says which migration the database lacks', async () => {
  const last = migrations.at(-1)?.id ?? ''
  const [row] = await tables.query<{ checksum: string }>(
    'delete from schema_migrations where id = $1 returning checksum',
    [last],
  )
  const { status, body } = await readiness()
  assert.equal(status, 503)
  assert.deepEqual(body, { status: 'unavailable', problems: { migrations: `not applied yet: ${last}` } })
  await tables.query('insert into schema_migrations (id, checksum) values ($1, $2)', [last, row?.checksum])
  assert.equal((await readiness()).status, 200)
})

test('an empty database is one without migrations, not one that does not answer; alive all the time', async () => {
  await tables.query('drop schema public cascade; create schema public; drop schema pgboss cascade')
  const { status, body } = await readiness()
  assert.equal(status, 503)
  assert.deepEqual(Object.keys(body.problems ?? {}), ['migrations'])
  assert.match(body.problems?.migrations ?? '', /^not applied yet/)
  assert.equal((await app.request('/health/live')).status, 200)
  await migrate(app.database.owner, migrations, () => installQueue(app.database.owner, queues))
  assert.equal((await readiness()).status, 200)
})

test('master keys that are damaged while it runs: anybody learns of the condition, the log where it is', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'clientele-readiness-'))
  const other = await startTestApp({ config: { masterKeys: null, dataDir } })
  try {
    const ready = () => other.request('/health/ready')
    assert.equal((await ready()).status, 200)
    const file = masterKeyFile(dataDir)
    const whole = readFileSync(file, 'utf8')
    const unready = async (condition: string) => {
      for (const _ of ['twice', 'logged once']) {
        const answer = await ready()
        assert.equal(answer.status, 503)
        assert.deepEqual((answer.body as Readiness).problems, { keys: condition })
        assert.ok(!answer.text.includes(dataDir))
      }
    }
    const logged = () => other.logs.filter((line) => line.includes(file)).length
    writeFileSync(file, 'half of a key')
    await unready('the master keys are damaged: the log of the server says where')
    assert.equal(logged(), 1)
    assert.ok(await other.signIn(), 'what was read before still opens everything')
    rmSync(file)
    mkdirSync(file)
    await unready('the master keys cannot be read: the log of the server says why')
    assert.equal(other.logs.filter((line) => line.includes('EISDIR')).length, 1)
    rmSync(file, { recursive: true })
    writeFileSync(file, whole)
    assert.equal((await ready()).status, 200)
  } finally {
    await other.close()
    rmSync(dataDir, { recursive: true })
  }
})
