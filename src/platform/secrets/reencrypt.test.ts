import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import { parseKeyRing } from '#kernel/key-ring.ts'
import { asOwner } from '#platform/db/owner-connection.ts'
import { withOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { encryptedColumns } from './encrypted-columns.ts'
import type { RotationStep } from './master-key-rotation.ts'
import { KeyRotationError, rotateMasterKeys } from './master-key-rotation.ts'
import { addMasterKey, MasterKeys, masterKeyFile } from './master-keys.ts'
import { countByKey, reencryptPass } from './reencrypt.ts'

const origin = { requestId: 'test', ipAddress: null, userAgent: null, via: 'test' }
const root = mkdtempSync(path.join(tmpdir(), 'clientele-reencrypt-test-'))
let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(async () => {
  await database.drop()
  rmSync(root, { recursive: true })
})

const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()]
const [beforehand, during] = [parseKeyRing(oldKey), parseKeyRing(`${newKey},${oldKey}`)]
/** More than one batch, and two tenants. */
const clients = 450

/** Every client has a webhook secret under the key; its text is the client's id. */
async function store(client: pg.Client, encrypt: (text: string) => string): Promise<void> {
  await client.query('truncate clients, idempotency_keys, signing_keys cascade')
  const ids = Array.from({ length: clients }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)
  const tenants = ids.map((_, i) => (i % 2 === 0 ? 'even' : 'odd'))
  await client.query(
    'insert into clients (tenant_id, id, name) select t, i, i from unnest($1::text[], $2::uuid[]) as g (t, i)',
    [tenants, ids],
  )
  await client.query(
    `insert into webhook_secrets (tenant_id, client_id, secret_ciphertext)
      select * from unnest($1::text[], $2::uuid[], $3::text[])`,
    [tenants, ids, ids.map(encrypt)],
  )
}

beforeEach(() => withOwner(database, (client) => store(client, (text) => beforehand.encrypt(text))))

async function opened(client: pg.Client, keys: string): Promise<boolean> {
  const ring = parseKeyRing(keys)
  const { rows } = await client.query<{ id: string; token: string }>(
    'select client_id as id, secret_ciphertext as token from webhook_secrets',
  )
  assert.equal(rows.length, clients)
  return rows.every(({ id, token }) => ring.decrypt(token).toString() === id)
}

test('knows every column of the database that holds an encrypted secret', async () => {
  const { rows } = await withOwner(database, (client) =>
    client.query<{ column: string }>(
      `select table_name || '.' || column_name as column from information_schema.columns
        where table_schema = 'public' and column_name like '%\\_ciphertext' order by 1`,
    ),
  )
  const known = encryptedColumns.map(({ table, column }) => `${table}.${column}`)
  assert.deepEqual(known.toSorted(), rows.map(({ column }) => column).toSorted())
})

test('tells each tenant of it where rows belong to tenants, and only there', async () => {
  for (const { table, ofTenants } of encryptedColumns) {
    const { rowCount } = await withOwner(database, (client) =>
      client.query(`select 1 from information_schema.columns where table_name = $1 and column_name = 'tenant_id'`, [
        table,
      ]),
    )
    assert.equal(rowCount === 1, ofTenants, table)
  }
})

test('encrypts everything anew in one pass, finds nothing in the next, and tells each tenant once', async () => {
  await asOwner(database.owner, async (client) => {
    const told = new Set<string>()
    assert.deepEqual(await reencryptPass(client, during, { origin, told }), {
      reencrypted: clients,
      skipped: 0,
      left: {},
    })
    assert.deepEqual(await reencryptPass(client, during, { origin, told }), { reencrypted: 0, skipped: 0, left: {} })
    assert.ok(await opened(client, newKey))
    assert.deepEqual([...told].sort(), ['even', 'odd'])
    const { rows } = await client.query(
      `select tenant_id, category, count(*)::int from audit_events where action = 'master_key.rotated' group by 1, 2 order by 1`,
    )
    assert.deepEqual(rows, [
      { tenant_id: 'even', category: 'security', count: 1 },
      { tenant_id: 'odd', category: 'security', count: 1 },
    ])
  })
})

test('waits for nobody: leaves a row that somebody has locked to the next pass, and never undoes their change', async () => {
  await asOwner(database.owner, async (client) => {
    await withOwner(database, async (writer) => {
      const mine = `tenant_id = 'odd' and client_id = '00000000-0000-4000-8000-000000000001'`
      await writer.query('begin')
      await writer.query(`update webhook_secrets set secret_ciphertext = $1 where ${mine}`, [during.encrypt('changed')])
      const told = new Set<string>()
      assert.deepEqual(await reencryptPass(client, during, { origin, told }), {
        reencrypted: clients - 1,
        skipped: 1,
        left: {},
      })
      await writer.query('commit')
      assert.deepEqual(await reencryptPass(client, during, { origin, told }), { reencrypted: 0, skipped: 0, left: {} })
      const { rows } = await client.query<{ token: string }>(
        `select secret_ciphertext as token from webhook_secrets where ${mine}`,
      )
      assert.equal(during.decrypt(rows[0]?.token ?? '').toString(), 'changed')
    })
  })
})

test('counts what is under each key, and what is under none', async () => {
  await asOwner(database.owner, async (client) => {
    const other = parseKeyRing(generateFernetKey())
    await client.query(`update webhook_secrets set secret_ciphertext = $1 where client_id::text like '%000000000007'`, [
      other.encrypt('lost'),
    ])
    const census = await countByKey(client, during)
    assert.deepEqual(
      census.find(({ table }) => table === 'webhook_secrets'),
      { table: 'webhook_secrets', column: 'secret_ciphertext', underKey: [0, clients - 1], unopenable: 1 },
    )
  })
})

function keysInFile(): { masterKeys: MasterKeys; file: string } {
  const dataDir = mkdtempSync(path.join(root, 'data-'))
  return { masterKeys: new MasterKeys({ dataDir }), file: masterKeyFile(dataDir) }
}

async function rotateInFile(masterKeys: MasterKeys) {
  const steps: RotationStep[] = []
  const report = await asOwner(database.owner, (client) =>
    rotateMasterKeys({ client, masterKeys, origin, addKey: true, dropOld: false, onStep: (step) => steps.push(step) }),
  )
  return { report, steps: steps.map(({ step }) => step) }
}

test('changes nothing, not even the file of keys, when it was given other keys than the servers', async () => {
  const { masterKeys } = keysInFile()
  const before = masterKeys.current.fingerprints()
  await assert.rejects(
    rotateInFile(masterKeys),
    (error) => error instanceof KeyRotationError && /450 in webhook_secrets/.test(error.message),
  )
  masterKeys.reload()
  assert.deepEqual(masterKeys.current.fingerprints(), before)
})

test('encrypts anew what opens beside what is lost, which it leaves and counts; the keys of servers must open', async () => {
  const { masterKeys } = keysInFile()
  const lost = parseKeyRing(generateFernetKey())
  await withOwner(database, async (client) => {
    await store(client, (text) => masterKeys.encrypt(text))
    await client.query(`update webhook_secrets set secret_ciphertext = $1 where tenant_id = 'odd'`, [
      lost.encrypt('lost'),
    ])
  })
  const { report } = await rotateInFile(masterKeys)
  assert.deepEqual(
    [report.reencrypted, report.left],
    [clients / 2, { 'webhook_secrets.secret_ciphertext': clients / 2 }],
  )
  const census = await asOwner(database.owner, (client) => countByKey(client, masterKeys.current))
  assert.deepEqual(
    census.find(({ table }) => table === 'webhook_secrets'),
    { table: 'webhook_secrets', column: 'secret_ciphertext', underKey: [clients / 2, 0], unopenable: clients / 2 },
  )

  await withOwner(database, (client) =>
    client.query(
      `insert into signing_keys (id, algorithm, private_ciphertext, public_jwk, signs_from, expires_at)
        values ('foreign', 'EdDSA', $1, '{}', now(), now() + interval '1 day')`,
      [lost.encrypt('{}')],
    ),
  )
  await assert.rejects(rotateInFile(masterKeys), /so nothing was changed/)
  assert.equal(masterKeys.current.fingerprints().length, 2)
})

test('goes on with a rotation that was not finished instead of adding another key', async () => {
  const { masterKeys, file } = keysInFile()
  await withOwner(database, (client) => store(client, (text) => masterKeys.encrypt(text)))
  const [original] = masterKeys.current.fingerprints()
  addMasterKey(file)
  const first = await rotateInFile(masterKeys)
  assert.equal(first.steps[0], 'going_on')
  assert.equal(first.report.reencrypted, clients)
  assert.deepEqual(first.report.oldKeys, [original])
  assert.deepEqual(masterKeys.current.fingerprints(), [first.report.fingerprint, original])

  const second = await rotateInFile(masterKeys)
  assert.equal(second.steps[0], 'key_added')
  assert.equal(second.report.reencrypted, clients)
  assert.equal(masterKeys.current.fingerprints().length, 3)
})

test('refuses to run twice at the same time', async () => {
  const { masterKeys } = keysInFile()
  await withOwner(database, (client) => store(client, (text) => masterKeys.encrypt(text)))
  const both = await Promise.allSettled([rotateInFile(masterKeys), rotateInFile(masterKeys)])
  const refused = both.find((one) => one.status === 'rejected')
  assert.match(String(refused?.reason), /another rotation is under way/)
  assert.equal(both.filter((one) => one.status === 'fulfilled').length, 1)
})
