import type { Tx } from '#platform/db/unit-of-work.ts'

export async function findTenantName(tx: Tx, tenantId: string): Promise<string> {
  const row = await tx.selectFrom('tenants').select('name').where('id', '=', tenantId).executeTakeFirstOrThrow()
  return row.name
}
