import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Definition } from './schemas.ts'

/** Counting ends where more makes no difference: a step asks for ten at most. */
const enough = 11

export type Asked = { ids: readonly string[]; roles: readonly string[] }

/** How many active users each of these stands for, in the same order. */
export async function countActive(tx: Tx, tenantId: string, asked: readonly Asked[]): Promise<number[]> {
  if (asked.length === 0) return []
  const found = await sql<{ people: number }>`
    select (select count(*)::integer from (
             select 1 from users u where u.tenant_id = ${tenantId} and u.status = 'active'
                and (u.id in (select json_array_elements_text(w.asked -> 'ids'))
                  or u.roles && array(select json_array_elements_text(w.asked -> 'roles'))) limit ${enough}) one) as people
      from json_array_elements(${JSON.stringify(asked)}::json) with ordinality as w (asked, place) order by w.place`.execute(
    tx,
  )
  return found.rows.map((row) => row.people)
}

export type Other = { id: string; name: string; definition: Definition }

/** Workflows in force that events of this entity start. */
export async function listOthers(tx: Tx, tenantId: string, entityType: string): Promise<Other[]> {
  const found = await sql<Other>`
    select w.id, w.name, v.definition from workflows w
      join workflow_versions v on v.tenant_id = w.tenant_id and v.workflow_id = w.id and v.version = w.active_version
     where w.tenant_id = ${tenantId} and exists (
       select 1 from workflow_triggers t where t.tenant_id = w.tenant_id and t.workflow_id = w.id and t.kind = 'event'
          and t.entity_type = ${entityType}) order by w.id limit 500`.execute(tx)
  return found.rows
}
