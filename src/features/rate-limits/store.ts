import type { Tx } from '#platform/db/unit-of-work.ts'

export type Adjustments = { user_limit: number | null; tenant_limit: number | null; transfer_limit: number | null }

export async function findAdjustments(tx: Tx, tenantId: string): Promise<Adjustments | null> {
  const row = await tx
    .selectFrom('tenant_rate_limits')
    .select(['user_limit', 'tenant_limit', 'transfer_limit'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return row ?? null
}

/** Nodes hear of it when the transaction commits (trigger of migrations/0004). */
export async function saveAdjustments(tx: Tx, tenantId: string, adjustments: Adjustments, now: Date): Promise<void> {
  await tx
    .insertInto('tenant_rate_limits')
    .values({ tenant_id: tenantId, ...adjustments, updated_at: now })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ ...adjustments, updated_at: now }))
    .execute()
}
