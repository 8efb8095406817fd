import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { webhookError } from './errors.ts'

export async function saveSecret(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  secret: { ciphertext: string; createdAt: Date },
): Promise<void> {
  const fields = { secret_ciphertext: secret.ciphertext, created_at: secret.createdAt }
  await onConstraint(
    tx
      .insertInto('webhook_secrets')
      .values({ tenant_id: tenantId, client_id: clientUid, ...fields })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'client_id']).doUpdateSet(fields))
      .execute(),
    { webhook_secrets_client: () => webhookError('webhook_client_unknown') },
  )
}

/** @returns undefined when the client does not exist; null when it has no secret */
export async function secretCreatedAt(tx: Tx, tenantId: string, clientUid: string): Promise<Date | null | undefined> {
  const found = await sql<{ created_at: Date | null }>`
    select s.created_at from clients c
      left join webhook_secrets s on s.tenant_id = c.tenant_id and s.client_id = c.id
     where c.tenant_id = ${tenantId} and c.id = ${clientUid}`.execute(tx)
  return found.rows[0]?.created_at
}

export async function deleteSecret(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('webhook_secrets')
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}
