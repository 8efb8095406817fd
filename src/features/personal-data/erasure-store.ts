import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Attempt, JobRow, LastAttempt } from '#platform/jobs/job-table.ts'
import { JobTable } from '#platform/jobs/job-table.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
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
  /** Sealed contents whose key is lost: nobody can read whom they name, so they were left. */
  sealedLeft?: number
  customer?: 'deleted' | 'pseudonym' | 'gone'
}

const table = new JobTable('erasures', [
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
])

function toErasure({ subject_type: type, subject_id: subjectId, ...row }: JobRow<typeof table>): Erasure {
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
      .returning(table.columns)
      .executeTakeFirstOrThrow(),
    { erasures_one_open: () => personalDataError('erasure_under_way') },
  )
  return toErasure(row)
}

export async function findErasure(tx: Tx, tenantId: string, id: string): Promise<Erasure | null> {
  const row = await table.find(tx, tenantId, { id })
  return row && toErasure(row)
}

/** Newest first. */
export async function listErasures(
  tx: Tx,
  tenantId: string,
  page: { limit: number; offset: number },
): Promise<Erasure[]> {
  const rows = await table.list(tx, tenantId, page)
  return rows.map(toErasure)
}

export type Started = { attempt: number; erasure: Erasure; marks: Marks | null }

/** @returns null when it has ended */
export async function startErasure(
  tx: Tx,
  tenantId: string,
  { id, now, services: { secrets } }: { id: string; now: Date; services: { secrets: SecretBox } },
): Promise<Started | null> {
  const row = await table.start(tx, tenantId, { id, now }, ['marks_ciphertext'])
  if (!row) return null
  const { attempt, marks_ciphertext: sealed, ...erasure } = row
  const marks = sealed === null ? null : (JSON.parse(secrets.decrypt(sealed).toString('utf8')) as Marks)
  return { attempt, erasure: toErasure({ ...erasure, attempt }), marks }
}

/** @returns false when another worker has it */
export function keepMarks(
  tx: Tx,
  tenantId: string,
  attempt: Attempt,
  { marks, secrets }: { marks: Marks; secrets: SecretBox },
): Promise<boolean> {
  return table.save(tx, tenantId, attempt, { marks_ciphertext: secrets.encrypt(JSON.stringify(marks)) })
}

/** @returns false when another worker has it */
export function saveOutcome(tx: Tx, tenantId: string, attempt: Attempt, outcome: Outcome): Promise<boolean> {
  return table.save(tx, tenantId, attempt, { outcome: JSON.stringify(outcome) })
}

/** Of one that has failed the outcome stays what the last step has left. */
export type Ending = { status: 'completed'; outcome: Outcome } | { status: 'failed'; failure: string }

/** @returns null when it is not this attempt's any more */
export async function endErasure(
  tx: Tx,
  tenantId: string,
  { ending, ...last }: LastAttempt & { ending: Ending; now: Date },
): Promise<Erasure | null> {
  const row = await table.end(tx, tenantId, last, {
    status: ending.status,
    marks_ciphertext: null,
    ...(ending.status === 'completed' ? { outcome: JSON.stringify(ending.outcome) } : { failure: ending.failure }),
  })
  return row && toErasure(row)
}
