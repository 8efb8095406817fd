import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { SubjectType } from './catalogue.ts'
import { personalDataError } from './errors.ts'
import type { Marks, Subject } from './marks.ts'

export type Erasure = {
  id: string
  subject: Subject
  status: 'pending' | 'running' | 'completed' | 'failed'
  attempt: number
  outcome: Outcome
  failure: string | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
}

/** Numbers of rows, by table. */
export type Outcome = {
  deleted?: Record<string, number>
  changed?: Record<string, number>
  files?: number
  auditEvents?: number
  /** Events of the audit log that had been tampered with: they were left as they are. */
  auditEventsLeft?: number
  customer?: 'deleted' | 'pseudonym' | 'gone'
}

type Row = {
  id: string
  subject_type: SubjectType
  subject_id: string
  status: Erasure['status']
  attempt: number
  outcome: unknown
  failure: string | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

const columns = [
  'id',
  'subject_type',
  'subject_id',
  'status',
  'attempt',
  'outcome',
  'failure',
  'created_at',
  'started_at',
  'ended_at',
] as const

function toErasure({ subject_type: type, subject_id: subjectId, ...row }: Row): Erasure {
  const { created_at: createdAt, started_at: startedAt, ended_at: endedAt, ...same } = row
  const outcome = row.outcome as Outcome
  return { ...same, outcome, subject: { type, id: subjectId }, createdAt, startedAt, endedAt }
}

/** @throws erasure_under_way */
export async function insertErasure(
  tx: Tx,
  tenantId: string,
  { id, subject, requestedBy, now }: { id: string; subject: Subject; requestedBy: object; now: Date },
): Promise<Erasure> {
  const row = await onConstraint(
    tx
      .insertInto('erasures')
      .values({
        tenant_id: tenantId,
        id,
        subject_type: subject.type,
        subject_id: subject.id,
        requested_by: JSON.stringify(requestedBy),
        outcome: '{}',
        created_at: now,
      })
      .returning(columns)
      .executeTakeFirstOrThrow(),
    { erasures_one_open: () => personalDataError('erasure_under_way') },
  )
  return toErasure(row)
}

export async function findErasure(tx: Tx, tenantId: string, id: string): Promise<Erasure | null> {
  const row = await tx
    .selectFrom('erasures')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toErasure(row) : null
}

/** Newest first. */
export async function listErasures(
  tx: Tx,
  tenantId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<Erasure[]> {
  const rows = await tx
    .selectFrom('erasures')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
  return rows.map(toErasure)
}

/** From pending, or from running where whoever ran it is no more. @returns null when it has ended */
export async function startErasure(
  tx: Tx,
  tenantId: string,
  id: string,
  secrets: SecretBox,
): Promise<{ erasure: Erasure; marks: Marks | null } | null> {
  const row = await tx
    .updateTable('erasures')
    .set((eb) => ({
      status: 'running',
      attempt: eb('attempt', '+', 1),
      started_at: sql<Date>`coalesce(started_at, now())`,
    }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .returning([...columns, 'marks_ciphertext'])
    .executeTakeFirst()
  if (!row) return null
  const sealed = row.marks_ciphertext
  const marks = sealed === null ? null : (JSON.parse(secrets.decrypt(sealed).toString('utf8')) as Marks)
  return { erasure: toErasure(row), marks }
}

type Running = { id: string; attempt: number }

export async function keepMarks(
  tx: Tx,
  tenantId: string,
  { id, attempt, marks, secrets }: Running & { marks: Marks; secrets: SecretBox },
): Promise<void> {
  await ofAttempt(tx, tenantId, { id, attempt })
    .set({ marks_ciphertext: secrets.encrypt(JSON.stringify(marks)) })
    .execute()
}

/** @returns false when another worker has it */
export async function saveOutcome(
  tx: Tx,
  tenantId: string,
  { id, attempt, outcome }: Running & { outcome: Outcome },
): Promise<boolean> {
  const saved = await ofAttempt(tx, tenantId, { id, attempt })
    .set({ outcome: JSON.stringify(outcome) })
    .returning('id')
    .executeTakeFirst()
  return saved !== undefined
}

function ofAttempt(tx: Tx, tenantId: string, { id, attempt }: Running) {
  return tx
    .updateTable('erasures')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('attempt', '=', attempt)
}

/** @param attempt null: whatever attempt it is. @returns null when it is not this attempt's any more */
export async function endErasure(
  tx: Tx,
  tenantId: string,
  given: { id: string; attempt: number | null; outcome: Outcome | null; failure: string | null; now: Date },
): Promise<Erasure | null> {
  const { id, attempt, outcome, failure, now } = given
  const row = await sql<Row>`
    update erasures set status = ${failure === null ? 'completed' : 'failed'}, failure = ${failure}, marks_ciphertext = null,
           outcome = coalesce(${outcome === null ? null : JSON.stringify(outcome)}::jsonb, outcome), ended_at = ${now}
     where tenant_id = ${tenantId} and id = ${id} and status in ('pending', 'running')
       and (${attempt}::integer is null or attempt = ${attempt})
    returning ${sql.join(columns.map((column) => sql.ref(column)))}`.execute(tx)
  return row.rows[0] ? toErasure(row.rows[0]) : null
}
