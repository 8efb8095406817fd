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

export type StoredFiles = { usedBytes: number; ownLimitBytes: number | null }

/** What all files of the tenant have together (kept by triggers, migrations/0019), and its own limit of it. */
export async function findStorage(tx: Tx, tenantId: string): Promise<StoredFiles> {
  const row = await tx
    .selectFrom('tenant_storage')
    .select(['used_bytes', 'own_limit_bytes'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  const own = row?.own_limit_bytes ?? null
  return { usedBytes: Number(row?.used_bytes ?? 0), ownLimitBytes: own === null ? null : Number(own) }
}

export async function saveStorageLimit(tx: Tx, tenantId: string, limitBytes: number | null): Promise<void> {
  await tx
    .insertInto('tenant_storage')
    .values({ tenant_id: tenantId, own_limit_bytes: limitBytes })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ own_limit_bytes: limitBytes }))
    .execute()
}
