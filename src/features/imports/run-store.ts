/** How a run moves on: each step only while the attempt is still its own. */

import { sql } from 'kysely'
import type { Told } from '#kernel/faults.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Plan } from './schemas.ts'

export type Started = { attempt: number; position: number; fileId: string; plan: Plan; cancelRequested: boolean }

/** The next attempt, from the position that was committed. @returns null when it has ended */
export async function startAttempt(tx: Tx, tenantId: string, id: string, now: Date): Promise<Started | null> {
  const found = await sql<{
    attempt: number
    rows_read: string
    file_id: string
    plan: Plan
    cancel_requested: boolean
  }>`
    update imports set status = 'processing', attempt = attempt + 1, started_at = coalesce(started_at, ${now}),
        resumed_at = ${now}, progressed_at = null,
        -- Undone with the transaction that it was read in.
        rows_read = case when plan -> 'options' ->> 'stopOnError' = 'true' then 0 else rows_read end,
        resumed_rows = case when plan -> 'options' ->> 'stopOnError' = 'true' then 0 else rows_read end
     where tenant_id = ${tenantId} and id = ${id} and status in ('queued', 'processing')
    returning attempt, rows_read, file_id, plan, cancel_requested`.execute(tx)
  const row = found.rows[0]
  if (!row) return null
  return {
    attempt: row.attempt,
    position: Number(row.rows_read),
    fileId: row.file_id,
    plan: row.plan,
    cancelRequested: row.cancel_requested,
  }
}

export type Place = { id: string; attempt: number; position: number }

/**
 * Locks the import for the batch at this position. Nobody else writes it until the transaction ends.
 * @returns "go"; "cancelled"; "lost": another worker has gone on with it, or it has ended
 */
export async function lockPosition(tx: Tx, tenantId: string, place: Place): Promise<'go' | 'cancelled' | 'lost'> {
  const found = await sql<{ cancel_requested: boolean }>`
    select cancel_requested from imports
     where tenant_id = ${tenantId} and id = ${place.id} and status = 'processing' and attempt = ${place.attempt}
       and rows_read = ${place.position} for no key update`.execute(tx)
  const row = found.rows[0]
  if (!row) return 'lost'
  return row.cancel_requested ? 'cancelled' : 'go'
}

export type Counts = { read: number; inserted: number; updated: number; unchanged: number; refused: number }

/** The position and the counts, in the transaction of what they count. */
export async function movePosition(
  tx: Tx,
  tenantId: string,
  { id, attempt }: Place,
  { counts, now }: { counts: Counts; now: Date },
): Promise<void> {
  await sql`
    update imports set rows_read = rows_read + ${counts.read}, rows_inserted = rows_inserted + ${counts.inserted},
        rows_updated = rows_updated + ${counts.updated}, rows_unchanged = rows_unchanged + ${counts.unchanged},
        rows_refused = rows_refused + ${counts.refused}, progressed_at = ${now}
     where tenant_id = ${tenantId} and id = ${id} and attempt = ${attempt}`.execute(tx)
}

/** How far a run is that is one transaction: told beside it, and to be asked whether to go on. */
export async function tellProgress(
  tx: Tx,
  tenantId: string,
  { id, attempt }: Place,
  { read, now }: { read: number; now: Date },
): Promise<'go' | 'cancelled' | 'lost'> {
  const found = await sql<{ cancel_requested: boolean }>`
    update imports set rows_read = ${read}, progressed_at = ${now}
     where tenant_id = ${tenantId} and id = ${id} and attempt = ${attempt} and status = 'processing'
    returning cancel_requested`.execute(tx)
  const row = found.rows[0]
  if (!row) return 'lost'
  return row.cancel_requested ? 'cancelled' : 'go'
}

export type Ending = {
  status: 'completed' | 'failed' | 'cancelled'
  failure: Told | null
  refusedFileId: string | null
  /** Instead of those that were added up: of a run that was one transaction. */
  counts?: Counts
  now: Date
}

const parametersOf = (failure: Told | null) => failure && JSON.stringify(failure.parameters)

/** @returns the counts at the end; null: another worker has it, it has ended, or it is to be cancelled and not completed */
export async function endRun(
  tx: Tx,
  tenantId: string,
  { id, attempt }: Pick<Place, 'id' | 'attempt'>,
  ending: Ending,
): Promise<(Counts & { entity: string }) | null> {
  const { counts } = ending
  const found = await sql<{ entity: string } & Record<keyof Counts, string>>`
    update imports set status = ${ending.status}, failure = ${ending.failure?.message ?? null},
        failure_code = ${ending.failure?.code ?? null}, failure_parameters = ${parametersOf(ending.failure)}::jsonb,
        refused_file_id = ${ending.refusedFileId},
        rows_read = coalesce(${counts?.read ?? null}::bigint, rows_read),
        rows_inserted = coalesce(${counts?.inserted ?? null}::bigint, rows_inserted),
        rows_updated = coalesce(${counts?.updated ?? null}::bigint, rows_updated),
        rows_unchanged = coalesce(${counts?.unchanged ?? null}::bigint, rows_unchanged),
        rows_refused = coalesce(${counts?.refused ?? null}::bigint, rows_refused),
        progressed_at = ${ending.now}, finished_at = ${ending.now}
     where tenant_id = ${tenantId} and id = ${id} and attempt = ${attempt} and status = 'processing'
       and (${ending.status} <> 'completed' or not cancel_requested)
    returning entity, rows_read as read, rows_inserted as inserted, rows_updated as updated,
      rows_unchanged as unchanged, rows_refused as refused`.execute(tx)
  const row = found.rows[0]
  if (!row) return null
  const { entity, read, inserted, updated, unchanged, refused } = row
  return {
    entity,
    read: Number(read),
    inserted: Number(inserted),
    updated: Number(updated),
    unchanged: Number(unchanged),
    refused: Number(refused),
  }
}

export async function insertRefusals(
  tx: Tx,
  tenantId: string,
  { id, position }: Pick<Place, 'id' | 'position'>,
  { refused, ciphertext }: { refused: number; ciphertext: string },
): Promise<void> {
  const row = { tenant_id: tenantId, import_id: id, position, refused, rows_ciphertext: ciphertext }
  await tx.insertInto('import_refusals').values(row).execute()
}

/** The refused rows of the first batch behind a position. */
export async function findRefusals(
  tx: Tx,
  tenantId: string,
  { id, behind }: { id: string; behind: number },
): Promise<{ position: number; ciphertext: string } | null> {
  const found = await sql<{ position: string; rows_ciphertext: string }>`
    select position, rows_ciphertext from import_refusals
     where tenant_id = ${tenantId} and import_id = ${id} and position > ${behind}
     order by position limit 1`.execute(tx)
  const row = found.rows[0]
  return row ? { position: Number(row.position), ciphertext: row.rows_ciphertext } : null
}

export async function deleteRefusals(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.deleteFrom('import_refusals').where('tenant_id', '=', tenantId).where('import_id', '=', id).execute()
}
