import { sql } from 'kysely'
import { rowLimit } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { ExecutionStatus, Settings } from './schemas.ts'
import { defaultSettings, runningStatuses } from './schemas.ts'

export type Execution = {
  id: string
  workflow_id: string
  workflow_name: string
  version: number
  status: ExecutionStatus
  current_action: string | null
  /** What its definition calls that action; null where it has no name of its own. */
  current_action_name: string | null
  trigger: string
  entity_type: string | null
  entity_id: string | null
  entity_reference: string | null
  submitted_by: string | null
  error: string | null
  /** Variables and what came of each action. */
  scope: { variables: Record<string, unknown> }
  wait_until: Date | null
  started_at: Date
  finished_at: Date | null
}

const columns =
  sql.raw(`e.id, e.workflow_id, w.name as workflow_name, e.version, e.status, e.current_action, e.trigger, e.entity_type,
  e.entity_id, e.entity_reference, e.submitted_by, e.error, e.scope, e.wait_until, e.started_at, e.finished_at,
  case when e.current_action is not null then (
    select action ->> 'name' from workflow_versions v cross join json_array_elements(v.definition -> 'actions') action
     where v.tenant_id = e.tenant_id and v.workflow_id = e.workflow_id and v.version = e.version
       and action ->> 'id' = e.current_action limit 1) end as current_action_name`)
const workflow = sql.raw('join workflows w on w.tenant_id = e.tenant_id and w.id = e.workflow_id')

export async function findExecution(tx: Tx, tenantId: string, id: string): Promise<Execution | null> {
  const found = await sql<Execution>`
    select ${columns} from workflow_executions e ${workflow} where e.tenant_id = ${tenantId} and e.id = ${id}`.execute(
    tx,
  )
  return found.rows[0] ?? null
}

export async function lockExecution(tx: Tx, tenantId: string, id: string): Promise<Execution | null> {
  const found = await sql<Execution>`
    select ${columns} from workflow_executions e ${workflow} where e.tenant_id = ${tenantId} and e.id = ${id} for update of e`.execute(
    tx,
  )
  return found.rows[0] ?? null
}

/** Newest first; ids rise with time. */
export async function listExecutions(
  tx: Tx,
  tenantId: string,
  wanted: {
    before: string | null
    limit: number
    workflowId: string | null
    status: string | null
    entityId: string | null
  },
): Promise<Execution[]> {
  const filters = [
    ...(wanted.before === null ? [] : [sql`and e.id < ${wanted.before}`]),
    ...(wanted.workflowId === null ? [] : [sql`and e.workflow_id = ${wanted.workflowId}`]),
    ...(wanted.status === null
      ? []
      : [sql`and e.status = any(${wanted.status === 'running' ? [...runningStatuses] : [wanted.status]}::text[])`]),
    ...(wanted.entityId === null ? [] : [sql`and e.entity_id = ${wanted.entityId}`]),
  ]
  const found = await sql<Execution>`
    select ${columns} from workflow_executions e ${workflow}
     where e.tenant_id = ${tenantId} ${sql.join(filters, sql` `)} order by e.id desc limit ${rowLimit(wanted.limit)}`.execute(
    tx,
  )
  return found.rows
}

export type Step = {
  number: number
  action_id: string
  type: string
  attempt: number
  status: string
  input: unknown
  outcome: unknown
  error: string | null
  started_at: Date
  finished_at: Date | null
  duration_ms: number | null
}

export async function listSteps(tx: Tx, tenantId: string, executionId: string): Promise<Step[]> {
  const found = await sql<Step>`
    select number, action_id, type, attempt, status, input, outcome, error, started_at, finished_at, duration_ms
      from workflow_steps where tenant_id = ${tenantId} and execution_id = ${executionId} order by number limit 1000`.execute(
    tx,
  )
  return found.rows
}

export async function cancelExecution(
  tx: Tx,
  tenantId: string,
  id: string,
  { now, reason, retentionDays }: { now: Date; reason: string; retentionDays: number },
): Promise<void> {
  await sql`
    with approval as (
      update workflow_approvals set status = 'cancelled', decided_at = ${now}
       where tenant_id = ${tenantId} and execution_id = ${id} and status = 'pending' returning id
    ), approver as (
      delete from workflow_approvers p using approval a where p.tenant_id = ${tenantId} and p.approval_id = a.id
    ), step as (
      update workflow_steps set status = 'cancelled', finished_at = ${now},
             duration_ms = greatest(extract(epoch from ${now}::timestamptz - started_at) * 1000, 0)
       where tenant_id = ${tenantId} and execution_id = ${id} and status in ('running', 'waiting')
    )
    update workflow_executions
       set status = 'cancelled', error = ${reason}, wait_until = null, due_at = null, finished_at = ${now},
           expires_at = ${now}::timestamptz + make_interval(days => ${retentionDays}::integer)
     where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
}

/** With the action that failed, as if it had not been tried. One that never began begins. */
export async function resumeExecution(tx: Tx, tenantId: string, id: string): Promise<void> {
  await sql`
    update workflow_executions
       set status = case when step_count = 0 then 'pending' else 'running' end, attempt = 0, error = null, depth = 1,
           finished_at = null, expires_at = null, due_at = now()
     where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
}

type Used = { usedToday: number; secretAt: Date | null }

export async function findSettings(tx: Tx, tenantId: string): Promise<Settings & Used> {
  const found = await sql<{
    daily_limit: number | null
    retention_days: number | null
    secret_at: Date | null
    used: string
  }>`
    select s.daily_limit, s.retention_days, s.secret_at, (select coalesce(sum(u.used), 0) from workflow_usage u
             where u.tenant_id = ${tenantId} and u.day = (now() at time zone 'UTC')::date) as used
      from (select ${tenantId}::text as tenant_id) t left join workflow_settings s on s.tenant_id = t.tenant_id`.execute(
    tx,
  )
  const row = found.rows[0]
  return {
    dailyLimit: row?.daily_limit ?? defaultSettings.dailyLimit,
    retentionDays: row?.retention_days ?? defaultSettings.retentionDays,
    usedToday: Number(row?.used ?? 0),
    secretAt: row?.secret_at ?? null,
  }
}

export async function saveSettings(
  tx: Tx,
  tenantId: string,
  settings: { dailyLimit: number | null; retentionDays: number | null },
): Promise<void> {
  await sql`
    insert into workflow_settings (tenant_id, daily_limit, retention_days)
    values (${tenantId}, ${settings.dailyLimit}, ${settings.retentionDays})
    on conflict (tenant_id) do update set daily_limit = excluded.daily_limit, retention_days = excluded.retention_days,
      updated_at = now()`.execute(tx)
}
