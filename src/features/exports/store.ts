import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { ArchiveType, CheckedRequest, Export, FecRequest, PersonRequest, Status } from './schemas.ts'

type Row = {
  id: string
  entity_type: string
  format: string
  request: unknown
  status: Status
  rows_expected: string | null
  rows_written: string
  failure: string | null
  failure_details: unknown
  file_name: string
  file_id: string | null
  file_size: string | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
  expires_at: Date | null
}

const columns = [
  'id',
  'entity_type',
  'format',
  'request',
  'status',
  'rows_expected',
  'rows_written',
  'failure',
  'failure_details',
  'file_name',
  'file_id',
  'file_size',
  'created_at',
  'started_at',
  'ended_at',
  'expires_at',
] as const

function toExport(row: Row, now: Date): Export {
  const isExpired =
    row.status === 'ready' && (row.file_id === null || (row.expires_at !== null && row.expires_at <= now))
  return {
    id: row.id,
    entityType: row.entity_type as Export['entityType'],
    format: row.format as Export['format'],
    request: row.request as Export['request'],
    status: isExpired ? 'expired' : row.status,
    rowsExpected: row.rows_expected === null ? null : Number(row.rows_expected),
    rowsWritten: Number(row.rows_written),
    failure: row.failure,
    failureDetails: (row.failure_details ?? []) as Export['failureDetails'],
    fileName: row.file_name,
    fileId: row.file_id,
    fileSize: row.file_size === null ? null : Number(row.file_size),
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
  }
}

export type MadeFile = { fileId: string; size: number; rows: number; expiresAt: Date }

export type NewExport = {
  id: string
  request:
    | { entityType: 'fec'; format: 'fec'; asked: FecRequest }
    | { entityType: ArchiveType; format: 'zip'; asked: PersonRequest | Record<string, never> }
    | { entityType: string; format: string; asked: CheckedRequest }
  requestedBy: Record<string, string>
  fileName: string
  /** Absent: it is to be made by a job. */
  made: MadeFile | null
  now: Date
}

export async function insertExport(tx: Tx, tenantId: string, given: NewExport): Promise<Export> {
  const { made, now } = given
  const row = await tx
    .insertInto('exports')
    .values({
      tenant_id: tenantId,
      id: given.id,
      entity_type: given.request.entityType,
      format: given.request.format,
      request: JSON.stringify(given.request.asked),
      requested_by: JSON.stringify(given.requestedBy),
      file_name: given.fileName,
      created_at: now,
      ...(made
        ? {
            status: 'ready' as const,
            rows_expected: made.rows,
            rows_written: made.rows,
            file_id: made.fileId,
            file_size: made.size,
            started_at: now,
            ended_at: now,
            expires_at: made.expiresAt,
          }
        : { status: 'pending' as const }),
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toExport(row, now)
}

export async function findExport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Export | null> {
  const row = await tx
    .selectFrom('exports')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toExport(row, now) : null
}

export type Page = {
  limit: number
  offset: number
  entityTypes: readonly string[]
  status?: Export['status'] | undefined
}

/** Newest first, of these entities. */
export async function listExports(tx: Tx, tenantId: string, page: Page, now: Date): Promise<Export[]> {
  let query = tx
    .selectFrom('exports')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('entity_type', 'in', [...page.entityTypes])
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
  return rows.map((row) => toExport(row, now))
}

/** From pending, or from running where whoever ran it is no more. @returns null when it has ended meanwhile */
export async function startExport(
  tx: Tx,
  tenantId: string,
  id: string,
  now: Date,
): Promise<{ attempt: number; export: Export } | null> {
  const row = await tx
    .updateTable('exports')
    .set((eb) => ({
      status: 'running',
      attempt: eb('attempt', '+', 1),
      started_at: sql<Date>`coalesce(started_at, ${now})`,
      rows_written: 0,
    }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning([...columns, 'attempt'])
    .executeTakeFirst()
  return row ? { attempt: row.attempt, export: toExport(row, now) } : null
}

type Running = { id: string; attempt: number }

/** @returns false when it is not this attempt's any more: cancelled, or started again by another worker */
export async function saveProgress(
  tx: Tx,
  tenantId: string,
  { id, attempt }: Running,
  { expected, written }: { expected: number | null; written: number },
): Promise<boolean> {
  const saved = await tx
    .updateTable('exports')
    .set({ rows_expected: expected, rows_written: Math.max(0, written) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

export type Ending =
  | { status: 'ready'; made: MadeFile }
  | { status: 'failed'; failure: string; details: Export['failureDetails'] }

/** @param attempt null: whatever attempt it is */
export async function endExport(
  tx: Tx,
  tenantId: string,
  { id, attempt, ending, now }: { id: string; attempt: number | null; ending: Ending; now: Date },
): Promise<Export | null> {
  let query = tx
    .updateTable('exports')
    .set(
      ending.status === 'ready'
        ? {
            status: 'ready',
            rows_expected: ending.made.rows,
            rows_written: ending.made.rows,
            file_id: ending.made.fileId,
            file_size: ending.made.size,
            ended_at: now,
            expires_at: ending.made.expiresAt,
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
  return row ? toExport(row, now) : null
}

/** @returns null when it has ended already */
export async function cancelExport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Export | null> {
  const row = await tx
    .updateTable('exports')
    .set({ status: 'cancelled', ended_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning(columns)
    .executeTakeFirst()
  return row ? toExport(row, now) : null
}
