/** After the master keys were lost for good: what the platform can make anew is removed where no key opens it. */
import type { ClientBase } from 'pg'
import pg from 'pg'
import type { KeyRing } from '#kernel/key-ring.ts'
import { batchesOf, countByKey } from './reencrypt.ts'

/** Made anew when they are next needed, or remembered for a day only; nobody but this platform ever gave them. */
const notNeeded = [
  { table: 'oidc_payloads', column: 'payload_ciphertext' },
  { table: 'webhook_server_keys', column: 'secret_ciphertext' },
  { table: 'notification_link_keys', column: 'secret_ciphertext' },
  { table: 'idempotency_keys', column: 'response_ciphertext' },
] as const

/** Successors take their place. */
export const succeeded = ['audit_keys', 'signing_keys']

export type LostSecrets = {
  /** By table. */
  removed: Record<string, number>
  /** What somebody has to give anew, by column. */
  lost: Record<string, number>
}

/** In one transaction. */
export async function removeLostSecrets(client: ClientBase, ring: KeyRing): Promise<LostSecrets> {
  const removed: Record<string, number> = {}
  await client.query('begin')
  try {
    for (const one of notNeeded) removed[one.table] = await removeUnopenable(client, ring, one)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  const census = await countByKey(client, ring)
  const lost = census.filter(({ table, unopenable }) => unopenable > 0 && !succeeded.includes(table))
  return { removed, lost: Object.fromEntries(lost.map((one) => [`${one.table}.${one.column}`, one.unopenable])) }
}

async function removeUnopenable(client: ClientBase, ring: KeyRing, where: (typeof notNeeded)[number]): Promise<number> {
  let removed = 0
  for await (const { rows, keyColumns } of batchesOf(client, where)) {
    const lost = rows.filter(({ token }) => ring.keyOf(token) === null)
    if (lost.length === 0) continue
    const given = keyColumns.map((_, i) => `$${i + 1}::text[]`)
    const matches = keyColumns.map(({ name, type }, i) => `t.${pg.escapeIdentifier(name)} = g.k${i}::${type}`)
    const { rowCount } = await client.query(
      `delete from ${where.table} t using unnest(${given.join(', ')}) as g (${keyColumns.map((_, i) => `k${i}`).join(', ')})
        where ${matches.join(' and ')}`,
      keyColumns.map((_, i) => lost.map(({ key }) => key[i])),
    )
    removed += rowCount ?? 0
  }
  return removed
}
