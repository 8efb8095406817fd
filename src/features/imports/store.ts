/** Imports: what was asked for, how far they are, what was refused. */

import { sql } from 'kysely'
import type { Told } from '#kernel/faults.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { ImportStatus, ImportView, Options, Plan } from './schemas.ts'

type Row = {
  id: string
  entity: string
  template_id: string | null
  file_id: string
  file_sha256: string
  options: Options
  status: ImportStatus
  attempt: number
  cancel_requested: boolean
  rows_estimated: string
  rows_read: string
  rows_inserted: string
  rows_updated: string
  rows_unchanged: string
  rows_refused: string
  failure: string | null
  failure_code: string | null
  failure_parameters: Told['parameters'] | null
  has_refused_file: boolean
  created_by: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  rate: number | null
}

// The rate of the present attempt; of one that has ended, that of all of it.
const columns = sql.raw(`id, entity, template_id, file_id, file_sha256, plan -> 'options' as options, status, attempt,
  cancel_requested, rows_estimated, rows_read, rows_inserted, rows_updated, rows_unchanged, rows_refused, failure, failure_code, failure_parameters,
  refused_file_id is not null as has_refused_file, created_by, created_at, started_at, finished_at,
  ((rows_read - resumed_rows) / nullif(extract(epoch from progressed_at - resumed_at), 0))::float8 as rate`)

function toFailure({ failure: message, failure_code: code, failure_parameters: parameters }: Row) {
  return message === null ? null : { code, message, parameters: parameters ?? {} }
}

function toView(row: Row): ImportView {
  const [estimated, read] = [Number(row.rows_estimated), Number(row.rows_read)]
  const isRunning = row.status === 'processing'
  const left = Math.max(0, estimated - read)
  return {
    id: row.id,
    entity: row.entity,
    templateId: row.template_id,
    fileId: row.file_id,
    fileSha256: row.file_sha256,
    status: row.status,
    options: row.options,
    cancelRequested: row.cancel_requested,
    rowsEstimated: row.status === 'completed' ? read : Math.max(estimated, read),
    rowsRead: read,
    rowsInserted: Number(row.rows_inserted),
    rowsUpdated: Number(row.rows_updated),
    rowsUnchanged: Number(row.rows_unchanged),
    rowsRefused: Number(row.rows_refused),
    rowsPerSecond: row.rate === null ? null : Math.round(row.rate),
    secondsLeft: isRunning && row.rate !== null && row.rate > 0 ? Math.ceil(left / row.rate) : null,
    attempt: row.attempt,
    failure: toFailure(row),
    hasRefusedFile: row.has_refused_file,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}

export type NewImport = {
  id: string
  entity: string
  templateId: string | null
  fileId: string
  fileSha256: string
  plan: Plan
  rowsEstimated: number
  createdBy: string | null
  now: Date
}

export async function insertImport(tx: Tx, tenantId: string, one: NewImport): Promise<void> {
  await tx
    .insertInto('imports')
    .values({
      tenant_id: tenantId,
      id: one.id,
      entity: one.entity,
      template_id: one.templateId,
      file_id: one.fileId,
      file_sha256: one.fileSha256,
      plan: one.plan,
      rows_estimated: one.rowsEstimated,
      created_by: one.createdBy,
      created_at: one.now,
    })
    .execute()
}

export async function findImport(tx: Tx, tenantId: string, id: string): Promise<ImportView | null> {
  const found = await sql<Row>`select ${columns} from imports where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  return found.rows[0] ? toView(found.rows[0]) : null
}

/** Newest first, after the one with the id `after`. */
export async function listImports(
  tx: Tx,
  tenantId: string,
  { limit, after }: { limit: number; after: string | null },
): Promise<ImportView[]> {
  const found = await sql<Row>`
    select ${columns} from imports
     where tenant_id = ${tenantId} and (${after}::text is null or id < ${after}::text)
     order by id desc limit ${limit}`.execute(tx)
  return found.rows.map(toView)
}

/** @returns what it was before: null where there is none */
export async function requestCancel(
  tx: Tx,
  tenantId: string,
  id: string,
  now: Date,
): Promise<{ status: ImportStatus } | null> {
  const found = await sql<{ status: ImportStatus }>`
    select status from imports where tenant_id = ${tenantId} and id = ${id} for no key update`.execute(tx)
  const before = found.rows[0] ?? null
  if (before?.status === 'queued') {
    // Nobody has begun it: it is over at once.
    await sql`update imports set status = 'cancelled', cancel_requested = true, finished_at = ${now}
               where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  } else if (before?.status === 'processing') {
    await sql`update imports set cancel_requested = true where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  }
  return before
}

/** The file of refused rows, if there is one, and the headers of the file that was imported. */
export async function findRefused(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<{ fileId: string | null; headers: string[] } | null> {
  const found = await sql<{ file_id: string | null; headers: string[] }>`
    select refused_file_id as file_id, plan -> 'layout' -> 'headers' as headers from imports
     where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  const row = found.rows[0]
  return row ? { fileId: row.file_id, headers: row.headers } : null
}
