import type { Tx } from '#platform/db/unit-of-work.ts'

export async function findTenantName(tx: Tx, tenantId: string): Promise<string> {
  const row = await tx.selectFrom('tenants').select('name').where('id', '=', tenantId).executeTakeFirstOrThrow()
  return row.name
}

/** Not while it is suspended. */
export async function isTenantActive(tx: Tx, tenantId: string): Promise<boolean> {
  const row = await tx.selectFrom('tenants').select('status').where('id', '=', tenantId).executeTakeFirst()
  return row?.status === 'active'
}
