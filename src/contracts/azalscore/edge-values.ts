/**
 * Amounts and days as callers write them: `1 234,56`, `1234.56` or a number; `31/12/2024` or `2024-12-31`. Answers always have
 * canonical text: "1234.56" and "2024-12-31".
 */
import { Type } from 'typebox'
import { parseCalendarDate } from '#kernel/calendar-date.ts'
import type { DecimalForm } from '#kernel/decimal.ts'
import { parseDecimal } from '#kernel/decimal.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { valueFault } from '#kernel/value-faults.ts'

export const AmountIn = Type.Union([Type.String({ maxLength: 40 }), Type.Number()], {
  description: '"1234.56", "1 234,56" or 1234.56',
})
export const DayIn = Type.String({ maxLength: 20, description: '2024-12-31 or 31/12/2024' })
export const Amount = Type.String({ description: 'Such as "1234.56"' })
export const Day = Type.String({ format: 'date' })
export const Moment = Type.String({ format: 'date-time' })

export const money: DecimalForm = { scale: 2 }

type Path = readonly string[]

/** Reads amounts and days and keeps what was wrong with them. */
export class EdgeReader {
  readonly #problems: ErrorDetail[] = []

  amount(path: Path, given: string | number, form: DecimalForm): string {
    return this.#known(path, parseDecimal(given, form), valueFault('value_amount', { decimals: form.scale }))
  }

  day(path: Path, given: string): string {
    return this.#known(path, parseCalendarDate(given), valueFault('value_day'))
  }

  /** Absent stays absent and null stays null. */
  optionalDay<Given extends string | null | undefined>(path: Path, given: Given): Given | string {
    return typeof given === 'string' ? this.day(path, given) : given
  }

  optionalAmount<Given extends string | number | null | undefined>(
    path: Path,
    given: Given,
    form: DecimalForm,
  ): Exclude<Given, number> | string {
    return typeof given === 'string' || typeof given === 'number'
      ? this.amount(path, given, form)
      : (given as Exclude<Given, number>)
  }

  #known(path: Path, read: string | null, told: Told): string {
    if (read !== null) return read
    this.#problems.push({ path, ...told, type: 'edge_value' })
    return ''
  }

  /** @throws validation_failed */
  finish(): void {
    if (this.#problems.length > 0) throw coreError('validation_failed', { details: this.#problems.slice(0, 50) })
  }
}

/** Reads the whole, then refuses it with everything that was wrong. @throws validation_failed */
export function readEdge<T>(read: (reader: EdgeReader) => T): T {
  const reader = new EdgeReader()
  const value = read(reader)
  reader.finish()
  return value
}
