import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { dumpSchema } from '#platform/db/dump-schema.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { TableReader } from '#test/support/table-checksums.ts'
import type { Settings } from './command.fixture.ts'
import { launchCommand, makeDataDir, runCommand, settingsFor } from './command.fixture.ts'

const { dataDir, remove } = makeDataDir()
const file = path.join(dataDir, 'clientele.backup')
let app: TestApp
let keys: { CLIENTELE_MASTER_KEYS: string }
let settings: Settings
const databases: TestDatabase[] = []

before(async () => {
  app = await startTestApp()
  keys = { CLIENTELE_MASTER_KEYS: app.runtime.config.masterKeys ?? '' }
  settings = { ...settingsFor(app.database, dataDir), ...keys }
  const seeded = await runCommand(['seed-demo', '--clients', '30'], settings)
  assert.equal(seeded.code, 0, seeded.stderr)
  const written = await runCommand(['backup', file], settings)
  assert.equal(written.code, 0, written.stderr)
  assert.match(written.stderr, /^\d+ rows of \d+ tables, \d+ KiB, under the master key [0-9a-f]{12}\.$/m)
})
after(async () => {
  await app.close()
  for (const database of databases) await database.drop()
  remove()
})

async function emptyDatabase(): Promise<{ database: TestDatabase; its: Settings }> {
  const database = await createTestDatabase({ empty: true })
  databases.push(database)
  return { database, its: { ...settingsFor(database, dataDir), ...keys } }
}

async function contentOf(database: TestDatabase): Promise<Record<string, string>> {
  const reader = new TableReader(database.owner)
  await reader.connect({ except: ['schema_migrations'] })
  try {
    return await reader.checksums()
  } finally {
    await reader.end()
  }
}

const schemaOf = (database: TestDatabase) => withOwner(database, dumpSchema)

test('what is restored is what was there: every row, the schema, the proof of the audit log, and it works', async () => {
  const before = await contentOf(app.database)
  const { database, its } = await emptyDatabase()
  const restored = await runCommand(['restore', file], its)
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, /^Restored \d+ rows of \d+ tables, as they were at \d{4}-/)
  assert.deepEqual(await contentOf(database), before)
  assert.equal(await schemaOf(database), await schemaOf(app.database))

  const verified = await runCommand(['audit', 'verify', firstTenant], its)
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
  const status = await runCommand(['key', 'status', '--json'], its)
  assert.equal(status.code, 0, status.stderr)

  const again = await startTestApp({ database, config: { masterKeys: keys.CLIENTELE_MASTER_KEYS } })
  try {
    const token = await again.signIn()
    const list = await again.request('/api/v1/clients', { token })
    assert.equal((list.body as { total: number }).total, 30)
    // Numbers that the database gives go on where they were, and triggers work again.
    await again.createClient()
    const more = await again.request('/api/v1/clients', { token })
    assert.equal((more.body as { total: number }).total, 31)
  } finally {
    await again.close()
  }
})

test('a backup holds one moment, however much is written meanwhile, and the jobs that wait', async () => {
  const busy = path.join(dataDir, 'busy.backup')
  let over = false
  const writing = (async () => {
    for (let i = 0; !over; i++) {
      await app.request('/api/v1/clients/', { method: 'POST', body: { name: `Busy ${i}` } })
    }
  })()
  const jobs = await queryAsOwner<{ name: string }>(
    app.database,
    `insert into pgboss.job (name, data) select name, '{"kept": true}' from pgboss.queue order by name limit 1 returning name`,
  )
  const written = await runCommand(['backup', busy], settings)
  over = true
  await writing
  assert.equal(written.code, 0, written.stderr)
  const { database, its } = await emptyDatabase()
  // Foreign keys are checked at the end: a client without its tenant, or a key without its client, would be refused.
  const restored = await runCommand(['restore', busy], its)
  assert.equal(restored.code, 0, restored.stderr)
  const kept = await queryAsOwner<{ name: string }>(
    database,
    `select name from pgboss.job where data @> '{"kept": true}' and state = 'created'`,
  )
  assert.deepEqual(kept, jobs)
})

test('is read and checked without a database; a byte that was changed, or an end that is missing, is found', async () => {
  const nowhere = { ...keys, CLIENTELE_DATA_DIR: dataDir, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }
  const whole = await runCommand(['restore', '--check', file], nowhere)
  assert.equal(whole.code, 0, whole.stderr)
  assert.match(whole.stdout, /^Whole: \d+ rows of \d+ tables, made at /)

  const bytes = readFileSync(file)
  const broken = path.join(dataDir, 'broken.backup')
  const changed = Buffer.from(bytes)
  changed[bytes.length - 10] = (changed[bytes.length - 10] as number) ^ 1
  for (const content of [changed, bytes.subarray(0, bytes.length - 1), bytes.subarray(0, 400)]) {
    writeFileSync(broken, content)
    const found = await runCommand(['restore', '--check', broken], nowhere)
    assert.equal(found.code, 1)
    assert.match(found.stderr, /^clientele: the backup (is damaged or incomplete|ends)/)
  }
  writeFileSync(broken, changed)
  const { database, its } = await emptyDatabase()
  assert.equal((await runCommand(['restore', broken], its)).code, 1)
  assert.deepEqual(await queryAsOwner(database, 'select id from tenants'), [], 'nothing of it came in')
  assert.equal((await runCommand(['restore', file], its)).code, 0, 'a whole one can be restored then')
})

test('nothing of the data can be read without the master key', async () => {
  const [row] = await queryAsOwner<{ name: string }>(app.database, 'select name from clients limit 1')
  assert.ok(row && !readFileSync(file).includes(row.name))
  const { its } = await emptyDatabase()
  const other = await runCommand(['restore', file], { ...its, CLIENTELE_MASTER_KEYS: generateFernetKey() })
  assert.equal(other.code, 1)
  assert.match(
    other.stderr,
    /^clientele: the backup was made under the master keys [0-9a-f]{12}; this command was given /,
  )
  const none = await runCommand(['restore', file], {
    ...its,
    CLIENTELE_MASTER_KEYS: '',
    CLIENTELE_DATA_DIR: '/nowhere',
  })
  assert.equal(none.code, 3)
  assert.match(none.stderr, /there is no key in/)
})

test('refuses to fill a database that holds tenants, to overwrite a file, and to read what is no backup', async () => {
  const full = await runCommand(['restore', file], settings)
  assert.equal(full.code, 1)
  assert.match(
    full.stderr,
    /^clientele: the database holds tenants already \(\d+\), and a backup goes into an empty one only/,
  )
  const twice = await runCommand(['backup', file], settings)
  assert.equal(twice.code, 1)
  assert.match(twice.stderr, /is there already: a backup never overwrites one/)
  const { its } = await emptyDatabase()
  const strange = await runCommand(['restore', path.join(import.meta.dirname, 'backup.ts')], its)
  assert.equal(strange.code, 1)
  assert.match(strange.stderr, /^clientele: the file is no backup of Clientele/)
  const missing = await runCommand(['restore', path.join(dataDir, 'missing')], its)
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /missing: there is no such file or folder/)
})

test('goes through pipes as well', async () => {
  const written = launchCommand(['backup', '-'], settings)
  const pieces: Buffer[] = []
  written.child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
  assert.equal((await written.ended).code, 0)
  const { its } = await emptyDatabase()
  const reading = launchCommand(['restore', '-'], its, Buffer.concat(pieces))
  const { code, stderr } = await reading.ended
  assert.equal(code, 0, stderr)
})
