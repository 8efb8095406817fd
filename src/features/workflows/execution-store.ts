import type { Compilable } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Definition, ExecutionStatus, Scope } from './schemas.ts'

export type ApprovalState = {
  id: string
  status: 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled'
  submitted_by: string | null
  approvers: string[]
  entity_summary: string
  entity_stamp: string | null
  decided_by: string | null
  comment: string | null
  /** ISO 8601 */
  expires_at: string
  remind_at: string | null
  remind_seconds: number | null
}

/** An execution, held until the end of the transaction. */
export type Held = {
  id: string
  workflow_id: string
  version: number
  status: ExecutionStatus
  current_action: string | null
  entity_type: string | null
  entity_id: string | null
  entity_reference: string | null
  submitted_by: string | null
  depth: number
  scope: Scope
  attempt: number
  step_count: number
  error: string | null
  wait_until: Date | null
  due_at: Date | null
  definition: Definition
  /** Begun today, by the whole account; null: it does not matter any more. */
  used_today: string | null
  daily_limit: number | null
  retention_days: number | null
  /** Encrypted, the one in force first; they sign calls. */
  secrets: string[]
  /** The last one, where it waits. */
  approval: ApprovalState | null
}

/** Waits for whoever holds it. */
export async function holdExecution(tx: Tx, tenantId: string, id: string): Promise<Held | null> {
  const found = await sql<Held>`
    select e.id, e.workflow_id, e.version, e.status, e.current_action, e.entity_type, e.entity_id, e.entity_reference, e.submitted_by,
           e.depth, e.scope, e.attempt, e.step_count, e.error, e.wait_until, e.due_at, v.definition,
           case when e.status = 'pending' then (select coalesce(sum(u.used), 0) from workflow_usage u
             where u.tenant_id = e.tenant_id and u.day = (now() at time zone 'UTC')::date) end as used_today,
           s.daily_limit, s.retention_days,
           array_remove(array[s.secret_ciphertext, case when s.old_secret_until > now() then s.old_secret_ciphertext end], null) as secrets,
           case when e.status = 'waiting' then (select to_jsonb(a) from workflow_approvals a
             where a.tenant_id = e.tenant_id and a.execution_id = e.id order by a.id desc limit 1) end as approval
      from workflow_executions e
      join workflow_versions v on v.tenant_id = e.tenant_id and v.workflow_id = e.workflow_id and v.version = e.version
      left join workflow_settings s on s.tenant_id = e.tenant_id
     where e.tenant_id = ${tenantId} and e.id = ${id} for update of e`.execute(tx)
  return found.rows[0] ?? null
}

export type Changed = {
  status: ExecutionStatus
  currentAction: string | null
  scope: Scope
  attempt: number
  stepCount: number
  error: string | null
  waitUntil: Date | null
  dueAt: Date | null
  finishedAt: Date | null
  expiresAt: Date | null
}

/** Statements, to be sent with the end of the transaction. */
const statement = (tx: Tx, query: ReturnType<typeof sql>): Compilable => ({ compile: () => query.compile(tx) })

export function saveExecution(tx: Tx, tenantId: string, id: string, to: Changed): Compilable {
  return statement(
    tx,
    sql`update workflow_executions
           set status = ${to.status}, current_action = ${to.currentAction}, scope = ${JSON.stringify(to.scope)}::json,
               attempt = ${to.attempt}, step_count = ${to.stepCount}, error = ${to.error}, wait_until = ${to.waitUntil},
               due_at = ${to.dueAt}, finished_at = ${to.finishedAt}, expires_at = ${to.expiresAt}
         where tenant_id = ${tenantId} and id = ${id}`,
  )
}

export type StepRow = {
  number: number
  action_id: string
  type: string
  attempt: number
  status: 'running' | 'waiting' | 'completed' | 'failed' | 'lost' | 'cancelled'
  input: unknown
  outcome: unknown
  error: string | null
  started_at: Date
  finished_at: Date | null
  duration_ms: number | null
}

export function saveSteps(tx: Tx, tenantId: string, executionId: string, steps: readonly StepRow[]): Compilable {
  return statement(
    tx,
    sql`insert into workflow_steps (tenant_id, execution_id, number, action_id, type, attempt, status, input, outcome, error,
                                    started_at, finished_at, duration_ms)
        select ${tenantId}, ${executionId}, s.number, s.action_id, s.type, s.attempt, s.status, s.input, s.outcome, s.error,
               s.started_at, s.finished_at, s.duration_ms
          from json_to_recordset(${JSON.stringify(steps)}::json) as s (number integer, action_id text, type text, attempt integer,
               status text, input json, outcome json, error text, started_at timestamptz, finished_at timestamptz,
               duration_ms double precision)`,
  )
}

/** Ends the step that is open: the last one. */
export function endStep(
  tx: Tx,
  tenantId: string,
  step: { executionId: string; number: number } & Pick<StepRow, 'status' | 'outcome' | 'error'> & { at: Date },
): Compilable {
  return statement(
    tx,
    sql`update workflow_steps
           set status = ${step.status}, outcome = ${step.outcome === null ? null : JSON.stringify(step.outcome)}::json,
               error = ${step.error}, finished_at = ${step.at},
               duration_ms = greatest(extract(epoch from ${step.at}::timestamptz - started_at) * 1000, 0)
         where tenant_id = ${tenantId} and execution_id = ${step.executionId} and number = ${step.number}`,
  )
}

export function countBegun(tx: Tx, tenantId: string): Compilable {
  return statement(
    tx,
    sql`insert into workflow_usage (tenant_id, day, shard, used)
        values (${tenantId}, (now() at time zone 'UTC')::date, pg_backend_pid() % 8, 1)
        on conflict (tenant_id, day, shard) do update set used = workflow_usage.used + 1`,
  )
}

export async function markDepth(tx: Tx, depth: number): Promise<void> {
  await sql`select set_config('app.workflow_depth', ${String(depth)}, true)`.execute(tx)
}

export async function savepoint(tx: Tx): Promise<void> {
  await sql`savepoint action`.execute(tx)
}

export async function rollBack(tx: Tx): Promise<void> {
  await sql`rollback to savepoint action`.execute(tx)
}

/** Active users who are named or have one of the roles. */
export async function findUsers(
  tx: Tx,
  tenantId: string,
  { ids, roles }: { ids: readonly string[]; roles: readonly string[] },
): Promise<string[]> {
  if (ids.length === 0 && roles.length === 0) return []
  const found = await sql<{ id: string }>`
    select id from users where tenant_id = ${tenantId} and status = 'active'
       and (id = any(${[...ids]}::text[]) or roles && ${[...roles]}::text[]) order by id limit 1000`.execute(tx)
  return found.rows.map((row) => row.id)
}
