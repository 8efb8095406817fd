import { generateFernetKey } from '#kernel/fernet.ts'
import { parseKeyRing } from '#kernel/key-ring.ts'
import { encryptedColumns } from '#platform/secrets/encrypted-columns.ts'
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'

/**
 * As after "key replace-lost": what the platform made for itself is there anew, what tenants entrusted opens under no key. Jobs
 * that have ended refuse changes, also this one: their triggers are off meanwhile.
 */
export async function loseKeys(app: TestApp): Promise<void> {
  const closed = parseKeyRing(generateFernetKey()).encrypt('"of a key that is gone"')
  const ofTenants = encryptedColumns.filter((one) => one.ofTenants && one.table !== 'idempotency_keys')
  for (const { table, column } of ofTenants) {
    await queryAsOwner(app.database, `alter table ${table} disable trigger user`)
    await queryAsOwner(app.database, `update ${table} set ${column} = $1 where ${column} is not null`, [closed])
    await queryAsOwner(app.database, `alter table ${table} enable trigger user`)
  }
}
