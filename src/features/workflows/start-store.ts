import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Scope } from './schemas.ts'

export type NewExecution = {
  id: string
  workflowId: string
  version: number
  trigger: string
  entity: { type: string; id: string; reference: string | null } | null
  submittedBy: string | null
  scope: Scope
}

/** Due at once. */
export async function insertExecution(tx: Tx, tenantId: string, one: NewExecution): Promise<void> {
  await sql`
    insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, entity_type, entity_id, entity_reference,
                                     submitted_by, scope, due_at)
    values (${tenantId}, ${one.id}, ${one.workflowId}, ${one.version}, ${one.trigger}, ${one.entity?.type ?? null},
            ${one.entity?.id ?? null}, ${one.entity?.reference ?? null}, ${one.submittedBy}, ${JSON.stringify(one.scope)}::json,
            now())`.execute(tx)
}
