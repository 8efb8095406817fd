import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Attempt, JobRow, LastAttempt } from '#platform/jobs/job-table.ts'
import { JobTable } from '#platform/jobs/job-table.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { Check, CheckEnding, CheckKind } from './schemas.ts'

const table = new JobTable('checks', [
  'id',
  'request',
  'status',
  'expected',
  'checked',
  'valid',
  'failure',
  'failure_message',
  'created_at',
  'started_at',
  'ended_at',
])

function toCheck<Request, Result>(row: JobRow<typeof table>, result: Result | null): Check<Request, Result> {
  return {
    id: row.id,
    request: row.request as Request,
    status: row.status,
    expected: Number(row.expected),
    checked: Number(row.checked),
    valid: row.valid,
    result,
    failure: row.failure === null ? null : { code: row.failure, message: row.failure_message ?? '' },
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}

export type NewCheck = {
  kind: CheckKind
  id: string
  request: unknown
  requestedBy: Record<string, string>
  expected: number
  now: Date
}

export async function insertCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { kind, id, request, requestedBy, expected, now }: NewCheck,
): Promise<Check<Request, Result>> {
  const row = await tx
    .insertInto('checks')
    .values({
      tenant_id: tenantId,
      id,
      kind,
      request: JSON.stringify(request),
      requested_by: JSON.stringify(requestedBy),
      expected,
      created_at: now,
    })
    .returning(table.columns)
    .executeTakeFirstOrThrow()
  return toCheck<Request, Result>(row, null)
}

/** With its result, where it has one. */
export async function findCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { kind, id }: { kind: CheckKind; id: string },
  secrets: SecretBox,
): Promise<Check<Request, Result> | null> {
  const row = await table.find(tx, tenantId, { kind, id }, ['result_ciphertext'])
  if (!row) return null
  const sealed = row.result_ciphertext
  return toCheck(row, sealed === null ? null : (JSON.parse(secrets.decrypt(sealed).toString('utf8')) as Result))
}

export type Page = { kind: CheckKind; limit: number; offset: number }

/** Newest first, without their results. */
export async function listChecks<Request, Result>(
  tx: Tx,
  tenantId: string,
  { kind, limit, offset }: Page,
): Promise<Check<Request, Result>[]> {
  const rows = await table.list(tx, tenantId, { limit, offset }, [sql`kind = ${kind}`])
  return rows.map((row) => toCheck<Request, Result>(row, null))
}

/** @returns null when it has ended meanwhile */
export function startCheck(
  tx: Tx,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<{ attempt: number; request: unknown } | null> {
  return table.start(tx, tenantId, { id, now, set: { checked: 0 } })
}

/** @returns false when it is not this attempt's any more */
export function saveProgress(tx: Tx, tenantId: string, attempt: Attempt, checked: number): Promise<boolean> {
  return table.save(tx, tenantId, attempt, { checked })
}

/** @returns null when it has ended already, or is another attempt's */
export async function endCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { ending, ...last }: LastAttempt & { ending: CheckEnding<Result>; now: Date },
  secrets: SecretBox,
): Promise<Check<Request, Result> | null> {
  const row = await table.end(
    tx,
    tenantId,
    last,
    ending.status === 'completed'
      ? {
          status: 'completed',
          expected: ending.expected,
          checked: ending.checked,
          valid: ending.valid,
          result_ciphertext: secrets.encrypt(JSON.stringify(ending.result)),
        }
      : { status: 'failed', failure: ending.failure, failure_message: ending.message },
  )
  return row && toCheck(row, ending.status === 'completed' ? ending.result : null)
}

/** @returns null when it has ended already, or there is none */
export async function cancelCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { kind, id }: { kind: CheckKind; id: string },
  now: Date,
): Promise<Check<Request, Result> | null> {
  const row = await table.cancel(tx, tenantId, { kind, id }, now)
  return row && toCheck<Request, Result>(row, null)
}
