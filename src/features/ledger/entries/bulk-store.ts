/** Accounting entries by the thousand, for imports. */
import { Compile } from 'typebox/compile'
import { placeInSequence } from '#kernel/entry-number.ts'
import type { Told } from '#kernel/faults.ts'
import { newUuid } from '#kernel/ids.ts'
import { rowFault, shapeFault } from '#kernel/row-faults.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { FiscalCalendar } from '../company/rules.ts'
import { fiscalYearOf } from '../company/rules.ts'
import { holdCalendar } from '../company/store.ts'
import type { RowOutcome } from '../schemas.ts'
import type { EntryRow } from './rows-store.ts'
import { insertRows, lockJournals } from './rows-store.ts'
import { imbalance, lineFault } from './rules.ts'
import type { ImportedEntryLine } from './schemas.ts'
import { importedEntryLine } from './schemas.ts'

const validator = Compile(importedEntryLine)
const inserted: RowOutcome = { outcome: 'inserted' }
const exists: RowOutcome = { outcome: 'exists' }

/** What a line would be refused for by itself; null: nothing. */
function entryLineRefusal(row: ImportedEntryLine): RowOutcome | null {
  if (!validator.Check(row)) {
    const [first] = validator.Errors(row)
    const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties
    const field = missing?.[0] ?? first?.instancePath.split('/')[1] ?? null
    return { outcome: 'refused', field, ...shapeFault(first) }
  }
  const fault = lineFault(row)
  return fault ? { outcome: 'refused', field: fault.field, ...rowFault(fault.code) } : null
}

type Group = { id: string; fiscalYear: number; lines: { row: ImportedEntryLine; index: number }[] }

/** What lines of one entry must agree in, beside its number. */
function faultOf({ lines }: Group, isWhole: boolean): RowOutcome | null {
  const refused = (field: string | null, told: Told): RowOutcome => ({ outcome: 'refused', field, ...told })
  if (!isWhole) return refused(null, rowFault('row_other_line'))
  const [first] = lines
  for (const { row } of lines) {
    if (row.date !== first?.row.date) return refused('date', rowFault('row_one_date'))
    if (row.journalLabel !== first.row.journalLabel) return refused('journalLabel', rowFault('row_one_journal'))
    if ((row.validatedOn ?? null) !== (first.row.validatedOn ?? null)) {
      return refused('validatedOn', rowFault('row_one_validation'))
    }
  }
  if (imbalance(lines.map(({ row }) => row)) !== 0n) return refused('debit', rowFault('row_unbalanced'))
  return null
}

/**
 * What lines that come in one call would be refused for, whatever the journals have already: of an entry with a fault, all.
 * @returns for each line, in the same order; undefined: nothing
 */
export function entryRefusals(
  rows: readonly ImportedEntryLine[],
  calendar: FiscalCalendar,
): (RowOutcome | undefined)[] {
  const outcomes: (RowOutcome | undefined)[] = new Array(rows.length).fill(undefined)
  for (const { group, isWhole } of groupLines(rows, calendar, outcomes)) {
    const fault = faultOf(group, isWhole)
    if (fault) for (const { index } of group.lines) outcomes[index] = fault
  }
  return outcomes
}

/**
 * Inserts entries: lines of one journal, number and fiscal year are one entry, which goes in whole or not at all. All lines of
 * an entry must therefore come in one call. Validated ones are final at once; a number that the journal has is left as it is.
 * @returns the outcome of each line, in the same order
 */
export async function insertEntryLines(
  tx: Tx,
  tenantId: string,
  rows: readonly ImportedEntryLine[],
  now: Date,
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = new Array(rows.length)
  const groups = groupLines(rows, await holdCalendar(tx, tenantId), outcomes)
  const sound: Group[] = []
  for (const { group, isWhole } of groups) {
    const fault = faultOf(group, isWhole)
    if (fault) for (const { index } of group.lines) outcomes[index] = fault
    else sound.push(group)
  }
  if (sound.length === 0) return outcomes
  await lockJournals(
    tx,
    tenantId,
    sound.map(({ fiscalYear, lines }) => ({ fiscalYear, journalCode: lines[0]?.row.journalCode ?? '' })),
  )
  const written = await insertRows(tx, tenantId, sound.flatMap(toRows), now)
  for (const { id, lines } of sound) {
    for (const { index } of lines) outcomes[index] = written.has(id) ? inserted : exists
  }
  return outcomes
}

/** Lines that are refused by themselves get their outcome here, and their entry is no longer whole. */
function groupLines(
  rows: readonly ImportedEntryLine[],
  calendar: FiscalCalendar,
  outcomes: (RowOutcome | undefined)[],
): { group: Group; isWhole: boolean }[] {
  const groups = new Map<string, { group: Group; isWhole: boolean }>()
  rows.forEach((row, index) => {
    const refusal = entryLineRefusal(row)
    if (refusal) outcomes[index] = refusal
    const { journalCode, number, date } = row
    if (typeof journalCode !== 'string' || typeof number !== 'string' || typeof date !== 'string') return
    const fiscalYear = fiscalYearOf(calendar, date)
    const place = placeInSequence(number)
    const key = JSON.stringify([fiscalYear, journalCode, place?.prefix, place?.sequence.toString()])
    const found = groups.get(key) ?? { group: { id: newUuid(), fiscalYear, lines: [] }, isWhole: true }
    if (refusal) found.isWhole = false
    else found.group.lines.push({ row, index })
    groups.set(key, found)
  })
  return [...groups.values()]
}

function toRows({ id, fiscalYear, lines }: Group): EntryRow[] {
  return lines.map(({ row }, i) => {
    const place = placeInSequence(row.number)
    return {
      entryId: id,
      lineNumber: i + 1,
      fiscalYear,
      journalCode: row.journalCode,
      journalLabel: row.journalLabel,
      entryNumber: row.number,
      numberPrefix: place?.prefix ?? null,
      numberSequence: place?.sequence.toString() ?? null,
      date: row.date,
      accountNumber: row.accountNumber,
      accountLabel: row.accountLabel,
      auxiliaryNumber: row.auxiliaryNumber ?? null,
      auxiliaryLabel: row.auxiliaryLabel ?? null,
      pieceRef: row.pieceRef,
      pieceDate: row.pieceDate,
      label: row.label,
      debit: row.debit,
      credit: row.credit,
      lettering: row.lettering ?? null,
      letteringDate: row.letteringDate ?? null,
      validatedOn: row.validatedOn ?? null,
      currency: row.currency ?? null,
      amountCurrency: row.amountCurrency ?? null,
    }
  })
}
