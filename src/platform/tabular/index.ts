/**
 * Tables in files, row by row, in constant memory: CSV in five encodings, XLSX, JSON, JSON Lines.
 *
 *   findLayout  how the file is to be read, from its beginning
 *   readTable   its rows by that layout, always the same ones in the same order
 */
import { detectDelimiter, readRecords } from './csv.ts'
import { decodeText, detectEncoding } from './encoding.ts'
import { tableFault, UnreadableTableError } from './faults.ts'
import type { JsonRecord } from './json-rows.ts'
import { cellsOf, membersOf, readArray, readLines } from './json-rows.ts'
import { readSheet } from './spreadsheet.ts'
import type { Encoding, TableFormat, TableLayout, TableRow, TableSource } from './table.ts'
import { findHeaderRow, namedHeaders, toTableRow } from './table.ts'

export type { Encoding, TableFormat, TableLayout, TableRow, TableSource } from './table.ts'
export { encodings, tableFormats } from './table.ts'
export { UnreadableTableError }

/** What is already known of the file. */
export type LayoutWish = {
  format?: TableFormat
  encoding?: Encoding
  delimiter?: string
  headerRow?: number
  sheet?: string
}

const zipSignature = '504b0304'
const oldOfficeSignature = 'd0cf11e0'
/** Records from which delimiter, header row and members are found. */
const sampleRecords = 200
const sampleLength = 256 * 1024

/**
 * @throws UnreadableTableError for an empty file, or what is no table
 */
export async function findLayout(source: TableSource, wish: LayoutWish = {}): Promise<TableLayout> {
  const start = await firstBytes(source)
  if (start.length === 0) throw new UnreadableTableError(tableFault('table_empty'))
  const signature = start.subarray(0, 4).toString('hex')
  if (signature === oldOfficeSignature) {
    throw new UnreadableTableError(tableFault('table_old_workbook'))
  }
  const isZip = signature === zipSignature
  if (isZip !== (wish.format === 'excel') && wish.format !== undefined) {
    throw new UnreadableTableError(isZip ? tableFault('table_is_workbook') : tableFault('table_no_workbook'))
  }
  if (isZip) return sheetLayout(source, wish)
  const encoding = wish.encoding ?? (await detectEncoding(await source()))
  const text = await firstText(source, encoding)
  const format = wish.format === 'csv' ? 'csv' : formatOf(text, wish.format)
  if (format === 'csv') return csvLayout(source, encoding, { ...wish, text })
  const first = await firstOf(recordsOf(source, { format, encoding }), sampleRecords)
  return { format, encoding, delimiter: null, headerRow: 0, sheet: null, headers: membersOf(first) }
}

function formatOf(text: string, wanted: 'csv' | 'json' | 'jsonl' | 'excel' | undefined): TableFormat {
  const start = text.trimStart()[0]
  if (wanted === 'jsonl') return 'jsonl'
  if (start === '[') return 'json'
  return start === '{' || wanted === 'json' ? 'jsonl' : 'csv'
}

async function firstBytes(source: TableSource): Promise<Buffer> {
  for await (const bytes of await source()) if (bytes.length > 0) return bytes
  return Buffer.alloc(0)
}

async function firstText(source: TableSource, encoding: Encoding): Promise<string> {
  let text = ''
  for await (const piece of decodeText(await source(), encoding)) {
    text += piece
    if (text.length >= sampleLength) break
  }
  return text
}

async function firstOf<T>(groups: AsyncIterable<T[]>, count: number): Promise<T[]> {
  const found: T[] = []
  for await (const group of groups) {
    found.push(...group.slice(0, count - found.length))
    if (found.length >= count) break
  }
  return found
}

type CsvWish = LayoutWish & { text: string }

async function csvLayout(source: TableSource, encoding: Encoding, wish: CsvWish): Promise<TableLayout> {
  const delimiter = wish.delimiter ?? detectDelimiter(wish.text)
  const rows = await firstOf(readRecords(decodeText(await source(), encoding), delimiter), sampleRecords)
  const found = headersIn(rows, wish.headerRow)
  return { format: 'csv', encoding, delimiter, sheet: null, ...found }
}

async function sheetLayout(source: TableSource, wish: LayoutWish): Promise<TableLayout> {
  const sheet = wish.sheet ?? null
  const first = await firstOf(readSheet(await source(), sheet, source.reader), sampleRecords)
  const rows: string[][] = []
  for (const { index, cells } of first) if (index < sampleRecords * 5) rows[index] = cells
  const found = headersIn(
    Array.from(rows, (cells) => cells ?? []),
    wish.headerRow,
  )
  return { format: 'excel', encoding: null, delimiter: null, sheet, ...found }
}

function headersIn(rows: readonly string[][], wanted: number | undefined): { headerRow: number; headers: string[] } {
  const index = wanted === undefined ? findHeaderRow(rows) : wanted - 1
  const headers = namedHeaders(rows[index] ?? [])
  if (headers.length === 0) throw new UnreadableTableError(tableFault('table_no_headers'))
  return { headerRow: index + 1, headers }
}

async function* recordsOf(
  source: TableSource,
  { format, encoding }: { format: TableFormat; encoding: Encoding | null },
): AsyncGenerator<JsonRecord[]> {
  const text = decodeText(await source(), encoding ?? 'utf-8')
  yield* format === 'json' ? readArray(text) : readLines(text)
}

/**
 * The rows behind the header, in groups; empty ones are left out.
 * @throws UnreadableTableError where the file cannot be read on
 */
export async function* readTable(source: TableSource, layout: TableLayout): AsyncGenerator<TableRow[]> {
  const { headers, headerRow } = layout
  if (layout.format === 'json' || layout.format === 'jsonl') {
    yield* objectRows(source, layout)
    return
  }
  if (layout.format === 'excel') {
    for await (const rows of readSheet(await source(), layout.sheet, source.reader)) {
      const behind = rows.filter(({ index }) => index >= headerRow)
      yield behind.flatMap(({ index, cells }) => toTableRow(cells, index + 1, headers.length) ?? [])
    }
    return
  }
  let row = 0
  const text = decodeText(await source(), layout.encoding ?? 'utf-8')
  for await (const records of readRecords(text, layout.delimiter ?? ';')) {
    const found: TableRow[] = []
    for (const cells of records) {
      if (++row <= headerRow) continue
      const one = toTableRow(cells, row, headers.length)
      if (one) found.push(one)
    }
    yield found
  }
}

async function* objectRows(source: TableSource, layout: TableLayout): AsyncGenerator<TableRow[]> {
  let row = 0
  for await (const records of recordsOf(source, layout)) {
    yield records.map((record) => ({
      row: ++row,
      cells: cellsOf(record, layout.headers),
      ...('fault' in record ? { fault: record.fault } : {}),
    }))
  }
}
