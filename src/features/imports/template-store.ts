import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { importError } from './errors.ts'
import type { Template, TemplateDefinition } from './schemas.ts'

const columns = ['id', 'definition', 'created_at', 'updated_at'] as const
type Row = { id: string; definition: unknown; created_at: Date; updated_at: Date }

function toTemplate({ id, definition, created_at, updated_at }: Row): Template {
  const own = definition as TemplateDefinition
  return { ...own, id, isBuiltIn: false, createdAt: created_at, updatedAt: updated_at }
}

export async function listTemplates(tx: Tx, tenantId: string): Promise<Template[]> {
  const rows = await tx
    .selectFrom('import_templates')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  return rows.map(toTemplate)
}

export async function findTemplate(tx: Tx, tenantId: string, id: string): Promise<Template | null> {
  const row = await tx
    .selectFrom('import_templates')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toTemplate(row) : null
}

/**
 * One at a time a tenant, so that the limit holds.
 * @throws import_template_taken, import_template_limit_reached
 */
export async function insertTemplate(
  tx: Tx,
  tenantId: string,
  { id, definition, now, most }: { id: string; definition: TemplateDefinition; now: Date; most: number },
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`import-templates:${tenantId}`}, 0))`.execute(tx)
  const { count } = await tx
    .selectFrom('import_templates')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  if (Number(count) >= most) throw importError('import_template_limit_reached')
  const { entity, name } = definition
  const row = { tenant_id: tenantId, id, entity, name, definition, created_at: now, updated_at: now }
  await onConstraint(tx.insertInto('import_templates').values(row).execute(), {
    import_templates_pkey: () => importError('import_template_taken'),
  })
}

export async function replaceTemplate(
  tx: Tx,
  tenantId: string,
  id: string,
  { definition, now }: { definition: TemplateDefinition; now: Date },
): Promise<Template | null> {
  const { entity, name } = definition
  const row = await tx
    .updateTable('import_templates')
    .set({ entity, name, definition, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return row ? toTemplate(row) : null
}

export async function deleteTemplate(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('import_templates')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}
