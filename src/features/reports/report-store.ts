import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { BuilderId, Format, Language, Report, ReportRequest, Status } from './schemas.ts'

type ReportRow = {
  id: string
  template_id: string
  builder: string
  format: Format
  language: Language
  parameters: unknown
  status: Status
  progress: number
  failure: string | null
  failure_details: unknown
  file_name: string
  file_id: string | null
  file_size: string | null
  schedule_id: string | null
  recipients: string[]
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
  expires_at: Date | null
}

const columns = [
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
  'created_at',
  'started_at',
  'ended_at',
  'expires_at',
] as const

function toReport(row: ReportRow, now: Date): Report {
  const isExpired =
    row.status === 'ready' && (row.file_id === null || (row.expires_at !== null && row.expires_at <= now))
  return {
    id: row.id,
    templateId: row.template_id,
    builder: row.builder as BuilderId,
    format: row.format,
    language: row.language,
    parameters: row.parameters as Record<string, unknown>,
    status: isExpired ? 'expired' : row.status,
    progress: row.progress,
    failure: row.failure,
    failureDetails: (row.failure_details ?? []) as Report['failureDetails'],
    fileName: row.file_name,
    fileId: row.file_id,
    fileSize: row.file_size === null ? null : Number(row.file_size),
    scheduleId: row.schedule_id,
    recipients: row.recipients,
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
      created_at: given.now,
    })
    .returning(columns)
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
  const row = await tx
    .selectFrom('reports')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toReport(row, now) : null
}

export type Page = {
  limit: number
  offset: number
  builders: readonly string[]
  templateId?: string | undefined
  scheduleId?: string | undefined
  status?: Report['status'] | undefined
}

/** Newest first. */
export async function listReports(tx: Tx, tenantId: string, page: Page, now: Date): Promise<Report[]> {
  let query = tx
    .selectFrom('reports')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('builder', 'in', [...page.builders])
  if (page.templateId !== undefined) query = query.where('template_id', '=', page.templateId)
  if (page.scheduleId !== undefined) query = query.where('schedule_id', '=', page.scheduleId)
  const hasFile = sql<boolean>`(file_id is not null and expires_at > ${now})`
  if (page.status === 'ready') query = query.where('status', '=', 'ready').where(hasFile)
  else if (page.status === 'expired') query = query.where('status', '=', 'ready').where(sql<boolean>`not ${hasFile}`)
  else if (page.status) query = query.where('status', '=', page.status)
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  return rows.map((row) => toReport(row, now))
}

/** From pending, or from running where whoever ran it is no more. @returns null when it has ended meanwhile */
export async function startReport(
  tx: Tx,
  tenantId: string,
  id: string,
  now: Date,
): Promise<{ attempt: number; report: Report; request: ReportRequest; retentionDays: number } | null> {
  const row = await tx
    .updateTable('reports')
    .set((eb) => ({
      status: 'running',
      attempt: eb('attempt', '+', 1),
      started_at: sql<Date>`coalesce(started_at, ${now})`,
      progress: 0,
    }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning([...columns, 'attempt', 'request', 'retention_days'])
    .executeTakeFirst()
  if (!row) return null
  const { attempt, retention_days: retentionDays } = row
  return { attempt, report: toReport(row, now), request: row.request as ReportRequest, retentionDays }
}

/** @returns false when it is not this attempt's any more: cancelled, or started again by another worker */
export async function saveProgress(
  tx: Tx,
  tenantId: string,
  { id, attempt, percent }: { id: string; attempt: number; percent: number },
): Promise<boolean> {
  const saved = await tx
    .updateTable('reports')
    .set({ progress: percent })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

export type Ending =
  | { status: 'ready'; fileId: string; size: number; expiresAt: Date; url: string }
  | { status: 'failed'; failure: string; details: Report['failureDetails'] }

/** @param attempt null: whatever attempt it is. @returns null when it has ended already, or is another attempt's */
export async function endReport(
  tx: Tx,
  tenantId: string,
  { id, attempt, ending, now }: { id: string; attempt: number | null; ending: Ending; now: Date },
): Promise<Report | null> {
  let query = tx
    .updateTable('reports')
    .set(
      ending.status === 'ready'
        ? {
            status: 'ready',
            progress: 100,
            file_id: ending.fileId,
            file_size: ending.size,
            ended_at: now,
            expires_at: ending.expiresAt,
          }
        : {
            status: 'failed',
            failure: ending.failure,
            failure_details: JSON.stringify(ending.details),
            ended_at: now,
          },
    )
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', attempt === null ? ['pending', 'running'] : ['running'])
  if (attempt !== null) query = query.where('attempt', '=', attempt)
  const row = await query.returning(columns).executeTakeFirst()
  return row ? toReport(row, now) : null
}

/** @returns null when it has ended already */
export async function cancelReport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Report | null> {
  const row = await tx
    .updateTable('reports')
    .set({ status: 'cancelled', ended_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning(columns)
    .executeTakeFirst()
  return row ? toReport(row, now) : null
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
