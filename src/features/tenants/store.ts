import { sql } from 'kysely'
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

export async function suspend(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('tenants').set({ status: 'suspended' }).where('id', '=', id).execute()
}

/** @returns false when its erasure has begun, which suspended it for good */
export async function reactivate(tx: Tx, id: string): Promise<boolean> {
  // The row first: an erasure that begins at this moment has either been seen by the next statement, or waits.
  await tx.selectFrom('tenants').select('id').where('id', '=', id).forNoKeyUpdate().execute()
  const updated = await tx
    .updateTable('tenants')
    .set({ status: 'active' })
    .where('id', '=', id)
    .where(sql<boolean>`not exists (select from tenant_erasures where tenant_id = ${id} and status = 'running')`)
    .executeTakeFirst()
  return updated.numUpdatedRows > 0n
}
