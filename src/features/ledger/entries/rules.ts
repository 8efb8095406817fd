import { fromUnits, toUnits } from '#kernel/decimal.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { ledgerError } from '../errors.ts'
import { ledgerFault } from '../faults.ts'
import type { ImportedEntryLine, NewEntry } from './schemas.ts'

type Sides = { debit: string; credit: string }
type Amounts = Sides &
  Partial<Pick<ImportedEntryLine, 'currency' | 'amountCurrency' | 'auxiliaryNumber' | 'auxiliaryLabel'>> &
  Partial<Pick<ImportedEntryLine, 'lettering' | 'letteringDate'>>

export type LineFault = Extract<keyof typeof ledgerFault.sentences, `line_${string}`>

/** What is wrong with a line by itself, with the field at fault; null where nothing is. */
export function lineFault(line: Amounts): { field: string; code: LineFault } | null {
  const debit = toUnits(line.debit)
  const credit = toUnits(line.credit)
  if (debit < 0n || credit < 0n) return { field: 'debit', code: 'line_amount_negative' }
  if ((debit === 0n) === (credit === 0n)) return { field: 'debit', code: 'line_amount_sides' }
  if (((line.currency ?? null) === null) !== ((line.amountCurrency ?? null) === null)) {
    return { field: 'currency', code: 'line_currency_incomplete' }
  }
  if ((line.auxiliaryNumber ?? null) === null && (line.auxiliaryLabel ?? null) !== null) {
    return { field: 'auxiliaryNumber', code: 'line_auxiliary_incomplete' }
  }
  if (((line.lettering ?? null) === null) !== ((line.letteringDate ?? null) === null)) {
    return { field: 'lettering', code: 'line_lettering_incomplete' }
  }
  return null
}

/** Debits minus credits, in cents. */
export function imbalance(lines: readonly Sides[]): bigint {
  return lines.reduce((sum, line) => sum + toUnits(line.debit) - toUnits(line.credit), 0n)
}

/** @throws entry_line_invalid, entry_unbalanced */
export function requireSoundEntry(entry: Pick<NewEntry, 'lines'>): void {
  const problems: ErrorDetail[] = entry.lines.flatMap((line, i) => {
    const fault = lineFault(line)
    return fault ? [{ path: ['body', 'lines', String(i)], ...ledgerFault(fault.code), type: fault.field }] : []
  })
  if (problems.length > 0) throw ledgerError('entry_line_invalid', { details: problems.slice(0, 50) })
  const difference = imbalance(entry.lines)
  if (difference !== 0n) {
    throw ledgerError('entry_unbalanced', {
      details: [{ path: ['body', 'lines'], ...ledgerFault('entry_difference', { amount: fromUnits(difference, 2) }) }],
    })
  }
}

/** Lettering codes go A, B, ... Z, AA, AB, ...; what is no such code is followed by A. */
export function letteringAfter(last: string | null): string {
  if (last === null || !/^[A-Z]+$/.test(last)) return 'A'
  const kept = /^(?:.*[^Z])?/.exec(last)?.[0] ?? ''
  const wrapped = 'A'.repeat(last.length - kept.length)
  if (kept === '') return `A${wrapped}`
  return kept.slice(0, -1) + String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1) + wrapped
}
