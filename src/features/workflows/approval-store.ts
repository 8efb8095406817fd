import type { Compilable } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type NewApproval = {
  id: string
  executionId: string
  actionId: string
  workflowName: string
  entityType: string | null
  entityId: string | null
  entityReference: string | null
  summary: string
  entityStamp: string | null
  submittedBy: string | null
  /** user:<id>, role:<name> */
  approvers: string[]
  required: number
  createdAt: Date
  expiresAt: Date
  remindAt: Date | null
  remindSeconds: number | null
}

export function insertApproval(tx: Tx, tenantId: string, one: NewApproval): Compilable {
  const query = sql`
    with made as (
      insert into workflow_approvals (tenant_id, id, execution_id, action_id, workflow_name, entity_type, entity_id, entity_reference,
        entity_summary, entity_stamp, submitted_by, approvers, required, created_at, expires_at, remind_at, remind_seconds)
      values (${tenantId}, ${one.id}, ${one.executionId}, ${one.actionId}, ${one.workflowName}, ${one.entityType}, ${one.entityId},
        ${one.entityReference}, ${one.summary}, ${one.entityStamp}, ${one.submittedBy}, ${one.approvers}, ${one.required},
        ${one.createdAt}, ${one.expiresAt}, ${one.remindAt}, ${one.remindSeconds})
    )
    insert into workflow_approvers (tenant_id, approver, approval_id)
    select ${tenantId}, a, ${one.id} from unnest(${one.approvers}::text[]) a`
  return { compile: () => query.compile(tx) }
}

export type Ending = {
  id: string
  status: 'approved' | 'rejected' | 'expired' | 'cancelled'
  decidedBy: string | null
  comment: string | null
  at: Date
}

/** It waits for nobody any more. */
export function endApproval(tx: Tx, tenantId: string, ending: Ending): Compilable {
  const query = sql`
    with ended as (
      update workflow_approvals
         set status = ${ending.status}, decided_by = ${ending.decidedBy}, comment = ${ending.comment}, decided_at = ${ending.at},
             approved_by = case when ${ending.status} = 'approved' and ${ending.decidedBy}::text is not null
               then approved_by || ${ending.decidedBy}::text else approved_by end
       where tenant_id = ${tenantId} and id = ${ending.id} and status = 'pending' returning id
    )
    delete from workflow_approvers p using ended where p.tenant_id = ${tenantId} and p.approval_id = ended.id`
  return { compile: () => query.compile(tx) }
}

export function remindAgain(tx: Tx, tenantId: string, id: string, at: Date | null): Compilable {
  const query = sql`
    update workflow_approvals set remind_at = ${at}, reminders = reminders + 1 where tenant_id = ${tenantId} and id = ${id}`
  return { compile: () => query.compile(tx) }
}

export type Approval = {
  id: string
  execution_id: string
  workflow_id: string
  action_id: string
  workflow_name: string
  entity_type: string | null
  entity_id: string | null
  entity_reference: string | null
  entity_summary: string
  submitted_by: string | null
  approvers: string[]
  required: number
  approved_by: string[]
  status: string
  decided_by: string | null
  comment: string | null
  created_at: Date
  expires_at: Date
  reminders: number
  decided_at: Date | null
}

const columns =
  sql.raw(`a.id, a.execution_id, e.workflow_id, a.action_id, a.workflow_name, a.entity_type, a.entity_id, a.entity_reference,
  a.entity_summary, a.submitted_by, a.approvers, a.required, a.approved_by, a.status, a.decided_by, a.comment, a.created_at,
  a.expires_at, a.reminders, a.decided_at`)
const execution = sql.raw('join workflow_executions e on e.tenant_id = a.tenant_id and e.id = a.execution_id')

export async function findApproval(tx: Tx, tenantId: string, id: string): Promise<Approval | null> {
  const found = await sql<Approval>`
    select ${columns} from workflow_approvals a ${execution} where a.tenant_id = ${tenantId} and a.id = ${id}`.execute(
    tx,
  )
  return found.rows[0] ?? null
}

/** The execution first, then the approval: in this order everywhere. */
export async function holdApproval(tx: Tx, tenantId: string, id: string): Promise<Approval | null> {
  await sql`
    select 1 from workflow_executions e where e.tenant_id = ${tenantId} and e.id = (
      select a.execution_id from workflow_approvals a where a.tenant_id = ${tenantId} and a.id = ${id}) for update`.execute(
    tx,
  )
  return findApproval(tx, tenantId, id)
}

/** What stands in lists of approvers for somebody, and who that is. */
export type Key = { approver: string; lender: string }

/** What the user has to decide, oldest first: nothing that he, or whoever lends it to him, submitted. Ids rise with time. */
export async function listPending(
  tx: Tx,
  tenantId: string,
  wanted: { keys: readonly Key[]; userId: string; after: string | null; limit: number },
): Promise<Approval[]> {
  const found = await sql<Approval>`
    with mine as (
      select distinct c.id from json_to_recordset(${JSON.stringify(wanted.keys)}::json) as w (approver text, lender text)
       cross join lateral (
        select a.id from workflow_approvers p
          join workflow_approvals a on a.tenant_id = p.tenant_id and a.id = p.approval_id
         where p.tenant_id = ${tenantId} and p.approver = w.approver and p.approval_id > ${wanted.after ?? ''}
           and a.status = 'pending' and a.expires_at > now() and not ${wanted.userId} = any(a.approved_by)
           and (a.submitted_by is null or a.submitted_by not in (${wanted.userId}, w.lender))
         order by p.approval_id limit ${wanted.limit}) c
    )
    select ${columns} from mine m join workflow_approvals a on a.tenant_id = ${tenantId} and a.id = m.id ${execution}
     order by a.id limit ${wanted.limit}`.execute(tx)
  return found.rows
}

/** One more who approves; others have to as well. */
export function addVote(tx: Tx, tenantId: string, id: string, userId: string): Compilable {
  const query = sql`
    update workflow_approvals set approved_by = approved_by || ${userId}::text where tenant_id = ${tenantId} and id = ${id}`
  return { compile: () => query.compile(tx) }
}

export function wakeExecution(tx: Tx, tenantId: string, executionId: string): Compilable {
  const query = sql`
    update workflow_executions set due_at = now() where tenant_id = ${tenantId} and id = ${executionId} and status = 'waiting'`
  return { compile: () => query.compile(tx) }
}

export type Standing = { userId: string; roles: string[] }

/** The user, and whoever lends him decisions at the moment; all active. */
export async function findStandings(tx: Tx, tenantId: string, userId: string): Promise<Standing[]> {
  const found = await sql<{ id: string; roles: string[] }>`
    select u.id, u.roles from users u
     where u.tenant_id = ${tenantId} and u.status = 'active' and (u.id = ${userId} or u.id in (
       select d.from_user from workflow_delegations d
        where d.tenant_id = ${tenantId} and d.to_user = ${userId} and d.starts_at <= now() and d.ends_at > now()))`.execute(
    tx,
  )
  return found.rows.map((row) => ({ userId: row.id, roles: row.roles }))
}
