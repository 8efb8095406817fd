import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { ledgerError } from '../errors.ts'
import { listPage } from '../list-store.ts'
import type { Listed } from '../schemas.ts'
import type { AccountLine, AccountLineList, Entry, EntryList } from './schemas.ts'

type LineRow = {
  entry_id: string
  line_number: number
  fiscal_year: number
  journal_code: string
  journal_label: string
  entry_number: string | null
  entry_date: string
  account_number: string
  account_label: string
  auxiliary_number: string | null
  auxiliary_label: string | null
  piece_ref: string
  piece_date: string
  label: string
  debit: string
  credit: string
  lettering: string | null
  lettering_date: string | null
  validated_on: string | null
  currency: string | null
  amount_currency: string | null
  created_at: Date
}

const columns = sql.raw(`t.entry_id, t.line_number, t.fiscal_year, t.journal_code, t.journal_label, t.entry_number,
  t.entry_date::text as entry_date, t.account_number, t.account_label, t.auxiliary_number, t.auxiliary_label, t.piece_ref,
  t.piece_date::text as piece_date, t.label, t.debit, t.credit, t.lettering, t.lettering_date::text as lettering_date,
  t.validated_on::text as validated_on, t.currency, t.amount_currency, t.created_at`)

function toLine(row: LineRow): AccountLine {
  return {
    ...headOf(row),
    lineNumber: row.line_number,
    accountNumber: row.account_number,
    accountLabel: row.account_label,
    auxiliaryNumber: row.auxiliary_number,
    auxiliaryLabel: row.auxiliary_label,
    label: row.label,
    debit: row.debit,
    credit: row.credit,
    currency: row.currency,
    amountCurrency: row.amount_currency,
    lettering: row.lettering,
    letteringDate: row.lettering_date,
  }
}

function headOf(row: LineRow) {
  return {
    id: row.entry_id,
    fiscalYear: row.fiscal_year,
    journalCode: row.journal_code,
    journalLabel: row.journal_label,
    number: row.entry_number,
    date: row.entry_date,
    pieceRef: row.piece_ref,
    pieceDate: row.piece_date,
    validatedOn: row.validated_on,
  }
}

/** The entries of these ids that there are, with their lines, in the order of the ids. */
export async function findEntries(tx: Tx, tenantId: string, ids: readonly string[]): Promise<Entry[]> {
  if (ids.length === 0) return []
  const found = await sql<LineRow>`
    select ${columns} from accounting_entries t
     where t.tenant_id = ${tenantId} and t.entry_id = any (${ids}::uuid[]) order by t.entry_id, t.line_number`.execute(
    tx,
  )
  const entries = new Map<string, Entry>()
  for (const row of found.rows) {
    const entry = entries.get(row.entry_id) ?? { ...headOf(row), createdAt: row.created_at, lines: [] }
    const { lineNumber, accountNumber, accountLabel, auxiliaryNumber, auxiliaryLabel, label, ...rest } = toLine(row)
    const { debit, credit, currency, amountCurrency, lettering, letteringDate } = rest
    const account = { lineNumber, accountNumber, accountLabel, auxiliaryNumber, auxiliaryLabel, label }
    entry.lines.push({ ...account, debit, credit, currency, amountCurrency, lettering, letteringDate })
    entries.set(row.entry_id, entry)
  }
  return ids.flatMap((id) => entries.get(id) ?? [])
}

/** By date. */
export async function listEntries(tx: Tx, tenantId: string, list: EntryList): Promise<Listed<Entry>> {
  const found = await listPage<{ entry_id: string; entry_date: string }>(
    tx,
    {
      tenantId,
      table: 'accounting_entries',
      primaryKey: ['entry_id', 'line_number'],
      key: [
        { expression: sql`t.entry_date`, type: 'date' },
        { expression: sql`t.entry_id`, type: 'uuid' },
      ],
      within: sql`t.line_number = 1`,
      filters: [
        ...(list.journalCode === undefined ? [] : [sql`t.journal_code = ${list.journalCode}`]),
        ...(list.number === undefined ? [] : [sql`t.entry_number = ${list.number}`]),
        ...(list.dateFrom === undefined ? [] : [sql`t.entry_date >= ${list.dateFrom}::date`]),
        ...(list.dateTo === undefined ? [] : [sql`t.entry_date <= ${list.dateTo}::date`]),
        ...(list.status === undefined
          ? []
          : [list.status === 'draft' ? sql`t.validated_on is null` : sql`t.validated_on is not null`]),
      ],
      columns: sql`t.entry_id, t.entry_date::text as entry_date`,
      keyOf: (row) => [row.entry_date, row.entry_id],
    },
    list,
  )
  const ids = found.rows.map((row) => row.entry_id)
  return { ...found, rows: await findEntries(tx, tenantId, ids) }
}

/** The lines of an account by date: its ledger. */
export async function listAccountLines(tx: Tx, tenantId: string, list: AccountLineList): Promise<Listed<AccountLine>> {
  const found = await listPage<LineRow>(
    tx,
    {
      tenantId,
      table: 'accounting_entries',
      primaryKey: ['entry_id', 'line_number'],
      key: [
        { expression: sql`t.entry_date`, type: 'date' },
        { expression: sql`t.entry_id`, type: 'uuid' },
        { expression: sql`t.line_number`, type: 'integer' },
      ],
      filters: [
        sql`t.account_number = ${list.accountNumber}`,
        ...(list.dateFrom === undefined ? [] : [sql`t.entry_date >= ${list.dateFrom}::date`]),
        ...(list.dateTo === undefined ? [] : [sql`t.entry_date <= ${list.dateTo}::date`]),
        ...(list.isLettered === undefined
          ? []
          : [list.isLettered ? sql`t.lettering is not null` : sql`t.lettering is null`]),
      ],
      columns,
      keyOf: (row) => [row.entry_date, row.entry_id, String(row.line_number)],
    },
    list,
  )
  return { ...found, rows: found.rows.map(toLine) }
}

/**
 * Until the end of the unit of work nobody else changes, validates or deletes the entry.
 * @returns what of it stays through a change; null where there is none
 * @throws entry_validated
 */
export async function lockDraft(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<{ number: string | null; journalCode: string; fiscalYear: number; createdAt: Date } | null> {
  const found = await sql<
    Pick<LineRow, 'validated_on' | 'entry_number' | 'journal_code' | 'fiscal_year' | 'created_at'>
  >`
    select validated_on::text as validated_on, entry_number, journal_code, fiscal_year, created_at from accounting_entries
     where tenant_id = ${tenantId} and entry_id = ${id} order by line_number for update`.execute(tx)
  const [row] = found.rows
  if (!row) return null
  if (row.validated_on !== null) throw ledgerError('entry_validated')
  return {
    number: row.entry_number,
    journalCode: row.journal_code,
    fiscalYear: row.fiscal_year,
    createdAt: row.created_at,
  }
}

/** Of a locked draft. */
export async function deleteEntry(tx: Tx, tenantId: string, id: string): Promise<void> {
  await onConstraint(
    tx.deleteFrom('accounting_entries').where('tenant_id', '=', tenantId).where('entry_id', '=', id).execute(),
    { accounting_entries_validated_are_final: () => ledgerError('entry_validated') },
  )
}
