/** How the text of a cell becomes a value, by its data type. Pure. */
import { parseCalendarDate } from '#kernel/calendar-date.ts'
import { parseDecimal } from '#kernel/decimal.ts'
import type { Told } from '#kernel/faults.ts'
import { isSiren, isSiret } from '#kernel/french-identifiers.ts'
import { rowFault } from '#kernel/row-faults.ts'

/** Text, or a boolean; `fault` says what is wrong with the cell. */
export type Reading = { value: string | boolean } | { fault: Told }

export type ReadAs = {
  type: 'string' | 'integer' | 'decimal' | 'date' | 'boolean' | 'email' | 'siret' | 'siren' | 'iban' | 'enum'
  /** Decimals that the column keeps. */
  scale: number
  values: readonly string[]
}

const blanks = /[\s\u00a0\u202f]/g
const separators = /[\s\u00a0\u202f.-]/g
const compactDate = /^([0-9]{4})([0-9]{2})([0-9]{2})$/
const dateWithTime = /^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]+(?:Z|[+-][0-9:]+)?$/
const email = /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\]+\.[^\s@"(),:;<>[\]\\.]{2,}$/
const iban = /^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/
const yes = new Set(['true', '1', 'oui', 'vrai', 'yes', 'o', 'y', 'x'])
const no = new Set(['false', '0', 'non', 'faux', 'no', 'n'])
/** Statuses as French programs write them. */
const translations: Readonly<Record<string, string>> = {
  brouillon: 'draft',
  envoyee: 'sent',
  emise: 'sent',
  payee: 'paid',
  reglee: 'paid',
  'en retard': 'overdue',
  impayee: 'overdue',
  approuvee: 'approved',
  refusee: 'rejected',
  rejetee: 'rejected',
  annulee: 'cancelled',
}

type Reader = (text: string, as: ReadAs) => Reading

const known = (value: string | null, fault: () => Told): Reading => (value === null ? { fault: fault() } : { value })

const readers: Record<ReadAs['type'], Reader> = {
  string: (text) => ({ value: text }),
  integer: (text) => known(parseDecimal(text, { scale: 0, wholeDigits: 18 }), () => rowFault('row_whole_number')),
  decimal: (text, { scale }) => known(parseDecimal(text, { scale }), () => rowFault('row_amount', { decimals: scale })),
  date: (text) => known(readDate(text), () => rowFault('row_date')),
  boolean: (text) => {
    const word = text.toLowerCase()
    if (yes.has(word)) return { value: true }
    return no.has(word) ? { value: false } : { fault: rowFault('row_yes_or_no') }
  },
  email: (text) => (email.test(text) ? { value: text } : { fault: rowFault('row_email') }),
  siret: (text) => {
    const digits = text.replaceAll(separators, '')
    return isSiret(digits) ? { value: digits } : { fault: rowFault('row_siret') }
  },
  siren: (text) => {
    const digits = text.replaceAll(separators, '')
    return isSiren(digits) ? { value: digits } : { fault: rowFault('row_siren') }
  },
  iban: (text) => {
    const compact = text.replaceAll(blanks, '').toUpperCase()
    return isIban(compact) ? { value: compact } : { fault: rowFault('row_iban') }
  },
  enum: (text, { values }) => {
    const word = plain(text)
    const found = values.find((one) => plain(one) === word) ?? values.find((one) => one === translations[word])
    return known(found ?? null, () => rowFault('row_one_of', { values: values.join(', ').slice(0, 200) }))
  },
}

function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim()
}

/** Days as people write them, as the FEC does (20241231), or with a time that is left out. */
function readDate(text: string): string | null {
  const compact = compactDate.exec(text)
  if (compact) return parseCalendarDate(`${compact[1]}-${compact[2]}-${compact[3]}`)
  return parseCalendarDate(dateWithTime.exec(text)?.[1] ?? text)
}

/** ISO 13616: with its first four characters at the end and letters as numbers, the remainder by 97 is 1. */
export function isIban(compact: string): boolean {
  if (!iban.test(compact)) return false
  const moved = compact.slice(4) + compact.slice(0, 4)
  let remainder = 0
  for (const one of moved) {
    const value = Number.parseInt(one, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

/** @param text without blanks around it, not empty */
export function readValue(text: string, as: ReadAs): Reading {
  return readers[as.type](text, as)
}

/** Whether a spreadsheet would run the cell as a formula; a negative number is none (OWASP, CSV injection). */
export function isFormula(cell: string): boolean {
  return /^[=+\-@\t\r]/.test(cell) && parseDecimal(cell, { scale: 15, wholeDigits: 30 }) === null
}
