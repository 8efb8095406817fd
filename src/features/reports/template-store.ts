import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import type { Template, TemplateContent } from './schemas.ts'

type TemplateRow = { id: string; content: unknown; updated_at: Date }

const toTemplate = (row: TemplateRow): Template => ({
  id: row.id,
  isBuiltIn: false,
  content: row.content as TemplateContent,
  updatedAt: row.updated_at,
})

export async function findTemplate(tx: Tx, tenantId: string, id: string): Promise<Template | null> {
  const row = await tx
    .selectFrom('report_templates')
    .select(['id', 'content', 'updated_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toTemplate(row) : null
}

export async function listTemplates(tx: Tx, tenantId: string): Promise<Template[]> {
  const rows = await tx
    .selectFrom('report_templates')
    .select(['id', 'content', 'updated_at'])
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  return rows.map(toTemplate)
}

export async function countOtherTemplates(tx: Tx, tenantId: string, id: string): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from report_templates where tenant_id = ${tenantId} and id <> ${id}`.execute(tx)
  return found.rows[0]?.count ?? 0
}

export async function saveTemplate(
  tx: Tx,
  tenantId: string,
  { id, content, now }: { id: string; content: TemplateContent; now: Date },
): Promise<Template> {
  const fields = { content: JSON.stringify(content), updated_at: now }
  await onConstraint(
    tx
      .insertInto('report_templates')
      .values({ tenant_id: tenantId, id, ...fields })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'id']).doUpdateSet(fields))
      .execute(),
    {},
  )
  return { id, isBuiltIn: false, content, updatedAt: now }
}

/** @returns whether there was one */
export async function deleteTemplate(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const row = await tx
    .deleteFrom('report_templates')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function isScheduled(tx: Tx, tenantId: string, templateId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('report_schedules')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('template_id', '=', templateId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
