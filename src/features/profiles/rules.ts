/** What a profile must have, what changes when it is changed, and the words that it is found by. Pure. */
import type { Catalogue } from './compiled-catalogue-rules.ts'
import { choiceKey } from './compiled-catalogue-rules.ts'
import type { Entry } from './schemas.ts'

/**
 * The names of what is missing: required attributes, and those that a choice of this profile makes required. A blank text is
 * no value. Files count where `documents` says which there are; null leaves them out (they cannot be there at creation).
 */
export function missingAttributes(
  catalogue: Catalogue,
  entries: readonly Entry[],
  documents: ReadonlySet<string> | null,
): string[] {
  const present = new Set(entries.filter((one) => one.value.trim() !== '').map((one) => one.name))
  const byChoice = entries.flatMap(({ name, value }) => catalogue.requiredBy.get(name)?.get(choiceKey(value)) ?? [])
  const needed = [...new Set([...catalogue.required, ...byChoice])]
  return needed.filter((name) => {
    const isFile = catalogue.byName.get(name)?.type === 'file'
    if (isFile) return documents !== null && !documents.has(name)
    return !present.has(name)
  })
}

/** The entries after a change: named attributes take their new values where they stood, new ones follow at the end. */
export function mergeEntries(old: readonly Entry[], named: ReadonlySet<string>, changed: readonly Entry[]): Entry[] {
  const placed = new Set<string>()
  const merged: Entry[] = []
  const place = (name: string) => {
    if (placed.has(name)) return
    placed.add(name)
    for (const one of changed) if (one.name === name) merged.push(one)
  }
  for (const entry of old) {
    if (named.has(entry.name)) place(entry.name)
    else merged.push(entry)
  }
  for (const { name } of changed) place(name)
  return merged
}

const searched = new Set(['lastname', 'firstname', 'email', 'phone_number'])
const mostWords = 24
const longestWord = 64

/** Lowercase letters and digits without accents: "Éloïse d'Ars" is eloise, d, ars. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return plain.match(/[\p{L}\p{N}]+/gu) ?? []
}

const phoneText = /^[+\d][\d ().-]*$/

/** A phone number in one spelling: 0612345678 for +33 6 12 34 56 78; null for what is none. */
function phoneDigits(text: string): string | null {
  if (!phoneText.test(text)) return null
  const digits = text.replace('(0)', '').replaceAll(/\D/g, '')
  if (text.startsWith('+33')) return `0${digits.slice(2)}`
  if (digits.startsWith('0033')) return `0${digits.slice(4)}`
  return digits
}

/** The words that a profile is found by; sensitive values are none. */
export function searchWords(entries: readonly Entry[], externalReference: string | null): string[] {
  const words = new Set<string>()
  for (const { name, value } of entries) {
    if (!searched.has(name)) continue
    const phone = name === 'phone_number' ? phoneDigits(value) : null
    for (const word of phone === null ? wordsOf(value) : [phone]) words.add(word.slice(0, longestWord))
  }
  for (const word of wordsOf(externalReference ?? '')) words.add(word.slice(0, longestWord))
  return [...words].slice(0, mostWords)
}

/** The words that a query asks for, each the beginning of a profile's word. */
export function queryWords(query: string): string[] {
  const phone = phoneDigits(query.trim())
  const words = phone === null ? wordsOf(query) : [phone]
  return [...new Set(words.map((word) => word.slice(0, longestWord)))].slice(0, mostWords)
}
