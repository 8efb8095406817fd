/** Numbers and moments in the user's language and time zone. */
import { useTranslation } from 'react-i18next'

type Given = string | null | undefined

/** Moments without a zone (PartnerB2B's) are UTC. */
const toDate = (text: string) =>
  new Date(/T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`)

export function useFormat() {
  const { i18n } = useTranslation()
  const language = i18n.language === 'fr' ? 'fr-FR' : 'en-GB'
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' })
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
  const localDay = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const given = (text: Given, print: (text: string) => string) => (text ? print(text) : '—')
  return {
    language: i18n.language === 'fr' ? ('fr' as const) : ('en' as const),
    moment: (text: Given) => given(text, (one) => dateTime.format(toDate(one))),
    exact: (text: Given) => given(text, (one) => exact.format(toDate(one))),
    /** A calendar date: the same everywhere. */
    date: (text: Given) => given(text, (one) => day.format(new Date(`${one.slice(0, 10)}T00:00:00Z`))),
    /** The day of a moment, where the user is. */
    dayOf: (text: Given) => given(text, (one) => localDay.format(toDate(one))),
    ago: (text: Given) => given(text, (one) => ago(relative, toDate(one))),
    number: (value: number, options?: Intl.NumberFormatOptions) =>
      new Intl.NumberFormat(language, options).format(value),
    money: (amount: string, currency: string) =>
      new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount as unknown as number),
    /** 30m, 48h, 7d: as people say it; what is none stays. */
    duration: (text: string) => {
      const [, count, unit] = /^([0-9]+)([smhd])$/.exec(text) ?? []
      if (!count || !unit) return text
      const named = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[unit] ?? 'second'
      return new Intl.NumberFormat(language, { style: 'unit', unit: named, unitDisplay: 'long' }).format(Number(count))
    },
    /** How long something took, in the two largest units that it has. */
    took: (milliseconds: number) => took(language, milliseconds),
    list: (items: readonly string[]) => new Intl.ListFormat(language).format(items),
  }
}

function took(language: string, milliseconds: number): string {
  const print = (value: number, unit: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(
      value,
    )
  if (milliseconds < 1000) return print(milliseconds, 'millisecond')
  let left = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(print(count, unit))
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

function ago(format: Intl.RelativeTimeFormat, date: Date): string {
  const seconds = (date.getTime() - Date.now()) / 1000
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit)
  }
  return format.format(0, 'second')
}
