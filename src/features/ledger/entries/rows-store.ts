/** Rows of accounting_entries: written by the thousand in one statement, and the locks that keep a journal in order. */
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

/** One row as it is kept. */
export type EntryRow = {
  entryId: string
  lineNumber: number
  fiscalYear: number
  journalCode: string
  journalLabel: string
  entryNumber: string | null
  numberPrefix: string | null
  numberSequence: string | null
  date: string
  accountNumber: string
  accountLabel: string
  auxiliaryNumber: string | null
  auxiliaryLabel: string | null
  pieceRef: string
  pieceDate: string
  label: string
  debit: string
  credit: string
  lettering: string | null
  letteringDate: string | null
  validatedOn: string | null
  currency: string | null
  amountCurrency: string | null
}

const columns = {
  entryId: ['entry_id', 'uuid'],
  lineNumber: ['line_number', 'integer'],
  fiscalYear: ['fiscal_year', 'integer'],
  journalCode: ['journal_code', 'text'],
  journalLabel: ['journal_label', 'text'],
  entryNumber: ['entry_number', 'text'],
  numberPrefix: ['number_prefix', 'text'],
  numberSequence: ['number_sequence', 'bigint'],
  date: ['entry_date', 'date'],
  accountNumber: ['account_number', 'text'],
  accountLabel: ['account_label', 'text'],
  auxiliaryNumber: ['auxiliary_number', 'text'],
  auxiliaryLabel: ['auxiliary_label', 'text'],
  pieceRef: ['piece_ref', 'text'],
  pieceDate: ['piece_date', 'date'],
  label: ['label', 'text'],
  debit: ['debit', 'numeric'],
  credit: ['credit', 'numeric'],
  lettering: ['lettering', 'text'],
  letteringDate: ['lettering_date', 'date'],
  validatedOn: ['validated_on', 'date'],
  currency: ['currency', 'text'],
  amountCurrency: ['amount_currency', 'numeric'],
} as const satisfies Record<keyof EntryRow, readonly [column: string, type: string]>
const fields = Object.keys(columns) as (keyof EntryRow)[]
const names = sql.raw(fields.map((field) => columns[field][0]).join(', '))

/**
 * Entries whose number the journal has already are left out whole. Who inserts numbered ones holds the journal (lockJournals).
 * @returns the ids of the entries that were inserted
 */
export async function insertRows(
  tx: Tx,
  tenantId: string,
  rows: readonly EntryRow[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const values = fields.map((field) => sql`${rows.map((row) => row[field])}::${sql.raw(columns[field][1])}[]`)
  const inserted = await sql<{ entry_id: string }>`
    insert into accounting_entries (tenant_id, created_at, ${names})
    select ${tenantId}, ${now}::timestamptz, ${names} from unnest(${sql.join(values)}) as new (${names})
     where new.number_sequence is null or not exists (
       select from accounting_entries e
        where e.tenant_id = ${tenantId} and e.fiscal_year = new.fiscal_year and e.journal_code = new.journal_code
          and e.number_prefix = new.number_prefix and e.number_sequence = new.number_sequence)
    returning entry_id`.execute(tx)
  return new Set(inserted.rows.map((row) => row.entry_id))
}

export type Journal = { fiscalYear: number; journalCode: string }

/**
 * Until the end of the unit of work nobody else numbers entries of these journals. Numbers without gaps need that: a number
 * is given when the one before it is sure to stay.
 */
export async function lockJournals(tx: Tx, tenantId: string, journals: readonly Journal[]): Promise<void> {
  const keys = new Set(
    journals.map(({ fiscalYear, journalCode }) => `journal:${tenantId}:${fiscalYear}:${journalCode}`),
  )
  // In one order: two who want the same journals wait for one another and never both.
  await Promise.all(
    [...keys].sort().map((key) => sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(tx)),
  )
}
