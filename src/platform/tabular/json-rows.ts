/** A JSON array of objects, or JSON Lines, object by object: neither is ever whole in memory. */
import type { Told } from '#kernel/faults.ts'
import { rowFault } from '#kernel/row-faults.ts'
import { tableFault, UnreadableTableError } from './faults.ts'
import { mostColumns, mostRecordLength } from './table.ts'

const mostDepth = 20

/** Divides the text into the elements of the array that it is. */
class ElementSplitter {
  #text = ''
  /** Where the present element begins in the text; -1: between elements. */
  #start = -1
  #at = 0
  #depth = 0
  #inString = false
  #hasBegun = false
  #hasEnded = false

  /** @returns the elements that end in this piece */
  take(piece: string): string[] {
    this.#text += piece
    const found: string[] = []
    for (; this.#at < this.#text.length; this.#at++) {
      const element = this.#character(this.#text[this.#at] as string)
      if (element !== null) found.push(element)
    }
    const kept = this.#start >= 0 ? this.#start : this.#at
    this.#text = this.#text.slice(kept)
    this.#at -= kept
    if (this.#start >= 0) this.#start = 0
    if (this.#text.length > mostRecordLength) throw new UnreadableTableError(tableFault('table_json_object'))
    return found
  }

  end(): void {
    if (!this.#hasEnded) throw new UnreadableTableError(tableFault('table_json_end'))
  }

  #character(one: string): string | null {
    if (this.#inString) {
      if (one === '\\') this.#at++
      else if (one === '"') this.#inString = false
      return null
    }
    if (!this.#hasBegun || this.#hasEnded) return this.#outside(one)
    if (one === '{' || one === '[' || one === '"') return this.#open(one)
    if (this.#depth > 0) return (one === '}' || one === ']') && --this.#depth === 0 ? this.#finish(this.#at + 1) : null
    if (one === ',' || one === ']') {
      this.#hasEnded = one === ']'
      return this.#start >= 0 ? this.#finish(this.#at) : null
    }
    if (this.#start < 0 && one.trim() !== '') this.#start = this.#at
    return null
  }

  #open(one: string): null {
    if (this.#start < 0) this.#start = this.#at
    if (one === '"') this.#inString = true
    else if (++this.#depth > mostDepth) {
      throw new UnreadableTableError(tableFault('table_json_depth', { levels: mostDepth }))
    }
    return null
  }

  #outside(one: string): null {
    if (one.trim() === '') return null
    if (this.#hasEnded) throw new UnreadableTableError(tableFault('table_json_behind'))
    if (one !== '[') throw new UnreadableTableError(tableFault('table_json_array'))
    this.#hasBegun = true
    return null
  }

  #finish(end: number): string {
    const element = this.#text.slice(this.#start, end)
    this.#start = -1
    return element
  }
}

export type JsonRecord = { object: Record<string, unknown> } | { fault: Told }

export async function* readArray(text: AsyncIterable<string>): AsyncGenerator<JsonRecord[]> {
  const splitter = new ElementSplitter()
  for await (const piece of text) {
    const found = splitter.take(piece).map(toRecord)
    if (found.length > 0) yield found
  }
  splitter.end()
}

export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<JsonRecord[]> {
  let rest = ''
  for await (const piece of text) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > mostRecordLength) throw new UnreadableTableError(tableFault('table_json_line'))
    const found = lines.filter((line) => line.trim() !== '').map(toRecord)
    if (found.length > 0) yield found
  }
  if (rest.trim() !== '') yield [toRecord(rest)]
}

/** Counts brackets outside of strings: JSON.parse takes any depth, what comes behind it does not. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const one = text[i]
    if (inString) {
      if (one === '\\') i++
      else if (one === '"') inString = false
    } else if (one === '"') inString = true
    else if (one === '{' || one === '[') {
      if (++depth > mostDepth) return true
    } else if (one === '}' || one === ']') depth--
  }
  return false
}

function toRecord(text: string): JsonRecord {
  if (text.length > mostRecordLength) return { fault: rowFault('row_object_large') }
  if (isTooDeep(text)) return { fault: rowFault('row_object_deep', { levels: mostDepth }) }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: rowFault('row_no_object') }
    return { object: value as Record<string, unknown> }
  } catch {
    return { fault: rowFault('row_no_json') }
  }
}

/** The members of these objects, in the order of their first appearance. */
export function membersOf(records: readonly JsonRecord[]): string[] {
  const names = new Set(records.flatMap((record) => ('object' in record ? Object.keys(record.object) : [])))
  if (names.size > mostColumns) throw new UnreadableTableError(tableFault('table_json_members', { limit: mostColumns }))
  return [...names]
}

export function cellsOf(record: JsonRecord, headers: readonly string[]): string[] {
  if ('fault' in record) return headers.map(() => '')
  return headers.map((name) => (Object.hasOwn(record.object, name) ? textOf(record.object[name]) : ''))
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
