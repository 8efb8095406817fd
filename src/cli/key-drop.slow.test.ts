import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { makeDataDir, runCommand, settingsFor } from './command.fixture.ts'
import { exitCodes } from './exit-codes.ts'
import { startLoadedServer } from './key-rotation.fixture.ts'

test('removes the old key under load, and everything still opens', async (t) => {
  const database = await createTestDatabase()
  const { dataDir, remove } = makeDataDir()
  t.after(async () => {
    await database.drop()
    remove()
  })
  const loaded = await startLoadedServer(database, dataDir)
  await loaded.anotherRound()
  const [original] = new MasterKeys({ dataDir }).current.fingerprints()
  const rotated = await runCommand(['key', 'rotate', '--drop-old'], loaded.settings)
  assert.equal(rotated.code, 0, rotated.stderr)
  assert.match(rotated.stdout, /1 old keys were removed/)
  await loaded.anotherRound()

  const { current } = new MasterKeys({ dataDir })
  assert.equal(current.fingerprints().length, 1)
  assert.notEqual(current.fingerprints()[0], original)
  const status = await runCommand(['key', 'status', '--json'], loaded.settings)
  assert.equal(status.code, 0)
  const { stored } = JSON.parse(status.stdout) as { stored: { unopenable: number }[] }
  assert.ok(stored.every(({ unopenable }) => unopenable === 0))
  assert.deepEqual((await loaded.stop()).failures, [])

  // A server that starts now reads everything, its signing keys first.
  const restarted = await startLoadedServer(database, dataDir)
  await restarted.anotherRound()
  assert.deepEqual((await restarted.stop()).failures, [])
})

test('with keys in the setting: encrypts under the first, and says which others can go', async (t) => {
  const database = await createTestDatabase()
  const { dataDir, remove } = makeDataDir()
  t.after(async () => {
    await database.drop()
    remove()
  })
  const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()]
  const withKeys = (keys: string) => ({ ...settingsFor(database, dataDir), CLIENTELE_MASTER_KEYS: keys })
  const seeded = await runCommand(['seed-demo', '--clients', '20'], withKeys(oldKey))
  assert.equal(seeded.code, 0, seeded.stderr)

  const wrong = await runCommand(['key', 'rotate'], withKeys(newKey))
  assert.equal(wrong.code, exitCodes.failed.code)
  assert.match(wrong.stderr, /open under none of the keys of CLIENTELE_MASTER_KEYS, so nothing was changed/)
  assert.equal((await runCommand(['key', 'status'], withKeys(newKey))).code, exitCodes.failed.code)
  const drop = await runCommand(['key', 'rotate', '--drop-old'], withKeys(`${newKey},${oldKey}`))
  assert.equal(drop.code, exitCodes.usage.code)

  const rotated = await runCommand(['key', 'rotate'], withKeys(`${newKey},${oldKey}`))
  assert.equal(rotated.code, 0, rotated.stderr)
  assert.match(rotated.stdout, /Nothing stored needs \w{12} any more/)
  assert.equal((await runCommand(['key', 'status'], withKeys(newKey))).code, 0)
})
