import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { Check, CheckEnding, CheckKind, CheckStatus } from './schemas.ts'

const columns = [
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
] as const

type Row = {
  id: string
  request: unknown
  status: CheckStatus
  expected: string
  checked: string
  valid: boolean | null
  failure: string | null
  failure_message: string | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

function toCheck<Request, Result>(row: Row, result: Result | null): Check<Request, Result> {
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
    .returning(columns)
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
  const row = await tx
    .selectFrom('checks')
    .select([...columns, 'result_ciphertext'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('kind', '=', kind)
    .executeTakeFirst()
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
  const rows = await tx
    .selectFrom('checks')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('kind', '=', kind)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map((row) => toCheck<Request, Result>(row, null))
}

/** From pending, or from running where whoever ran it is no more. @returns null when it has ended meanwhile */
export async function startCheck(
  tx: Tx,
  tenantId: string,
  id: string,
  now: Date,
): Promise<{ attempt: number; request: unknown } | null> {
  const row = await tx
    .updateTable('checks')
    .set((eb) => ({
      status: 'running',
      attempt: eb('attempt', '+', 1),
      started_at: sql<Date>`coalesce(started_at, ${now})`,
      checked: 0,
    }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning(['attempt', 'request'])
    .executeTakeFirst()
  return row ?? null
}

type Running = { id: string; attempt: number }

/** @returns false when it is not this attempt's any more: cancelled, or started again by another worker */
export async function saveProgress(
  tx: Tx,
  tenantId: string,
  { id, attempt }: Running,
  checked: number,
): Promise<boolean> {
  const saved = await tx
    .updateTable('checks')
    .set({ checked })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

/** @param attempt null: whatever attempt it is. @returns null when it is not this attempt's any more */
export async function endCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { id, attempt, ending, now }: { id: string; attempt: number | null; ending: CheckEnding<Result>; now: Date },
  secrets: SecretBox,
): Promise<Check<Request, Result> | null> {
  let query = tx
    .updateTable('checks')
    .set(
      ending.status === 'completed'
        ? {
            status: 'completed',
            expected: ending.expected,
            checked: ending.checked,
            valid: ending.valid,
            result_ciphertext: secrets.encrypt(JSON.stringify(ending.result)),
            ended_at: now,
          }
        : { status: 'failed', failure: ending.failure, failure_message: ending.message, ended_at: now },
    )
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', attempt === null ? ['pending', 'running'] : ['running'])
  if (attempt !== null) query = query.where('attempt', '=', attempt)
  const row = await query.returning(columns).executeTakeFirst()
  return row ? toCheck(row, ending.status === 'completed' ? ending.result : null) : null
}

/** @returns null when it has ended already, or there is none */
export async function cancelCheck<Request, Result>(
  tx: Tx,
  tenantId: string,
  { kind, id }: { kind: CheckKind; id: string },
  now: Date,
): Promise<Check<Request, Result> | null> {
  const row = await tx
    .updateTable('checks')
    .set({ status: 'cancelled', ended_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('kind', '=', kind)
    .where('status', 'in', ['pending', 'running'])
    .returning(columns)
    .executeTakeFirst()
  return row ? toCheck<Request, Result>(row, null) : null
}
