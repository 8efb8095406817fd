/** From what a request says to the days that a report is about. Days are ISO 8601 texts; both ends belong to the period. */
import { calendarDate, dayAfter, daysInMonth, isCalendarDate } from '#kernel/calendar-date.ts'
import type { ReportTold } from './faults.ts'
import { reportFault } from './faults.ts'

export type Period = { from: string; to: string }
type Given = Readonly<Record<string, unknown>>

/** Longer ones would make charts of days unreadable. */
const mostDays = 366
const dayMs = 86_400_000

export const utcOf = (day: string) => Date.parse(`${day}T00:00:00Z`)
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
export const daysLater = (day: string, days: number) => dayOf(utcOf(day) + days * dayMs)

/** The day that the calendar on a wall there shows. @throws RangeError for a time zone that is none */
export function dayIn(timeZone: string, moment: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(moment)
}

export function monthOf(month: string): Period {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return { from: `${month}-01`, to: calendarDate(year, number, daysInMonth(year, number)) }
}

/** @param week YYYY-Www (ISO 8601): week 1 has the fourth of January, weeks begin on Monday. @returns null: the year has no such week */
export function weekOf(week: string): Period | null {
  const [year, number] = week.split('-W').map(Number) as [number, number]
  const fourth = utcOf(calendarDate(year, 1, 4))
  const monday = fourth - weekday(fourth) * dayMs + (number - 1) * 7 * dayMs
  const thursday = new Date(monday + 3 * dayMs)
  return thursday.getUTCFullYear() === year ? { from: dayOf(monday), to: dayOf(monday + 6 * dayMs) } : null
}

/** 0 = Monday. */
const weekday = (ms: number) => (new Date(ms).getUTCDay() + 6) % 7

function weekBefore(today: string): Period {
  const monday = utcOf(today) - weekday(utcOf(today)) * dayMs
  return { from: dayOf(monday - 7 * dayMs), to: dayOf(monday - dayMs) }
}

function monthBefore(today: string): Period {
  return monthOf(daysLater(`${today.slice(0, 7)}-01`, -1).slice(0, 7))
}

const named: Readonly<Record<string, (today: string) => Period>> = {
  last_7_days: (today) => ({ from: daysLater(today, -7), to: daysLater(today, -1) }),
  last_30_days: (today) => ({ from: daysLater(today, -30), to: daysLater(today, -1) }),
  last_90_days: (today) => ({ from: daysLater(today, -90), to: daysLater(today, -1) }),
  last_week: weekBefore,
  last_month: monthBefore,
  current_month: (today) => ({ from: `${today.slice(0, 7)}-01`, to: today }),
}

export type PeriodProblem = { parameter: string; told: ReportTold }

/** @returns what is wrong, and which parameter it is about */
export function resolvePeriod(kind: 'month' | 'week' | 'days', given: Given, today: string): Period | PeriodProblem {
  if (kind === 'month') return monthFrom((given.month as string | undefined) ?? 'last', today)
  if (kind === 'week') return weekFrom((given.week as string | undefined) ?? 'last', today)
  const { from, to, period } = given as { from?: string; to?: string; period?: string }
  if (from === undefined && to === undefined) return (named[period ?? 'last_30_days'] ?? monthBefore)(today)
  if (period !== undefined) return { parameter: 'period', told: reportFault('report_period_or_days') }
  if (from === undefined) return { parameter: 'from', told: reportFault('report_from_missing') }
  if (!isCalendarDate(from)) return { parameter: 'from', told: reportFault('report_no_day') }
  const end = to ?? (from > today ? from : today)
  if (!isCalendarDate(end)) return { parameter: 'to', told: reportFault('report_no_day') }
  if (end < from) return { parameter: 'to', told: reportFault('report_ends_early') }
  if (utcOf(end) - utcOf(from) >= mostDays * dayMs)
    return { parameter: 'to', told: reportFault('report_most_days', { days: mostDays }) }
  return { from, to: end }
}

function monthFrom(month: string, today: string) {
  if (month === 'last') return monthBefore(today)
  if (month === 'current') return monthOf(today.slice(0, 7))
  if (month < '1900') return { parameter: 'month', told: reportFault('report_month_early') }
  return monthOf(month)
}

function weekFrom(week: string, today: string) {
  if (week === 'last') return weekBefore(today)
  if (week === 'current') {
    const { to } = weekBefore(today)
    const from = dayAfter(to)
    return { from, to: daysLater(from, 6) }
  }
  if (week < '1900') return { parameter: 'week', told: reportFault('report_week_early') }
  return weekOf(week) ?? { parameter: 'week', told: reportFault('report_no_week') }
}
