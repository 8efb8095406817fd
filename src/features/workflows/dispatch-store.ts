import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'

/** One transaction for all tenants, of those who look for what is due. */
export async function together<Result>(database: Database, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  const unit = new UnitOfWork(database, 'write', null)
  try {
    const result = await work(unit.tx)
    await unit.complete()
    return result
  } catch (error) {
    await unit.abandon()
    throw error
  }
}

/** Claims executions that are due, of all tenants. */
export async function takeDue(
  tx: Tx,
  { room, each, after, leaseSeconds }: { room: number; each: number; after: string; leaseSeconds: number },
): Promise<{ tenantId: string; id: string }[]> {
  const found = await sql<{ tenant_id: string; id: string }>`
    select tenant_id, id from take_due_workflows(${room}, ${each}, ${after}, ${leaseSeconds})`.execute(tx)
  return found.rows.map((row) => ({ tenantId: row.tenant_id, id: row.id }))
}

/** Tenants behind `after` that one look goes through (migrations/0015). */
const lanesOfLook = 1_000

/** The tenant with which such a look ends; null: it goes through all that there are. */
export async function lastLaneOfLook(database: Database, after: string): Promise<string | null> {
  const [row] = await database.platformRead<{ lane: string | null }>('select workflow_lane_beyond($1, $2) as lane', [
    after,
    lanesOfLook,
  ])
  return row?.lane ?? null
}

export type DueSchedule = { tenantId: string; workflowId: string; pattern: string }

export async function findDueSchedules(database: Database, limit: number): Promise<DueSchedule[]> {
  const rows = await database.platformRead<{ tenant_id: string; workflow_id: string; name: string }>(
    'select * from due_workflow_schedules($1)',
    [limit],
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, workflowId: row.workflow_id, pattern: row.name }))
}

/** A schedule that is still due, held until the end of the transaction. */
export async function holdSchedule(
  tx: Tx,
  tenantId: string,
  { workflowId, pattern }: { workflowId: string; pattern: string },
): Promise<{ version: number; timeZone: string | null; dueAt: Date } | null> {
  const found = await sql<{ version: number; time_zone: string | null; next_at: Date }>`
    select t.version, t.time_zone, t.next_at from workflow_triggers t
     where t.tenant_id = ${tenantId} and t.kind = 'schedule' and t.workflow_id = ${workflowId} and t.name = ${pattern}
       and t.next_at <= now() for update`.execute(tx)
  const row = found.rows[0]
  return row ? { version: row.version, timeZone: row.time_zone, dueAt: row.next_at } : null
}

export async function setNextRun(
  tx: Tx,
  tenantId: string,
  { workflowId, pattern, next }: { workflowId: string; pattern: string; next: Date | null },
): Promise<void> {
  await sql`
    update workflow_triggers set next_at = ${next}
     where tenant_id = ${tenantId} and kind = 'schedule' and workflow_id = ${workflowId} and name = ${pattern}`.execute(
    tx,
  )
}
