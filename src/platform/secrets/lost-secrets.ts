/** After the master keys were lost for good: what the platform can make anew is removed where no key opens it. */
import type { ClientBase } from 'pg'
import type { KeyRing } from '#kernel/key-ring.ts'
import { countByKey } from './reencrypt.ts'

/** Made anew when they are next needed; nobody but this platform ever gave them. */
const madeAnew = [
  { table: 'oidc_payloads', column: 'payload_ciphertext' },
  { table: 'webhook_server_keys', column: 'secret_ciphertext' },
  { table: 'notification_link_keys', column: 'secret_ciphertext' },
] as const

/** Successors take their place, or they end by themselves within a day. */
const needNobody = ['audit_keys', 'signing_keys', 'idempotency_keys']

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
    for (const { table, column } of madeAnew) removed[table] = await removeUnopenable(client, ring, { table, column })
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  const census = await countByKey(client, ring)
  const lost = census.filter(({ table, unopenable }) => unopenable > 0 && !needNobody.includes(table))
  return { removed, lost: Object.fromEntries(lost.map((one) => [`${one.table}.${one.column}`, one.unopenable])) }
}

async function removeUnopenable(
  client: ClientBase,
  ring: KeyRing,
  { table, column }: { table: string; column: string },
): Promise<number> {
  const { rows } = await client.query<{ token: string }>(
    `select distinct ${column} as token from ${table} where ${column} is not null`,
  )
  const unopenable = rows.map(({ token }) => token).filter((token) => ring.keyOf(token) === null)
  if (unopenable.length === 0) return 0
  const { rowCount } = await client.query(`delete from ${table} where ${column} = any ($1)`, [unopenable])
  return rowCount ?? 0
}
