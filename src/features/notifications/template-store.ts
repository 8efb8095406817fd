import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Template, TemplateContent } from './schemas.ts'

/** The tenant's own of this name that is in force. */
export async function findActiveTemplate(tx: Tx, tenantId: string, id: string): Promise<Template | null> {
  const found = await sql<{ version: number; content: TemplateContent; updated_at: Date }>`
    select v.version, v.content, t.updated_at from notification_templates t
      join notification_template_versions v
        on v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = t.active_version
     where t.tenant_id = ${tenantId} and t.id = ${id}`.execute(tx)
  const row = found.rows[0]
  return row ? { id, version: row.version, content: row.content, updatedAt: row.updated_at } : null
}

export async function listOwnTemplates(tx: Tx, tenantId: string): Promise<Template[]> {
  const found = await sql<{ id: string; version: number; content: TemplateContent; updated_at: Date }>`
    select t.id, v.version, v.content, t.updated_at from notification_templates t
      join notification_template_versions v
        on v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = t.active_version
     where t.tenant_id = ${tenantId} order by t.id`.execute(tx)
  return found.rows.map((row) => ({
    id: row.id,
    version: row.version,
    content: row.content,
    updatedAt: row.updated_at,
  }))
}

export async function countOwnTemplates(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ number: number }>`
    select count(*)::integer as number from notification_templates where tenant_id = ${tenantId}`.execute(tx)
  return found.rows[0]?.number ?? 0
}

/** A further version, which is in force from now on. @returns its number */
export async function addVersion(
  tx: Tx,
  tenantId: string,
  id: string,
  version: { content: TemplateContent; now: Date; createdBy: string | null },
): Promise<number> {
  const numbered = await sql<{ last_version: number }>`
    insert into notification_templates (tenant_id, id, active_version, last_version, created_at, updated_at)
    values (${tenantId}, ${id}, 1, 1, ${version.now}, ${version.now})
    on conflict (tenant_id, id) do update set last_version = notification_templates.last_version + 1,
      active_version = notification_templates.last_version + 1, updated_at = excluded.updated_at
    returning last_version`.execute(tx)
  const number = numbered.rows[0]?.last_version ?? 1
  await tx
    .insertInto('notification_template_versions')
    .values({
      tenant_id: tenantId,
      template_id: id,
      version: number,
      content: JSON.stringify(version.content),
      created_at: version.now,
      created_by: version.createdBy,
    })
    .execute()
  return number
}

export type VersionLine = {
  version: number
  content: TemplateContent
  isActive: boolean
  createdAt: Date
  createdBy: string | null
}

/** Newest first. */
export async function listVersions(tx: Tx, tenantId: string, id: string): Promise<VersionLine[]> {
  const found = await sql<{
    version: number
    content: TemplateContent
    is_active: boolean
    created_at: Date
    created_by: string | null
  }>`
    select v.version, v.content, v.version = t.active_version is true as is_active, v.created_at, v.created_by
      from notification_template_versions v
      join notification_templates t on t.tenant_id = v.tenant_id and t.id = v.template_id
     where v.tenant_id = ${tenantId} and v.template_id = ${id} order by v.version desc limit 100`.execute(tx)
  return found.rows.map((row) => ({
    version: row.version,
    content: row.content,
    isActive: row.is_active,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }))
}

/** @returns whether there is such a version */
export async function activateVersion(
  tx: Tx,
  tenantId: string,
  id: string,
  { version, now }: { version: number; now: Date },
): Promise<boolean> {
  const changed = await sql`
    update notification_templates t set active_version = ${version}, updated_at = ${now}
     where t.tenant_id = ${tenantId} and t.id = ${id} and exists (
       select 1 from notification_template_versions v
        where v.tenant_id = t.tenant_id and v.template_id = t.id and v.version = ${version})`.execute(tx)
  return (changed.numAffectedRows ?? 0n) > 0n
}

/** With all its versions. @returns whether there was one */
export async function deleteTemplate(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('notification_templates')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}
