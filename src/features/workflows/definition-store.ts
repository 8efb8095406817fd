import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Definition } from './schemas.ts'

export type Workflow = {
  id: string
  name: string
  /** null: it is not active. */
  activeVersion: number | null
  lastVersion: number
  /** The one in force, else the last one. */
  definition: Definition
  createdAt: Date
  updatedAt: Date
}

type Row = {
  id: string
  name: string
  active_version: number | null
  last_version: number
  definition: Definition
  created_at: Date
  updated_at: Date
}

const toWorkflow = (row: Row): Workflow => ({
  id: row.id,
  name: row.name,
  activeVersion: row.active_version,
  lastVersion: row.last_version,
  definition: row.definition,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const select = sql`
  select w.id, w.name, w.active_version, w.last_version, v.definition, w.created_at, w.updated_at from workflows w
    join workflow_versions v on v.tenant_id = w.tenant_id and v.workflow_id = w.id
     and v.version = coalesce(w.active_version, w.last_version)`

export async function listWorkflows(tx: Tx, tenantId: string): Promise<Workflow[]> {
  const found = await sql<Row>`${select} where w.tenant_id = ${tenantId} order by w.id limit 500`.execute(tx)
  return found.rows.map(toWorkflow)
}

export async function findWorkflow(tx: Tx, tenantId: string, id: string): Promise<Workflow | null> {
  const found = await sql<Row>`${select} where w.tenant_id = ${tenantId} and w.id = ${id}`.execute(tx)
  return found.rows[0] ? toWorkflow(found.rows[0]) : null
}

/** Nobody else changes it until the end of the transaction. @returns whether there is one */
export async function lockWorkflow(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const found = await sql`select 1 from workflows where tenant_id = ${tenantId} and id = ${id} for update`.execute(tx)
  return found.rows.length > 0
}

export async function countWorkflows(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ number: number }>`
    select count(*)::integer as number from workflows where tenant_id = ${tenantId}`.execute(tx)
  return found.rows[0]?.number ?? 0
}

export type NewVersion = { definition: Definition; createdBy: string | null; now: Date }

/** @returns the number of the version; 1 for a workflow that there was not before */
export async function addVersion(
  tx: Tx,
  tenantId: string,
  id: string,
  { definition, createdBy, now }: NewVersion,
): Promise<number> {
  const numbered = await sql<{ last_version: number }>`
    insert into workflows (tenant_id, id, name, created_at, updated_at) values (${tenantId}, ${id}, ${definition.name}, ${now}, ${now})
    on conflict (tenant_id, id) do update set last_version = workflows.last_version + 1, updated_at = excluded.updated_at
    returning last_version`.execute(tx)
  const version = numbered.rows[0]?.last_version ?? 1
  await sql`
    insert into workflow_versions (tenant_id, workflow_id, version, definition, created_at, created_by)
    values (${tenantId}, ${id}, ${version}, ${JSON.stringify(definition)}::json, ${now}, ${createdBy})`.execute(tx)
  return version
}

export async function findVersion(tx: Tx, tenantId: string, id: string, version: number): Promise<Definition | null> {
  const found = await sql<{ definition: Definition }>`
    select definition from workflow_versions where tenant_id = ${tenantId} and workflow_id = ${id} and version = ${version}`.execute(
    tx,
  )
  return found.rows[0]?.definition ?? null
}

export type VersionLine = { version: number; definition: Definition; createdAt: Date; createdBy: string | null }

export async function listVersions(tx: Tx, tenantId: string, id: string): Promise<VersionLine[]> {
  const found = await sql<{ version: number; definition: Definition; created_at: Date; created_by: string | null }>`
    select version, definition, created_at, created_by from workflow_versions
     where tenant_id = ${tenantId} and workflow_id = ${id} order by version desc limit 50`.execute(tx)
  return found.rows.map((row) => ({
    version: row.version,
    definition: row.definition,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }))
}

export type NewTrigger = {
  kind: string
  name: string
  entity_type: string | null
  time_zone: string | null
  next_at: Date | null
}

/** This version is in force, with its triggers; null: none is. */
export async function setActive(
  tx: Tx,
  tenantId: string,
  id: string,
  to: { version: number; name: string; triggers: readonly NewTrigger[] } | null,
): Promise<void> {
  await sql`
    update workflows set active_version = ${to?.version ?? null}, name = coalesce(${to?.name ?? null}, name), updated_at = now()
     where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  await sql`delete from workflow_triggers where tenant_id = ${tenantId} and workflow_id = ${id}`.execute(tx)
  if (!to) return
  await sql`
    insert into workflow_triggers (tenant_id, kind, name, workflow_id, version, entity_type, time_zone, next_at)
    select ${tenantId}, t.kind, t.name, ${id}, ${to.version}::integer, t.entity_type, t.time_zone, t.next_at
      from json_to_recordset(${JSON.stringify(to.triggers)}::json) as t (kind text, name text, entity_type text, time_zone text,
           next_at timestamptz)`.execute(tx)
}

/** Those among these names that are a role of the tenant's own. */
export async function findOwnRoles(tx: Tx, tenantId: string, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set()
  const found = await sql<{ name: string }>`
    select name from roles where tenant_id = ${tenantId} and name = any(${[...names]}::text[])`.execute(tx)
  return new Set(found.rows.map((row) => row.name))
}
