/** What a person is recognised by in texts that others wrote, and how texts look without it. Pure. */
import type { SubjectType } from './catalogue.ts'

export type Subject = { type: SubjectType; id: string }

export type Marks = Subject & {
  /** Say who is meant wherever they stand: addresses, numbers, full names. */
  strong: string[]
  /** Say it only in a row that names the person otherwise: a first name, a town. */
  weak: string[]
  /** Lower case. */
  emails: string[]
  /** Of a customer, as entries have it. */
  code: string | null
}

export const erased = '[erased]'

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const shortestName = 6
const fewestDigits = 8

/** Whether the text alone says who is meant: an address for mail, a number of eight digits or more, a text of two words. */
export function isStrong(text: string): boolean {
  if (email.test(text)) return true
  if (text.replace(/[^0-9]/g, '').length >= fewestDigits && !/\p{L}{3}/u.test(text)) return true
  return text.length >= shortestName && /\S\s+\S/u.test(text)
}

/** Values of the person's own columns, sorted by how much they say. */
export function marksOf(subject: Subject, values: readonly (string | null)[], code: string | null = null): Marks {
  const given = [...new Set(values.map((one) => one?.trim() ?? '').filter((one) => one.length > 1))]
  const strong = given.filter(isStrong)
  return {
    ...subject,
    // The longest first: a full name before an address that ends with it.
    strong: strong.toSorted((a, b) => b.length - a.length),
    weak: given.filter((one) => !isStrong(one)),
    emails: strong.filter((one) => email.test(one)).map((one) => one.toLowerCase()),
    code,
  }
}

const quotedOnce = (text: string) => JSON.stringify(text).slice(1, -1)

/** As a mark may be written: itself, in JSON, in JSON in a text in JSON, in a URL. */
function spellings(mark: string): string[] {
  const once = quotedOnce(mark)
  return [...new Set([mark, once, quotedOnce(once), encodeURIComponent(mark)])]
}

/** What to look for in the JSON of a row, in lower case. A profile's id is a small number and says nothing. */
export function searchedFor(marks: Marks): string[] {
  const ids = marks.type === 'profile' ? [] : [marks.id]
  return [...new Set([...ids, ...marks.strong].flatMap(spellings).map((one) => one.toLowerCase()))]
}

export class Scrubber {
  readonly #marks: Marks
  readonly #strong: RegExp | null
  readonly #weak: ReadonlySet<string>

  constructor(marks: Marks) {
    this.#marks = marks
    const all = marks.strong.flatMap(spellings).map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    this.#strong = all.length > 0 ? new RegExp(all.join('|'), 'giu') : null
    this.#weak = new Set([...marks.weak, ...(marks.code === null ? [] : [marks.code])].map((one) => one.toLowerCase()))
  }

  /** Whether a value says who is meant. */
  names(value: unknown): boolean {
    const text = JSON.stringify(value) ?? ''
    if (this.#strong !== null && text.search(this.#strong) >= 0) return true
    return this.#marks.type !== 'profile' && text.includes(this.#marks.id)
  }

  /** The row's columns without the person. @returns the same object where nothing was in them */
  row<Row extends Record<string, unknown>>(row: Row, isAbout = this.names(row)): Row {
    const entries = Object.entries(row).map(([name, value]) => [name, this.#value(value, isAbout)] as const)
    return entries.every(([name, value]) => value === row[name]) ? row : (Object.fromEntries(entries) as Row)
  }

  #value(value: unknown, isAbout: boolean): unknown {
    if (typeof value === 'string') return this.#text(value, isAbout)
    if (typeof value === 'number') return this.#marks.strong.includes(String(value)) ? erased : value
    if (Array.isArray(value)) return this.#list(value, isAbout)
    if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value)) return value
    const old = Object.entries(value)
    const now = old.map(([name, one]) => [this.#text(name, false), this.#value(one, isAbout)] as const)
    return now.every(([name, one], i) => name === old[i]?.[0] && one === old[i]?.[1]) ? value : Object.fromEntries(now)
  }

  /** An address leaves its list: it is written to by it. */
  #list(value: unknown[], isAbout: boolean): unknown[] {
    const { emails } = this.#marks
    const kept = value.filter((one) => !(typeof one === 'string' && emails.includes(one.toLowerCase())))
    const now = kept.map((one) => this.#value(one, isAbout))
    return now.length === value.length && now.every((one, i) => one === value[i]) ? value : now
  }

  #text(text: string, isAbout: boolean): string {
    if (isAbout && this.#weak.has(text.trim().toLowerCase())) return erased
    const nested = isAbout ? parsed(text) : undefined
    if (nested !== undefined) {
      const now = this.#value(nested, true)
      return now === nested ? text : JSON.stringify(now)
    }
    return this.#strong === null ? text : text.replace(this.#strong, erased)
  }
}

/** A text that is JSON itself, such as the body of a request. */
function parsed(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}
