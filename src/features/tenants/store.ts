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
