/**
 * The life of jobs that are kept as rows, the same for every kind:
 *
 *   pending --start--> running --end--> what became of it
 *      |                |  ^-- start: whoever ran it is no more; the next number of attempt
 *      +----cancel------+
 *
 * Progress and end count only from the attempt that is the last one, so whatever runs twice ends once.
 */
import type { Generated, RawBuilder, Selectable, Updateable } from 'kysely'
import { sql } from 'kysely'
import type { MomentOrNull } from '../db/column-types.ts'
import type { Tables } from '../db/tables.ts'
import type { Tx } from '../db/unit-of-work.ts'

type Common = {
  tenant_id: string
  id: string
  status: unknown
  attempt: Generated<number>
  started_at: MomentOrNull
  ended_at: MomentOrNull
}

/** Every table that has these columns. */
type JobTables = { [Name in keyof Tables as Tables[Name] extends Common ? Name : never]: Tables[Name] }
type TableName = keyof JobTables
type Row<Name extends TableName> = Selectable<JobTables[Name]>
type Column<Name extends TableName> = keyof Row<Name> & string
/** Values of columns that a job is found by; objects are given as JSON text. */
type Key<Name extends TableName> = { id: string } & Partial<Row<Name>>
type Change<Name extends TableName> = Updateable<JobTables[Name]>

export type Attempt = { id: string; attempt: number }
/** attempt null: whatever attempt it is. */
export type LastAttempt = { id: string; attempt: number | null }

/** A row of a job table, with the columns it was made for. */
export type JobRow<Table> = Table extends JobTable<infer Name, infer Listed> ? Pick<Row<Name>, Listed> : never

const open = ['pending', 'running']

export class JobTable<Name extends TableName, Listed extends Column<Name>> {
  /** Those that are read of a job, in lists as well. */
  readonly columns: readonly Listed[]
  readonly #table: Name

  constructor(table: Name, columns: readonly Listed[]) {
    this.#table = table
    this.columns = columns
  }

  /** @param further columns to read beside those of lists */
  async find<Further extends Column<Name> = never>(
    tx: Tx,
    tenantId: string,
    key: Key<Name>,
    further: readonly Further[] = [],
  ): Promise<Pick<Row<Name>, Listed | Further> | null> {
    const found = await sql<Pick<Row<Name>, Listed | Further>>`
      select ${this.#names(further)} from ${sql.table(this.#table)}
       where tenant_id = ${tenantId} and ${conditions(key)}`.execute(tx)
    return found.rows[0] ?? null
  }

  /** Newest first. */
  async list(
    tx: Tx,
    tenantId: string,
    { limit, offset }: { limit: number; offset: number },
    where: readonly RawBuilder<unknown>[] = [],
  ): Promise<Pick<Row<Name>, Listed>[]> {
    const found = await sql<Pick<Row<Name>, Listed>>`
      select ${this.#names()} from ${sql.table(this.#table)}
       where ${sql.join([sql`tenant_id = ${tenantId}`, ...where], sql` and `)}
       order by created_at desc, id desc limit ${limit} offset ${offset}`.execute(tx)
    return found.rows
  }

  /** From pending, or from running where whoever ran it is no more. @returns null when it has ended meanwhile */
  async start<Further extends Column<Name> = never>(
    tx: Tx,
    tenantId: string,
    { id, now, set = {} }: { id: string; now: Date; set?: Change<Name> },
    further: readonly Further[] = [],
  ): Promise<(Pick<Row<Name>, Listed | Further> & { attempt: number }) | null> {
    const started = await sql<Pick<Row<Name>, Listed | Further> & { attempt: number }>`
      update ${sql.table(this.#table)}
         set ${changes({ ...set, status: 'running' })}, attempt = attempt + 1, started_at = coalesce(started_at, ${now})
       where tenant_id = ${tenantId} and id = ${id} and ${anyOf('status', open)}
      returning ${this.#names([...further, 'attempt'])}`.execute(tx)
    return started.rows[0] ?? null
  }

  /** @returns false when it is not this attempt's any more: cancelled, or started again by another worker */
  async save(tx: Tx, tenantId: string, { id, attempt }: Attempt, change: Change<Name>): Promise<boolean> {
    return (await this.#update(tx, tenantId, { id, attempt }, { from: ['running'], change })) !== null
  }

  /** @returns null when it has ended already, or is another attempt's */
  end(
    tx: Tx,
    tenantId: string,
    { id, attempt, now }: LastAttempt & { now: Date },
    change: Change<Name> & { status: string },
  ): Promise<Pick<Row<Name>, Listed> | null> {
    const given = { ...change, ended_at: now }
    return attempt === null
      ? this.#update(tx, tenantId, { id }, { from: open, change: given })
      : this.#update(tx, tenantId, { id, attempt }, { from: ['running'], change: given })
  }

  /** @returns null when it has ended already, or there is none */
  cancel(tx: Tx, tenantId: string, key: Key<Name>, now: Date): Promise<Pick<Row<Name>, Listed> | null> {
    return this.#update(tx, tenantId, key, { from: open, change: { status: 'cancelled', ended_at: now } })
  }

  async #update(
    tx: Tx,
    tenantId: string,
    key: object,
    { from, change }: { from: readonly string[]; change: object },
  ): Promise<Pick<Row<Name>, Listed> | null> {
    const updated = await sql<Pick<Row<Name>, Listed>>`
      update ${sql.table(this.#table)} set ${changes(change)}
       where tenant_id = ${tenantId} and ${conditions(key)} and ${anyOf('status', from)}
      returning ${this.#names()}`.execute(tx)
    return updated.rows[0] ?? null
  }

  #names(further: readonly string[] = []) {
    return sql.join([...new Set([...this.columns, ...further])].map((name) => sql.ref(name)))
  }
}

const equalities = (values: object) =>
  Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value as unknown}`)

const conditions = (key: object) => sql.join(equalities(key), sql` and `)

const changes = (values: object) => sql.join(equalities(values))

const anyOf = (column: string, values: readonly string[]) => sql`${sql.ref(column)} in (${sql.join([...values])})`

type Failed = { status: 'failed'; failure: string; details: readonly object[] }

/** What the end of a job that makes a file leaves in its row. */
export const endedWithFile = (made: { fileId: string; size: number; expiresAt: Date }) => ({
  status: 'ready' as const,
  file_id: made.fileId,
  file_size: made.size,
  expires_at: made.expiresAt,
})
export const failedWith = ({ failure, details }: Failed) => ({
  status: 'failed' as const,
  failure,
  failure_details: JSON.stringify(details),
})

type MadeFile = { status: string; file_id: string | null; expires_at: Date | null }

/** What is shown of a job that makes a file: "expired" when the file has gone. */
export function shownStatus<Status extends string>(row: MadeFile & { status: Status }, now: Date): Status | 'expired' {
  const isGone = row.file_id === null || (row.expires_at !== null && row.expires_at <= now)
  return row.status === 'ready' && isGone ? 'expired' : row.status
}

/** Those that are shown with this status. */
export function isShownAs(status: string, now: Date): RawBuilder<boolean> {
  const hasFile = sql`(file_id is not null and expires_at > ${now})`
  if (status === 'ready') return sql`status = 'ready' and ${hasFile}`
  if (status === 'expired') return sql`status = 'ready' and not ${hasFile}`
  return sql`status = ${status}`
}
