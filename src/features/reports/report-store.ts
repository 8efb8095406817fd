import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Attempt, JobRow, LastAttempt } from '#platform/jobs/job-table.ts'
import { endedWithFile, failedWith, isShownAs, JobTable, shownStatus } from '#platform/jobs/job-table.ts'
import type { BuilderId, Report, ReportRequest } from './schemas.ts'

const table = new JobTable('reports', [
  'id',
  'template_id',
  'builder',
  'format',
  'language',
  'parameters',
  'status',
  'progress',
  'failure',
  'failure_details',
  'file_name',
  'file_id',
  'file_size',
  'schedule_id',
  'recipients',
  'is_preview',
  'created_at',
  'started_at',
  'ended_at',
  'expires_at',
])

function toReport(row: JobRow<typeof table>, now: Date): Report {
  return {
    id: row.id,
    templateId: row.template_id,
    builder: row.builder as BuilderId,
    format: row.format,
    language: row.language,
    parameters: row.parameters as Record<string, unknown>,
    status: shownStatus(row, now),
    progress: row.progress,
    failure: row.failure,
    failureDetails: (row.failure_details ?? []) as Report['failureDetails'],
    fileName: row.file_name,
    fileId: row.file_id,
    fileSize: row.file_size === null ? null : Number(row.file_size),
    scheduleId: row.schedule_id,
    recipients: row.recipients,
    isPreview: row.is_preview,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
  }
}

export type NewReport = {
  id: string
  templateId: string
  request: ReportRequest
  parameters: Record<string, unknown>
  requestedBy: Record<string, string>
  scheduleId: string | null
  recipients: readonly string[]
  fileName: string
  retentionDays: number
  isPreview: boolean
  now: Date
}

export async function insertReport(tx: Tx, tenantId: string, given: NewReport): Promise<Report> {
  const { request } = given
  const row = await tx
    .insertInto('reports')
    .values({
      tenant_id: tenantId,
      id: given.id,
      template_id: given.templateId,
      builder: request.content.builder,
      format: request.format,
      language: request.language,
      parameters: JSON.stringify(given.parameters),
      request: JSON.stringify(request),
      requested_by: JSON.stringify(given.requestedBy),
      schedule_id: given.scheduleId,
      recipients: [...given.recipients],
      status: 'pending',
      file_name: given.fileName,
      retention_days: given.retentionDays,
      is_preview: given.isPreview,
      created_at: given.now,
    })
    .returning(table.columns)
    .executeTakeFirstOrThrow()
  return toReport(row, given.now)
}

/** Of two that ask at the same time the second one waits, so that limits are exact. */
export async function holdLimits(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`reports:${tenantId}`}, 0))`.execute(tx)
}

/** What the limits are about: reports since midnight (UTC), and the bytes of the files that there are. */
export async function usageOf(tx: Tx, tenantId: string, now: Date): Promise<{ today: number; storedBytes: number }> {
  const found = await sql<{ today: string; stored: string }>`
    select (select count(*) from reports where tenant_id = ${tenantId}
             and created_at >= date_trunc('day', ${now}::timestamptz at time zone 'UTC') at time zone 'UTC') as today,
           (select coalesce(sum(file_size), 0) from reports where tenant_id = ${tenantId} and file_id is not null) as stored`.execute(
    tx,
  )
  const row = found.rows[0]
  return { today: Number(row?.today ?? 0), storedBytes: Number(row?.stored ?? 0) }
}

export async function findReport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Report | null> {
  const row = await table.find(tx, tenantId, { id })
  return row && toReport(row, now)
}

export type Page = {
  limit: number
  offset: number
  builders: readonly string[]
  templateId?: string | undefined
  scheduleId?: string | undefined
  status?: Report['status'] | undefined
}

/** Newest first; previews are for who asked for them. */
export async function listReports(tx: Tx, tenantId: string, page: Page, now: Date): Promise<Report[]> {
  const where: RawBuilder<unknown>[] = [sql`not is_preview`, sql`builder in (${sql.join([...page.builders])})`]
  if (page.templateId !== undefined) where.push(sql`template_id = ${page.templateId}`)
  if (page.scheduleId !== undefined) where.push(sql`schedule_id = ${page.scheduleId}`)
  if (page.status) where.push(isShownAs(page.status, now))
  const rows = await table.list(tx, tenantId, page, where)
  return rows.map((row) => toReport(row, now))
}

export type Started = { attempt: number; report: Report; request: ReportRequest; retentionDays: number }

/** @returns null when it has ended meanwhile */
export async function startReport(
  tx: Tx,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<Started | null> {
  const row = await table.start(tx, tenantId, { id, now, set: { progress: 0 } }, ['request', 'retention_days'])
  if (!row) return null
  const { attempt, retention_days: retentionDays } = row
  return { attempt, report: toReport(row, now), request: row.request as ReportRequest, retentionDays }
}

/** @returns false when it is not this attempt's any more */
export function saveProgress(tx: Tx, tenantId: string, attempt: Attempt, percent: number): Promise<boolean> {
  return table.save(tx, tenantId, attempt, { progress: percent })
}

export type Ending =
  | { status: 'ready'; fileId: string; size: number; expiresAt: Date; url: string }
  | { status: 'failed'; failure: string; details: Report['failureDetails'] }

/** @returns null when it has ended already, or is another attempt's */
export async function endReport(
  tx: Tx,
  tenantId: string,
  { ending, ...last }: LastAttempt & { ending: Ending; now: Date },
): Promise<Report | null> {
  const row = await table.end(
    tx,
    tenantId,
    last,
    ending.status === 'ready' ? { ...endedWithFile(ending), progress: 100 } : failedWith(ending),
  )
  return row && toReport(row, last.now)
}

/** @returns null when it has ended already */
export async function cancelReport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Report | null> {
  const row = await table.cancel(tx, tenantId, { id }, now)
  return row && toReport(row, now)
}

/** What is done from here on can be taken back without the rest of the transaction. */
export async function saveWork(tx: Tx): Promise<void> {
  await sql`savepoint report_told`.execute(tx)
}

export async function restoreWork(tx: Tx): Promise<void> {
  await sql`rollback to savepoint report_told`.execute(tx)
}

/** @returns what was asked for, and the name of the schedule that asked for it */
export async function findRequest(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<{ request: ReportRequest; scheduleName: string | null } | null> {
  const found = await sql<{ request: ReportRequest; schedule_name: string | null }>`
    select r.request, s.name as schedule_name
      from reports r left join report_schedules s on s.tenant_id = r.tenant_id and s.id = r.schedule_id
     where r.tenant_id = ${tenantId} and r.id = ${id}`.execute(tx)
  const row = found.rows[0]
  return row ? { request: row.request, scheduleName: row.schedule_name } : null
}

/** Why its recipients have not been told. */
export async function noteUnsent(tx: Tx, tenantId: string, id: string, message: string): Promise<void> {
  await tx
    .updateTable('reports')
    .set({ failure_details: JSON.stringify([{ message }]) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}
