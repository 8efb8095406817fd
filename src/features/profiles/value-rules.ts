/** Whether given values fit the attributes that they are for, and how they are kept. Pure. */
import type { Catalogue, CompiledAttribute } from './compiled-catalogue-rules.ts'
import { choiceKey } from './compiled-catalogue-rules.ts'
import type { Entry } from './schemas.ts'

export type ValueFault =
  | 'attribute_unknown'
  | 'choice_unknown'
  | 'choice_not_unique'
  | 'attribute_mismatch'
  | 'attribute_type'
  | 'attribute_value'

export type Fault = { name: string; code: ValueFault }
/** Values to keep, none for what is there but empty; or what is wrong. */
type Reading = { values: string[] } | { fault: ValueFault }

/** Longer texts are no attribute of anybody. Characters. */
export const longestText = 10_000

const typeFault: Reading = { fault: 'attribute_type' }
const valueFault: Reading = { fault: 'attribute_value' }

/**
 * Reads what was sent, in the order in which it was sent.
 * @returns the entries to keep, those of what did not fit left out, and every fault
 */
export function readValues(
  catalogue: Catalogue,
  given: Readonly<Record<string, unknown>>,
): { entries: Entry[]; faults: Fault[] } {
  const entries: Entry[] = []
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(given)) {
    const attribute = catalogue.byName.get(name)
    const reading: Reading = attribute ? readValue(attribute, value) : { fault: 'attribute_unknown' }
    if ('fault' in reading) faults.push({ name, code: reading.fault })
    else for (const one of reading.values) entries.push({ name, value: one })
  }
  return { entries, faults }
}

function readValue(attribute: CompiledAttribute, value: unknown): Reading {
  const reading = readers[attribute.type](attribute, value)
  if ('fault' in reading || attribute.isEqualTo === null) return reading
  return reading.values.every((one) => one === attribute.isEqualTo) ? reading : valueFault
}

const readers: Record<CompiledAttribute['type'], (attribute: CompiledAttribute, value: unknown) => Reading> = {
  string: readText,
  integer: readInteger,
  boolean: readBoolean,
  date: readDate,
  choice: readChoices,
  // Files are uploaded, never named in a profile.
  file: () => typeFault,
}

function readText(attribute: CompiledAttribute, value: unknown): Reading {
  if (typeof value !== 'string') return typeFault
  // PostgreSQL keeps neither U+0000 nor half a surrogate pair.
  if (value.length > longestText || value.includes('\u0000') || !value.isWellFormed()) return valueFault
  const { minLength, maxLength } = attribute
  if (minLength > 0 || maxLength > 0) {
    const { length } = Array.from(value)
    if (length < minLength || (maxLength > 0 && length > maxLength)) return valueFault
  }
  return attribute.fits(value) ? { values: [value] } : { fault: 'attribute_mismatch' }
}

const integerText = /^-?\d{1,19}$/
const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n }

/** A number, or its digits as text; kept as digits without leading zeros. */
function readInteger(attribute: CompiledAttribute, value: unknown): Reading {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return typeFault
    // Beyond this the number has lost digits on its way: as text it would have kept them.
    if (!Number.isSafeInteger(value)) return valueFault
  } else if (typeof value !== 'string' || !integerText.test(value)) return typeFault
  const exact = BigInt(value)
  if (exact < int64.least || exact > int64.most) return valueFault
  const { minValue, maxValue } = attribute
  // JavaScript compares a bigint with a fraction exactly.
  if ((minValue !== null && exact < minValue) || (maxValue !== null && exact > maxValue)) return valueFault
  return { values: [exact.toString()] }
}

function readBoolean(_attribute: CompiledAttribute, value: unknown): Reading {
  if (typeof value === 'boolean') return { values: [String(value)] }
  if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return { values: [value.toLowerCase()] }
  return typeFault
}

const dateText = /^(\d{4})-(\d\d)-(\d\d)$/

/** YYYY-MM-DD of a day that exists, from the year 1 on. */
function readDate({ minDate, maxDate }: CompiledAttribute, value: unknown): Reading {
  if (typeof value !== 'string' || !isCalendarDate(value)) return typeFault
  // Dates of this form sort as text.
  if ((minDate !== null && value < minDate) || (maxDate !== null && value > maxDate)) return valueFault
  return { values: [value] }
}

export function isCalendarDate(text: string): boolean {
  if (!dateText.test(text) || text < '0001') return false
  const moment = new Date(`${text}T00:00:00Z`)
  // 31 April becomes 1 May, or nothing.
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text)
}

function readChoices(attribute: CompiledAttribute, value: unknown): Reading {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (given.length > 1 && attribute.validation === 'unique choice') return { fault: 'choice_not_unique' }
  const values: string[] = []
  for (const one of given) {
    if (typeof one !== 'string') return typeFault
    const known = attribute.choiceByKey.get(choiceKey(one))
    if (known === undefined) return { fault: 'choice_unknown' }
    if (values.includes(known)) return valueFault
    values.push(known)
  }
  return { values }
}
