/** A database of the release before, with data in it, is opened by this one; a migration that fails leaves it as it was. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { verifyTenant } from '#features/audit/verify.ts'
import { migrations } from '#migrations/index.ts'
import { migrate } from '#platform/db/migrate.ts'
import { installQueue } from '#platform/jobs/queue.ts'
import { migrateDatabase } from '#src/runtime.ts'
import { queues } from '#src/worker.ts'
import { startTestApp } from './support/app.ts'
import { queryAsOwner, withOwner } from './support/owner-query.ts'
import type { TestDatabase } from './support/postgres.ts'
import { createTestDatabase } from './support/postgres.ts'
import { TableReader } from './support/table-checksums.ts'

const released = migrations.slice(0, -1)
const [newest] = migrations.slice(-1)
let database: TestDatabase
before(async () => {
  database = await createTestDatabase({ empty: true })
  await migrate(database.owner, released, () => installQueue(database.owner, queues))
  await withOwner(database, async (client) => {
    await client.query(`insert into tenants (id, name) values ('old', 'Old'), ('bare', 'Without files')`)
    await client.query(`insert into clients (tenant_id, id, name) values ('old', gen_random_uuid(), 'Kept')`)
    await client.query(`insert into audit_events (tenant_id, id, category, action, description, actor)
      select 'old', 'evt_old_' || n, 'data_access', 'invoice.view', 'Of the release before', '{"type":"system","name":"old"}'
        from generate_series(1, 5) n`)
    await client.query(`select seal_audit_events_of('old')`)
    await client.query(`insert into audit_events (tenant_id, id, category, action, description, actor)
      values ('old', 'evt_unsealed', 'data_access', 'invoice.view', 'Not sealed yet', '{"type":"system","name":"old"}')`)
    await client.query(`insert into files (tenant_id, id, data_key_ciphertext, chunk_bytes, size, sha256, content_type, scan)
      select 'old', 'file_' || n, 'sealed', 1024, n * 100, '\\x00', 'text/plain', 'clean' from generate_series(1, 10) n`)
    await client.query(`insert into files (tenant_id, id, data_key_ciphertext, chunk_bytes, expires_at)
      values ('old', 'unfinished', 'sealed', 1024, now())`)
  })
})
after(() => database.drop())

test('a migration that fails in the middle leaves schema and rows as they were, and says what and why', async () => {
  const tables = new TableReader(database.owner)
  await tables.connect({ except: [] })
  const before = await tables.checksums()
  const broken = { id: '9000-broken', sql: 'create table half (x int); delete from files; select * from nowhere' }
  await assert.rejects(migrate(database.owner, [...released, broken]), {
    name: 'MigrationError',
    message: /^Migration 9000-broken failed and left the database as it was: relation "nowhere" does not exist/,
  })
  assert.deepEqual(await tables.checksums(), before)
  const [half] = await queryAsOwner(database, `select to_regclass('half') as there`)
  assert.equal(half?.there, null)
  await tables.end()
})

test('the data of the release before is there, counted, and served', async () => {
  const report = await migrateDatabase(database.owner)
  assert.deepEqual(report.applied, [newest?.id])
  const storage = await queryAsOwner(database, 'select tenant_id, used_bytes from tenant_storage')
  assert.deepEqual(storage, [{ tenant_id: 'old', used_bytes: '5500' }])
  const app = await startTestApp({ database })
  try {
    assert.equal((await app.request('/health/ready')).status, 200)
    const token = await app.signIn()
    assert.equal((await app.request('/api/v1/clients', { method: 'POST', token, body: { name: 'New' } })).status, 201)
    const log = await verifyTenant(app.runtime.services, { tenantId: 'old', request: { category: 'data_access' } })
    assert.deepEqual([log.breaches, log.eventsChecked], [[], 6], 'events of before, sealed or not, are in their chain')
    const names = await queryAsOwner(database, 'select name from clients order by name')
    assert.deepEqual(names, [{ name: 'Kept' }, { name: 'New' }])
  } finally {
    await app.close()
  }
  assert.deepEqual((await migrateDatabase(database.owner)).applied, [])
})
