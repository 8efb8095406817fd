import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { tenantError } from './errors.ts'

export async function insertTenant(
  tx: Tx,
  tenant: { id: string; name: string; selfRegistered: boolean },
): Promise<void> {
  await onConstraint(
    tx
      .insertInto('tenants')
      .values({ id: tenant.id, name: tenant.name, self_registered: tenant.selfRegistered })
      .execute(),
    { tenants_pkey: () => tenantError('tenant_exists') },
  )
}

export type Tenant = { id: string; name: string; mfaRequired: boolean; createdAt: Date }

export async function findTenant(tx: Tx, id: string): Promise<Tenant> {
  const row = await tx
    .selectFrom('tenants')
    .select(['id', 'name', 'mfa_required', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { id: row.id, name: row.name, mfaRequired: row.mfa_required, createdAt: row.created_at }
}

export async function setMfaRequired(tx: Tx, id: string, mfaRequired: boolean): Promise<void> {
  await tx.updateTable('tenants').set({ mfa_required: mfaRequired }).where('id', '=', id).execute()
}
