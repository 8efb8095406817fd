import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { CatalogueDefinition } from './schemas.ts'

/**
 * The tenant's newest catalogue; the definition only where it is another than the one that is known already.
 * @returns version 0 where the tenant has none
 */
export async function findNewest(
  tx: Tx,
  tenantId: string,
  knownVersion: number | null,
): Promise<{ version: number; definition: CatalogueDefinition | null }> {
  const found = await sql<{ version: number; definition: CatalogueDefinition | null }>`
    select version, case when version is distinct from ${knownVersion}::integer then definition end as definition
      from attribute_catalogues where tenant_id = ${tenantId} order by version desc limit 1`.execute(tx)
  return found.rows[0] ?? { version: 0, definition: null }
}

/** Changes of a tenant's catalogue follow one another from here to the end of the transaction. */
export async function lockCatalogue(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`attribute_catalogues ${tenantId}`}, 0))`.execute(tx)
}

export async function insertCatalogue(
  tx: Tx,
  tenantId: string,
  catalogue: { version: number; definition: CatalogueDefinition; createdBy: Record<string, string>; now: Date },
): Promise<void> {
  await tx
    .insertInto('attribute_catalogues')
    .values({
      tenant_id: tenantId,
      version: catalogue.version,
      definition: catalogue.definition,
      created_at: catalogue.now,
      created_by: catalogue.createdBy,
    })
    .execute()
}
