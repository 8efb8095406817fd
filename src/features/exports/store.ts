import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Attempt, JobRow, LastAttempt } from '#platform/jobs/job-table.ts'
import { endedWithFile, failedWith, isShownAs, JobTable, shownStatus } from '#platform/jobs/job-table.ts'
import type { ArchiveType, CheckedRequest, Export, FecRequest, PersonRequest } from './schemas.ts'

const table = new JobTable('exports', [
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
])

function toExport(row: JobRow<typeof table>, now: Date): Export {
  return {
    id: row.id,
    entityType: row.entity_type as Export['entityType'],
    format: row.format as Export['format'],
    request: row.request as Export['request'],
    status: shownStatus(row, now),
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
    .returning(table.columns)
    .executeTakeFirstOrThrow()
  return toExport(row, now)
}

export async function findExport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Export | null> {
  const row = await table.find(tx, tenantId, { id })
  return row && toExport(row, now)
}

export type Page = {
  limit: number
  offset: number
  entityTypes: readonly string[]
  status?: Export['status'] | undefined
}

/** Newest first, of these entities. */
export async function listExports(tx: Tx, tenantId: string, page: Page, now: Date): Promise<Export[]> {
  const where: RawBuilder<unknown>[] = [sql`entity_type in (${sql.join([...page.entityTypes])})`]
  if (page.status) where.push(isShownAs(page.status, now))
  const rows = await table.list(tx, tenantId, page, where)
  return rows.map((row) => toExport(row, now))
}

/** @returns null when it has ended meanwhile */
export async function startExport(
  tx: Tx,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<{ attempt: number; export: Export } | null> {
  const row = await table.start(tx, tenantId, { id, now, set: { rows_written: 0 } })
  return row && { attempt: row.attempt, export: toExport(row, now) }
}

/** @returns false when it is not this attempt's any more */
export function saveProgress(
  tx: Tx,
  tenantId: string,
  attempt: Attempt,
  { expected, written }: { expected: number | null; written: number },
): Promise<boolean> {
  return table.save(tx, tenantId, attempt, { rows_expected: expected, rows_written: Math.max(0, written) })
}

export type Ending =
  | { status: 'ready'; made: MadeFile }
  | { status: 'failed'; failure: string; details: Export['failureDetails'] }

/** @returns null when it has ended already, or is another attempt's */
export async function endExport(
  tx: Tx,
  tenantId: string,
  { ending, ...last }: LastAttempt & { ending: Ending; now: Date },
): Promise<Export | null> {
  const row = await table.end(
    tx,
    tenantId,
    last,
    ending.status === 'ready'
      ? { ...endedWithFile(ending.made), rows_expected: ending.made.rows, rows_written: ending.made.rows }
      : failedWith(ending),
  )
  return row && toExport(row, last.now)
}

/** @returns null when it has ended already */
export async function cancelExport(tx: Tx, tenantId: string, id: string, now: Date): Promise<Export | null> {
  const row = await table.cancel(tx, tenantId, { id }, now)
  return row && toExport(row, now)
}
