/** Calendar dates as ISO 8601 text, "2024-12-31": days without a time zone, which a Date is not. They sort as text. */

const iso = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/
const french = /^([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})$/

/** Whether the text is an ISO date of the Gregorian calendar: no 30th of February. The year 0 is none of PostgreSQL's. */
export function isCalendarDate(text: string): boolean {
  const found = iso.exec(text)
  if (!found) return false
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

/** @param month 1 to 12 */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/**
 * Reads a date as ISO 8601 (`2024-12-31`) or as the French write it, the day first (`31/12/2024`, `31.12.2024`).
 * @returns the ISO text, or null when it is none
 */
export function parseCalendarDate(given: string): string | null {
  const text = given.trim()
  const found = french.exec(text)
  const candidate = found ? calendarDate(Number(found[4]), Number(found[3]), Number(found[1])) : text
  return isCalendarDate(candidate) ? candidate : null
}

export function calendarDate(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** The following day. */
export function dayAfter(date: string): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number]
  if (day < daysInMonth(year, month)) return calendarDate(year, month, day + 1)
  return month === 12 ? calendarDate(year + 1, 1, 1) : calendarDate(year, month + 1, 1)
}

const paris = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' })

/** The day that a moment falls on in France, where the books are kept. */
export function dayInFrance(moment: Date): string {
  return paris.format(moment)
}
