import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Format, Language, Schedule } from './schemas.ts'

type ScheduleRow = {
  id: string
  template_id: string
  name: string
  cron: string
  time_zone: string
  format: Format
  language: Language
  recipients: string[]
  parameters: unknown
  is_active: boolean
  next_run_at: Date | null
  last_run_at: Date | null
  last_report_id: string | null
  last_failure: string | null
  created_at: Date
  updated_at: Date
}

const columns = [
  'id',
  'template_id',
  'name',
  'cron',
  'time_zone',
  'format',
  'language',
  'recipients',
  'parameters',
  'is_active',
  'next_run_at',
  'last_run_at',
  'last_report_id',
  'last_failure',
  'created_at',
  'updated_at',
] as const

const toSchedule = (row: ScheduleRow): Schedule => ({
  id: row.id,
  templateId: row.template_id,
  name: row.name,
  cron: row.cron,
  timeZone: row.time_zone,
  format: row.format,
  language: row.language,
  recipients: row.recipients,
  parameters: row.parameters as Record<string, unknown>,
  isActive: row.is_active,
  nextRunAt: row.next_run_at,
  lastRunAt: row.last_run_at,
  lastReportId: row.last_report_id,
  lastFailure: row.last_failure,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export type SavedSchedule = Pick<
  Schedule,
  'templateId' | 'name' | 'cron' | 'timeZone' | 'format' | 'language' | 'recipients' | 'parameters' | 'isActive'
> & { nextRunAt: Date | null }

const fieldsOf = (given: SavedSchedule) => ({
  template_id: given.templateId,
  name: given.name,
  cron: given.cron,
  time_zone: given.timeZone,
  format: given.format,
  language: given.language,
  recipients: [...given.recipients],
  parameters: JSON.stringify(given.parameters),
  is_active: given.isActive,
  next_run_at: given.nextRunAt,
})

export async function insertSchedule(
  tx: Tx,
  tenantId: string,
  given: SavedSchedule & { id: string; createdBy: Record<string, string>; now: Date },
): Promise<Schedule> {
  const row = await tx
    .insertInto('report_schedules')
    .values({
      tenant_id: tenantId,
      id: given.id,
      ...fieldsOf(given),
      created_by: JSON.stringify(given.createdBy),
      created_at: given.now,
      updated_at: given.now,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toSchedule(row)
}

export async function updateSchedule(
  tx: Tx,
  tenantId: string,
  given: SavedSchedule & { id: string; changedBy: Record<string, string>; now: Date },
): Promise<Schedule | null> {
  // Whoever changes it answers for it from then on.
  const row = await tx
    .updateTable('report_schedules')
    .set({ ...fieldsOf(given), created_by: JSON.stringify(given.changedBy), updated_at: given.now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', given.id)
    .returning(columns)
    .executeTakeFirst()
  return row ? toSchedule(row) : null
}

/** @param forUpdate nobody else changes or runs it until the transaction ends */
export async function findSchedule(
  tx: Tx,
  tenantId: string,
  id: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<Schedule | null> {
  let query = tx.selectFrom('report_schedules').select(columns).where('tenant_id', '=', tenantId).where('id', '=', id)
  if (forUpdate) query = query.forUpdate()
  const row = await query.executeTakeFirst()
  return row ? toSchedule(row) : null
}

export async function listSchedules(tx: Tx, tenantId: string): Promise<Schedule[]> {
  const rows = await tx
    .selectFrom('report_schedules')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toSchedule)
}

export async function countSchedules(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from report_schedules where tenant_id = ${tenantId}`.execute(tx)
  return found.rows[0]?.count ?? 0
}

export async function deleteSchedule(tx: Tx, tenantId: string, id: string): Promise<Schedule | null> {
  const row = await tx
    .deleteFrom('report_schedules')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return row ? toSchedule(row) : null
}

export type Run = { id: string; at: Date; nextRunAt: Date | null; reportId: string | null; failure: string | null }

export async function recordRun(tx: Tx, tenantId: string, run: Run): Promise<void> {
  await tx
    .updateTable('report_schedules')
    .set({
      next_run_at: run.nextRunAt,
      last_run_at: run.at,
      last_failure: run.failure,
      ...(run.reportId === null ? {} : { last_report_id: run.reportId }),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', run.id)
    .execute()
}

export type ScheduleToTell = { name: string; language: Language; recipients: string[]; ownerId: string | null }

/** @returns null when the schedule is there no more */
export async function noteFailedRun(
  tx: Tx,
  tenantId: string,
  { id, reportId, failure }: { id: string; reportId: string; failure: string },
): Promise<ScheduleToTell | null> {
  const found = await sql<ScheduleToTell>`
    update report_schedules
       set last_failure = case when last_report_id = ${reportId} then ${failure} else last_failure end
     where tenant_id = ${tenantId} and id = ${id}
    returning name, language, recipients, created_by->>'user_id' as "ownerId"`.execute(tx)
  return found.rows[0] ?? null
}

/** Nothing runs it before somebody resumes it. */
export async function pauseSchedule(
  tx: Tx,
  tenantId: string,
  { id, at, failure }: Pick<Run, 'id' | 'at'> & { failure: string },
): Promise<void> {
  await tx
    .updateTable('report_schedules')
    .set({ is_active: false, next_run_at: null, last_run_at: at, last_failure: failure })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Who answers for it, where that is a user: who made it, or changed it last. */
export async function ownerOfSchedule(tx: Tx, tenantId: string, id: string): Promise<string | null> {
  const found = await sql<{ owner: string | null }>`
    select created_by->>'user_id' as owner from report_schedules where tenant_id = ${tenantId} and id = ${id}`.execute(
    tx,
  )
  return found.rows[0]?.owner ?? null
}

/** Of all tenants. */
export function dueSchedules(database: Database, limit: number): Promise<{ tenant_id: string; id: string }[]> {
  return database.platformRead<{ tenant_id: string; id: string }>('select * from due_report_schedules($1)', [limit])
}
