import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asOwner } from '#platform/db/owner-connection.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { countByKey } from '#platform/secrets/reencrypt.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { launchCommand, makeDataDir, runCommand } from './command.fixture.ts'
import { startLoadedServer } from './key-rotation.fixture.ts'

const secretsInBulk = 6_000

/** Webhook secrets of clients who do nothing, so that a rotation takes its time. */
async function storeInBulk(database: TestDatabase, masterKeys: MasterKeys): Promise<void> {
  const tokens = Array.from({ length: secretsInBulk }, (_, i) => masterKeys.encrypt(`bulk ${i}`))
  await asOwner(database.owner, (client) =>
    client.query(
      `with made as (
         insert into clients (tenant_id, id, name) select 'bulk', gen_random_uuid(), 'Bulk ' || n from generate_series(1, $2::int) n
         returning tenant_id, id
       )
       insert into webhook_secrets (tenant_id, client_id, secret_ciphertext)
       select tenant_id, id, ($1::text[])[row_number() over ()] from made`,
      [tokens, tokens.length],
    ),
  )
}

async function counts(database: TestDatabase, masterKeys: MasterKeys) {
  masterKeys.reload()
  const census = await asOwner(database.owner, (client) => countByKey(client, masterKeys.current))
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
  return {
    current: sum(census.map(({ underKey }) => underKey[0] ?? 0)),
    old: sum(census.map(({ underKey }) => sum(underKey.slice(1)))),
    lost: sum(census.map(({ unopenable }) => unopenable)),
  }
}

async function waitForFirstBatch(database: TestDatabase): Promise<void> {
  await asOwner(database.owner, async (client) => {
    const begun = `select 1 from audit_events where action = 'master_key.rotated' limit 1`
    while (!(await client.query(begun)).rowCount);
  })
}

test('replaces the master key while a server reads and writes secrets, also after kill -9 in the middle', async (t) => {
  const database = await createTestDatabase()
  const { dataDir, remove } = makeDataDir()
  const masterKeys = new MasterKeys({ dataDir })
  const loaded = await startLoadedServer(database, dataDir)
  t.after(async () => {
    await database.drop()
    remove()
  })
  await storeInBulk(database, masterKeys)
  await loaded.anotherRound()

  const killed = launchCommand(['key', 'rotate'], loaded.settings)
  await waitForFirstBatch(database)
  killed.child.kill('SIGKILL')
  assert.match((await killed.ended).stderr, /The new key \w+ is in front/)
  const between = await counts(database, masterKeys)
  assert.ok(between.old > 0 && between.current > 0, `killed in the middle: ${JSON.stringify(between)}`)
  await loaded.anotherRound()

  const rerun = await runCommand(['key', 'rotate'], loaded.settings)
  assert.equal(rerun.code, 0, rerun.stderr)
  assert.match(rerun.stderr, /was not finished: going on with it/)
  await loaded.anotherRound()
  const { current, old, lost } = await counts(database, masterKeys)
  assert.deepEqual({ old, lost, rest: current > secretsInBulk }, { old: 0, lost: 0, rest: true })
  assert.equal(masterKeys.current.fingerprints().length, 2)

  const report = await loaded.stop()
  assert.deepEqual(report.failures, [])
  assert.ok(report.written > 0 && report.opened > 0)
})
