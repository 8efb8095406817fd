/**
 * Fiscal years. A year is named after the calendar year in which it ends, and regularly begins the day after the one
 * before; a first, last or moved year is stated as irregular, and its neighbours make room for it.
 */
import { calendarDate, dayAfter, daysInMonth } from '#kernel/calendar-date.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { isSiren } from '#kernel/french-identifiers.ts'
import { ledgerError } from '../errors.ts'
import { ledgerFault } from '../faults.ts'

export type IrregularYear = { fiscalYear: number; startsOn: string; endsOn: string }
export type FiscalCalendar = { fiscalYearEnd: string; irregularYears: readonly IrregularYear[] }
/** Both days belong to it. */
export type FiscalYear = { fiscalYear: number; startsOn: string; endsOn: string }

export const defaultCalendar: FiscalCalendar = { fiscalYearEnd: '12-31', irregularYears: [] }

export function fiscalYear(calendar: FiscalCalendar, year: number): FiscalYear {
  const irregular = calendar.irregularYears.find((one) => one.fiscalYear === year)
  if (irregular) return irregular
  return { fiscalYear: year, startsOn: dayAfter(endOf(calendar, year - 1)), endsOn: endOf(calendar, year) }
}

/** Never earlier than that of the year before: years are the days between two ends, so each day lies in one. */
function endOf(calendar: FiscalCalendar, year: number): string {
  const irregular = calendar.irregularYears.find((one) => one.fiscalYear === year)
  if (irregular) return irregular.endsOn
  const [month, day] = calendar.fiscalYearEnd.split('-').map(Number) as [number, number]
  const regular = calendarDate(year, month, Math.min(day, daysInMonth(year, month)))
  const later = calendar.irregularYears.filter((one) => one.fiscalYear > year)
  const next = later.find((one) => one.fiscalYear === year + 1)
  if (next) return dayBefore(next.startsOn)
  return later.reduce((end, one) => min(end, dayBefore(one.startsOn)), regular)
}

function dayBefore(date: string): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number]
  if (day > 1) return calendarDate(year, month, day - 1)
  return month === 1 ? calendarDate(year - 1, 12, 31) : calendarDate(year, month - 1, daysInMonth(year, month - 1))
}

/** The year that the day belongs to. */
export function fiscalYearOf(calendar: FiscalCalendar, date: string): number {
  // A year of 24 months, or one that waits for the next to begin, may end two years later, or bear last year's name.
  const latest = Number(date.slice(0, 4)) + 2
  for (let year = latest - 3; year < latest; year++) if (date <= endOf(calendar, year)) return year
  return latest
}

/** Days that belong to `year` before and no longer after the change, as periods that may be empty (from > to). */
export function leavingDays(before: FiscalYear, after: FiscalYear): { from: string; to: string }[] {
  return [
    { from: before.startsOn, to: min(before.endsOn, dayBefore(after.startsOn)) },
    { from: max(before.startsOn, dayAfter(after.endsOn)), to: before.endsOn },
  ].filter(({ from, to }) => from <= to)
}

const min = (a: string, b: string) => (a < b ? a : b)
const max = (a: string, b: string) => (a > b ? a : b)

/** Longer ones are a mistake: French law allows 12 months, in the first year up to the end of the second calendar year. */
const mostDays = 731

/** @throws siren_invalid, fiscal_calendar_invalid */
export function requireValidCompany(company: { siren: string | null } & FiscalCalendar): void {
  if (company.siren !== null && !isSiren(company.siren)) throw ledgerError('siren_invalid')
  const problems: ErrorDetail[] = []
  const problem = (path: readonly string[], told: Told) => problems.push({ path: ['body', ...path], ...told })
  const [month, day] = company.fiscalYearEnd.split('-').map(Number) as [number, number]
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(2024, month)) {
    problem(['fiscal_year_end'], ledgerFault('year_end_no_day'))
  }
  const years = company.irregularYears.toSorted((a, b) => a.fiscalYear - b.fiscalYear)
  years.forEach((one, i) => {
    const path = ['irregular_years', String(one.fiscalYear)]
    if (Number(one.endsOn.slice(0, 4)) !== one.fiscalYear) problem(path, ledgerFault('year_name'))
    if (one.startsOn > one.endsOn) problem(path, ledgerFault('year_ends_early'))
    if (Date.parse(one.endsOn) - Date.parse(one.startsOn) > mostDays * 86_400_000)
      problem(path, ledgerFault('year_too_long'))
    const before = years[i - 1]
    if (before && before.endsOn >= one.startsOn)
      problem(path, ledgerFault('year_overlaps', { year: before.fiscalYear }))
  })
  if (problems.length > 0) throw ledgerError('fiscal_calendar_invalid', { details: problems })
}
