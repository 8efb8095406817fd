import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { parseKeyRing } from '#kernel/key-ring.ts'
import { asOwner } from '#platform/db/owner-connection.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { removeLostSecrets } from './lost-secrets.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

const [lost, present] = [parseKeyRing(generateFernetKey()), parseKeyRing(generateFernetKey())]
/** More than are looked at in one statement. */
const answers = 450

test('remembered answers that do not open are removed, so that a request sent again is no fault; those that open stay', async () => {
  await asOwner(database.owner, async (client) => {
    const tokens = Array.from({ length: answers }, (_, i) => (i % 3 === 0 ? present : lost).encrypt('{}'))
    await client.query(
      `insert into idempotency_keys (tenant_id, caller, key, operation, request_hash, response_ciphertext, expires_at)
       select 't', 'c', n, 'o', '', token, now() + interval '1 day'
         from unnest($1::text[]) with ordinality as g (token, n)`,
      [tokens],
    )
    const report = await removeLostSecrets(client, present)
    assert.equal(report.removed.idempotency_keys, (answers * 2) / 3)
    assert.deepEqual(report.lost, {})
    const { rows } = await client.query<{ response_ciphertext: string }>('select * from idempotency_keys')
    assert.equal(rows.length, answers / 3)
    for (const { response_ciphertext: token } of rows) assert.equal(present.decrypt(token).toString(), '{}')
  })
})
