import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

type Rotation = { ciphertext: string; now: Date; overlapUntil: Date }

/** A new secret in force; the one before signs beside it until `overlapUntil`. @returns until when that is; null: there is none */
export async function rotateSecret(
  tx: Tx,
  tenantId: string,
  { ciphertext, now, overlapUntil }: Rotation,
): Promise<Date | null> {
  const rotated = await sql<{ old_secret_until: Date | null }>`
    insert into workflow_settings as s (tenant_id, secret_ciphertext, secret_at) values (${tenantId}, ${ciphertext}, ${now})
    on conflict (tenant_id) do update
      set old_secret_ciphertext = case when ${overlapUntil}::timestamptz > ${now}::timestamptz then s.secret_ciphertext end,
          old_secret_until = case when ${overlapUntil}::timestamptz > ${now}::timestamptz and s.secret_ciphertext is not null
            then ${overlapUntil}::timestamptz end,
          secret_ciphertext = excluded.secret_ciphertext, secret_at = excluded.secret_at, updated_at = ${now}
    returning old_secret_until`.execute(tx)
  return rotated.rows[0]?.old_secret_until ?? null
}

/** Calls are not signed any more. @returns whether they were */
export async function removeSecrets(tx: Tx, tenantId: string): Promise<boolean> {
  const gone = await sql`
    update workflow_settings
       set secret_ciphertext = null, secret_at = null, old_secret_ciphertext = null, old_secret_until = null
     where tenant_id = ${tenantId} and secret_ciphertext is not null
    returning 1`.execute(tx)
  return gone.rows.length > 0
}
