/** What reading a table from a file is about, whatever its format. */
import type { Told } from '#kernel/faults.ts'
import { rowFault } from '#kernel/row-faults.ts'
import { tableFault, UnreadableTableError } from './faults.ts'

export const tableFormats = ['csv', 'excel', 'json', 'jsonl'] as const
export type TableFormat = (typeof tableFormats)[number]

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-15'] as const
export type Encoding = (typeof encodings)[number]

/** How a file is to be read; found once, and kept, so that every later reading gives the same rows. */
export type TableLayout = {
  format: TableFormat
  /** null: an XLSX file, which says so itself. */
  encoding: Encoding | null
  /** Of CSV. */
  delimiter: string | null
  /** Of CSV and XLSX: the row that holds the headers, the first one is 1. */
  headerRow: number
  /** Of XLSX; null: the first one. */
  sheet: string | null
  /** Unique and never empty. Of JSON: the members of the first objects. */
  headers: string[]
}

/** Cells are text, and stand in the order of the headers; "" is an empty cell. */
export type TableRow = {
  /** Of the file, the header's counted (of JSON: the object's number): what people look for. */
  row: number
  cells: string[]
  /** What makes the row unusable as it stands. */
  fault?: Told
}

/** `isLong`: read by a job, which takes its time; anything else is waited for. */
export type Reader = { readonly owner: string; readonly isLong: boolean }
/** Of files that take much to read, one reader's wait for no other's of the other kind. */
export type TableSource = { (): Promise<AsyncIterable<Buffer>>; readonly reader?: Reader | undefined }

/** More of them are no table that anybody has made on purpose. */
export const mostColumns = 4_000
/** Characters of one record; a quote that is never closed ends here. */
export const mostRecordLength = 4 * 1024 * 1024

/** Unique and never empty: an empty one is named after its place, the second of a name gets its number. */
export function namedHeaders(cells: readonly string[]): string[] {
  let last = cells.length
  while (last > 0 && (cells[last - 1] ?? '').trim() === '') last--
  if (last > mostColumns) throw new UnreadableTableError(tableFault('table_columns', { limit: mostColumns }))
  const taken = new Map<string, number>()
  return cells.slice(0, last).map((cell, i) => {
    const name = cell.replaceAll(/\s+/g, ' ').trim().slice(0, 200) || `column_${i + 1}`
    const times = (taken.get(name) ?? 0) + 1
    taken.set(name, times)
    if (times === 1) return name
    const numbered = `${name}_${times}`
    taken.set(numbered, 1)
    return numbered
  })
}

const isFilled = (cell: string) => cell.trim() !== ''
const headerSearch = 10

/**
 * The row of the headers among the first ones: titles above it, merged over several columns, have few cells.
 * @returns its index
 */
export function findHeaderRow(rows: readonly (readonly string[])[]): number {
  const filled = rows.slice(0, headerSearch).map((cells) => cells.filter(isFilled).length)
  const most = Math.max(0, ...filled)
  const found = filled.findIndex((count) => count > 0 && count >= most * 0.6)
  return Math.max(0, found)
}

/** The row's cells in the number of the headers; null: it is empty. */
export function toTableRow(cells: readonly string[], row: number, width: number): TableRow | null {
  if (!cells.some(isFilled)) return null
  if (cells.length === width) return { row, cells: cells as string[] }
  if (cells.length < width) return { row, cells: [...cells, ...new Array<string>(width - cells.length).fill('')] }
  const fits = cells.slice(0, width)
  if (!cells.slice(width).some(isFilled)) return { row, cells: fits }
  return { row, cells: fits, fault: rowFault('row_cells', { cells: cells.length, columns: width }) }
}
