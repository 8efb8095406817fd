/** Values as people read them, in French and English. */
import type { Cell, Language, ValueKind } from './schemas.ts'

const locales = { fr: 'fr-FR', en: 'en-GB' } as const

export const locale = (language: Language) => locales[language]

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const known = cache.get(key)
  if (known) return known as T
  const made = make()
  // A currency is any three letters, so there are many.
  if (cache.size > 500) cache.clear()
  cache.set(key, made)
  return made
}

function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(`n ${language} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale(language), options))
}

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(`d ${language} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale(language), options))
}

export type Spoken = { language: Language; currency: string; timeZone: string }

/** Decimals stay texts up to here: Intl formats them digit by digit, without a float in between. */
const exact = (value: Cell) => (typeof value === 'number' ? value : (String(value) as Intl.StringNumericLiteral))

export const isNumeric = (kind: ValueKind) => ['integer', 'decimal', 'money', 'percent', 'score'].includes(kind)

/** Not the value's word: who shows words knows their names. Nothing is an empty text. */
export function formatValue(kind: ValueKind, value: Cell, spoken: Spoken): string {
  if (value === null || value === '') return ''
  const { language, currency, timeZone } = spoken
  switch (kind) {
    case 'integer':
      return numberFormat(language, { maximumFractionDigits: 0 }).format(exact(value))
    case 'decimal':
      return numberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(exact(value))
    case 'money':
      return numberFormat(language, {
        style: 'currency',
        currency,
        minimumFractionDigits: 2,
        maximumFractionDigits: 2,
      }).format(exact(value))
    case 'score':
      return numberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(exact(value))
    case 'percent':
      return `${numberFormat(language, { maximumFractionDigits: 1 }).format(exact(value))}${language === 'fr' ? '\u202f' : ''}%`
    case 'day':
      return dateFormat(language, { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' }).format(
        new Date(`${value}T00:00:00Z`),
      )
    case 'month':
      return dateFormat(language, { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
        new Date(`${value}-01T00:00:00Z`),
      )
    case 'moment':
      return dateFormat(language, {
        day: '2-digit',
        month: '2-digit',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        timeZone,
      }).format(new Date(String(value)))
    default:
      return String(value)
  }
}

/** A day as in a title: 31 January 2024. */
export function longDay(day: string, language: Language): string {
  return dateFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
}

/** January 2024. */
export function longMonth(month: string, language: Language): string {
  const text = dateFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Along the axis of a chart, where room is short: 12 k. */
export function shortNumber(value: number, language: Language, currency: string | null): string {
  return numberFormat(language, {
    notation: 'compact',
    maximumFractionDigits: 1,
    ...(currency === null
      ? {}
      : { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 0 }),
  }).format(value)
}

/** The day and month of an axis of days. */
export function shortDay(day: string, language: Language): string {
  return dateFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
}
