/**
 * What is wrong with a ledger that is to become an FEC: everything that the administration's own checker (Test Compta Demat)
 * refuses or counts, and what it leaves to the auditor: balance, numbers without gaps, chronology, the fiscal year, real
 * dates, signs, pairs of fields. Lines come one by one, those of an entry together, in the order of the file; the memory
 * needed grows with the sequences of numbers, not with the lines.
 */
import { isCalendarDate } from '#kernel/calendar-date.ts'
import { fromUnits, toUnits } from '#kernel/decimal.ts'
import { unwritable } from './format-rules.ts'
import type { FaultKind, FecEncoding, FecFault, FecLine, FecReport } from './schemas.ts'
import { SequenceCheck } from './sequence-rules.ts'

export type CheckOptions = {
  fiscalYear: { startsOn: string; endsOn: string }
  encoding: FecEncoding
  /** How many faults are kept; all are counted. */
  keep?: number
}

type Pick<Value> = readonly [name: string, of: (line: FecLine) => Value]

const mandatory: readonly Pick<string | null>[] = [
  ['JournalCode', (line) => line.journalCode],
  ['JournalLib', (line) => line.journalLabel],
  ['CompteNum', (line) => line.accountNumber],
  ['CompteLib', (line) => line.accountLabel],
  ['PieceRef', (line) => line.pieceRef],
  ['EcritureLib', (line) => line.label],
]
const texts: readonly Pick<string | null>[] = [
  ...mandatory,
  ['EcritureNum', (line) => line.entryNumber],
  ['CompAuxNum', (line) => line.auxiliaryNumber],
  ['CompAuxLib', (line) => line.auxiliaryLabel],
  ['EcritureLet', (line) => line.lettering],
  ['Idevise', (line) => line.currency],
]
const dates: readonly Pick<string | null>[] = [
  ['EcritureDate', (line) => line.entryDate],
  ['PieceDate', (line) => line.pieceDate],
  ['ValidDate', (line) => line.validatedOn],
  ['DateLet', (line) => line.letteringDate],
]
const decimal = /^-?[0-9]+\.[0-9]{2}$/
const control = /[\p{Cc}\u2028\u2029]/u

type OpenEntry = { line: FecLine; row: number; debit: bigint; credit: bigint }

export class FecChecker {
  readonly #options: CheckOptions
  readonly #keep: number
  readonly #faults: FecFault[] = []
  readonly #counts: Partial<Record<FaultKind, number>> = {}
  readonly #sequences: SequenceCheck
  #entry: OpenEntry | null = null
  /** The header is line 1. */
  #row = 1
  #entries = 0
  #debit = 0n
  #credit = 0n

  constructor(options: CheckOptions) {
    this.#options = options
    this.#keep = options.keep ?? 1000
    this.#sequences = new SequenceCheck((fault) => this.#report(fault))
  }

  add(line: FecLine): void {
    this.#row += 1
    const before = this.#entry?.line
    if (before?.entryId !== line.entryId) {
      this.#closeEntry()
      this.#entry = { line, row: this.#row, debit: 0n, credit: 0n }
    } else if (before.entryDate !== line.entryDate || before.validatedOn !== line.validatedOn) {
      this.#fault('entry_dates_differ', 'EcritureDate', 'The lines of the entry have different dates', line)
    }
    this.#checkPresence(line)
    this.#checkDates(line)
    this.#checkTexts(line)
    this.#checkAmounts(line)
    this.#checkPairs(line)
  }

  /** After the last line. */
  finish(): FecReport {
    this.#closeEntry()
    this.#sequences.finish()
    if (this.#row === 1) {
      this.#report({ kind: 'empty', row: null, entry: null, field: null, message: 'The fiscal year has no entries' })
    }
    return {
      entries: this.#entries,
      lines: this.#row - 1,
      debit: fromUnits(this.#debit, 2),
      credit: fromUnits(this.#credit, 2),
      faults: this.#faults,
      counts: this.#counts,
    }
  }

  #closeEntry(): void {
    const entry = this.#entry
    if (!entry) return
    this.#entry = null
    this.#entries += 1
    this.#debit += entry.debit
    this.#credit += entry.credit
    const { line, row } = entry
    if (entry.debit !== entry.credit) {
      const sums = `debits ${fromUnits(entry.debit, 2)}, credits ${fromUnits(entry.credit, 2)}`
      const message = `The entry is not balanced: ${sums}`
      this.#report({ kind: 'entry_unbalanced', row, entry: nameOf(line), field: null, message })
    }
    if (line.entryNumber !== null) this.#sequences.add(line, row)
  }

  #checkPresence(line: FecLine): void {
    for (const [name, of] of mandatory) {
      if (isBlank(of(line))) this.#fault('field_missing', name, `${name} is empty`, line)
    }
    if (isBlank(line.validatedOn)) {
      this.#fault('not_validated', 'ValidDate', 'The entry has not been validated', line)
    } else if (isBlank(line.entryNumber)) this.#fault('field_missing', 'EcritureNum', 'EcritureNum is empty', line)
    if (!/^[0-9]{3}/.test(line.accountNumber) && !isBlank(line.accountNumber)) {
      this.#fault('account_invalid', 'CompteNum', 'The account does not begin with three digits', line)
    }
  }

  #checkDates(line: FecLine): void {
    for (const [name, of] of dates) {
      const date = of(line)
      // An empty one is missing where it must be there: told elsewhere, but for these two.
      if (date === null) continue
      const year = Number(date.slice(0, 4))
      if (!isCalendarDate(date)) this.#fault('date_invalid', name, `${name} is no date of the calendar`, line)
      else if (year < 1900 || year > 2099)
        this.#fault('date_invalid', name, `${name} is not between 1900 and 2099`, line)
    }
    const { startsOn, endsOn } = this.#options.fiscalYear
    if (isCalendarDate(line.entryDate) && (line.entryDate < startsOn || line.entryDate > endsOn)) {
      const message = `EcritureDate ${line.entryDate} is outside of the fiscal year, ${startsOn} to ${endsOn}`
      this.#fault('date_outside_year', 'EcritureDate', message, line)
    }
  }

  #checkTexts(line: FecLine): void {
    for (const [name, of] of texts) {
      const text = of(line)
      if (text === null) continue
      if (control.test(text)) {
        this.#fault('character_not_allowed', name, `${name} holds a tab, line break or other control character`, line)
        continue
      }
      const character = unwritable(text, this.#options.encoding)
      if (character !== null) {
        const message = `${name} holds "${character}", which ${this.#options.encoding} does not have`
        this.#fault('character_not_allowed', name, message, line)
      }
    }
  }

  #checkAmounts(line: FecLine): void {
    const sides = [
      ['Debit', line.debit],
      ['Credit', line.credit],
    ] as const
    const bad = sides.filter(([, amount]) => !decimal.test(amount))
    for (const [name] of bad) this.#fault('amount_invalid', name, `${name} is no amount`, line)
    if (line.amountCurrency !== null && !decimal.test(line.amountCurrency)) {
      this.#fault('amount_invalid', 'Montantdevise', 'Montantdevise is no amount', line)
    }
    if (bad.length > 0) return
    const [debit, credit] = [toUnits(line.debit), toUnits(line.credit)]
    if (debit < 0n || credit < 0n) {
      this.#fault('amount_negative', debit < 0n ? 'Debit' : 'Credit', 'Debit and credit are never negative', line)
    }
    if ((debit === 0n) === (credit === 0n)) {
      const message = debit === 0n ? 'Neither debit nor credit is set' : 'Debit and credit are both set'
      this.#fault('amount_sides', 'Debit', message, line)
    }
    if (this.#entry) {
      this.#entry.debit += debit
      this.#entry.credit += credit
    }
  }

  #checkPairs(line: FecLine): void {
    if (isBlank(line.currency) !== isBlank(line.amountCurrency)) {
      this.#fault('currency_incomplete', 'Idevise', 'Montantdevise and Idevise come together or not at all', line)
    } else if (line.currency !== null && !/^[A-Z]{3}$/.test(line.currency)) {
      this.#fault('currency_incomplete', 'Idevise', 'Idevise is no currency of ISO 4217', line)
    }
    if (isBlank(line.lettering) !== isBlank(line.letteringDate)) {
      this.#fault('lettering_incomplete', 'EcritureLet', 'EcritureLet and DateLet come together or not at all', line)
    }
    if (isBlank(line.auxiliaryNumber) && !isBlank(line.auxiliaryLabel)) {
      this.#fault('auxiliary_incomplete', 'CompAuxNum', 'CompAuxLib comes with CompAuxNum', line)
    }
  }

  #fault(kind: FaultKind, field: string, message: string, line: FecLine): void {
    this.#report({ kind, row: this.#row, entry: nameOf(line), field, message })
  }

  #report(fault: FecFault): void {
    this.#counts[fault.kind] = (this.#counts[fault.kind] ?? 0) + 1
    if (this.#faults.length < this.#keep) this.#faults.push(fault)
  }
}

function isBlank(text: string | null): boolean {
  return text === null || text.trim() === ''
}

function nameOf(line: FecLine): string {
  return `${line.journalCode} ${line.entryNumber ?? '(draft)'}`
}

/** Reads a whole ledger. */
export async function checkEntries(
  groups: AsyncIterable<readonly FecLine[]>,
  options: CheckOptions,
): Promise<FecReport> {
  const checker = new FecChecker(options)
  for await (const group of groups) for (const line of group) checker.add(line)
  return checker.finish()
}
