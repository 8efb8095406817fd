/** csv and excel: all rows as they come, in constant memory. */
import type { ZipEntry } from '#kernel/zip.ts'
import { zip } from '#kernel/zip.ts'
import type { Builder, Dataset } from './builder.ts'
import { isNumeric } from './format-rules.ts'
import { columnsOf, datasetOf, periodText } from './printing.ts'
import type { Figures } from './reading-store.ts'
import type { Block, Cell, DatasetColumn, ReportRequest, Row, TableBlock } from './schemas.ts'
import { phrases, pick, wordIn } from './words.ts'
import type { SheetColumn } from './workbook-rules.ts'
import { sheetEnd, sheetRow, sheetStart, sheetTitles, workbookParts } from './workbook-rules.ts'

type Bytes = AsyncGenerator<Buffer, void, undefined>
type Written = { request: ReportRequest; builder: Builder; onRows: (count: number) => void }

/** The table that a csv is: the template's last one, which has the details; without any, the first figures that it shows. */
export function mainTable(blocks: readonly Block[]): { dataset: string; columns?: string[] | undefined } | null {
  const table = blocks.findLast((block): block is TableBlock => block.type === 'table')
  if (table) return table
  const first = blocks.find((block) => block.type !== 'text')
  return first && 'dataset' in first ? { dataset: first.dataset } : null
}

/**
 * What a spreadsheet would run as a formula begins with = + - @, a tab, a line break or the wide forms of those (OWASP, "CSV
 * Injection"), as exports have it. A number with its sign is none.
 */
const formula = /^[\t\n\r+\-=@\uff0b\uff0d\uff1d\uff20]/
const signedNumber = /^[+-][0-9 .,]*$/

export async function* csvContent(figures: Figures, { request, builder, onRows }: Written): Bytes {
  const { content, language, csv } = request
  const delimiter = csv.delimiter ?? ','
  const main = mainTable(content.blocks)
  if (csv.encoding === 'utf-8-bom') yield Buffer.from('\ufeff')
  if (!main) return
  const dataset = datasetOf(builder, main.dataset)
  const columns = columnsOf(dataset, main.columns)
  const quoted = new RegExp(`["\\n\\r${delimiter === '|' ? '\\|' : delimiter}]`)
  const line = (cells: readonly string[]) =>
    `${cells.map((cell) => (quoted.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter)}\n`
  yield Buffer.from(line(columns.map((column) => column.label[language])))
  for await (const rows of figures.stream(main.dataset, dataset)) {
    const lines = rows.map((row) => line(columns.map((column) => csvCell(column, row[column.id] ?? null, request))))
    onRows(rows.length)
    yield Buffer.from(lines.join(''))
  }
}

function csvCell({ kind }: DatasetColumn, value: Cell, { language, csv }: ReportRequest): string {
  if (value === null) return ''
  if (isNumeric(kind)) return csv.decimalMark === ',' ? String(value).replace('.', ',') : String(value)
  if (kind === 'boolean') return String(value)
  if (kind === 'word') return wordIn(language, String(value))
  const text = String(value)
  return formula.test(text) && !signedNumber.test(text) ? `'${text}` : text
}

/** Of 1 to 9: as exports have it. */
const compressionLevel = 2
const piecesOf = 64 * 1024

/** A sheet with the figures of all tiles, then one for each table and chart; figures shown twice have one. */
export async function* excelContent(figures: Figures, written: Written): Bytes {
  yield* zip(workbook(figures, written), { level: compressionLevel, classic: true })
}

async function* workbook(figures: Figures, written: Written): AsyncGenerator<ZipEntry> {
  const { request, builder } = written
  const { content, language } = request
  const wanted = sheetsOf(content.blocks)
  const names = sheetTitles([
    phrases[language].summary,
    ...wanted.map(({ title, dataset }) => pick(title, language) || datasetOf(builder, dataset).label[language]),
  ])
  let sheets = 0
  const nameOf = () => {
    sheets += 1
    return `xl/worksheets/sheet${sheets}.xml`
  }
  yield { name: nameOf(), content: summary(figures, written) }
  for (const { dataset: id, columns } of wanted) {
    const dataset = datasetOf(builder, id)
    yield { name: nameOf(), content: sheet(figures, written, { id, dataset, columns: columnsOf(dataset, columns) }) }
  }
  for (const { name, text } of workbookParts(names, request.resolved.currency)) {
    yield { name, content: [Buffer.from(text)] }
  }
}

type Sheet = { dataset: string; title?: { fr?: string; en?: string } | undefined; columns?: string[] | undefined }

function sheetsOf(blocks: readonly Block[]): Sheet[] {
  const tables: Sheet[] = blocks.filter((block): block is TableBlock => block.type === 'table')
  const charts = blocks.flatMap((block) => (block.type === 'chart' ? [{ dataset: block.dataset }] : []))
  const seen = new Set(tables.map(({ dataset }) => dataset))
  for (const chart of charts) {
    if (seen.has(chart.dataset)) continue
    seen.add(chart.dataset)
    tables.push(chart)
  }
  return tables
}

async function* summary(figures: Figures, { request, builder }: Written): AsyncGenerator<Buffer> {
  const { content, language, resolved } = request
  const said = phrases[language]
  const about = await figures.about(resolved.clientUid)
  const lines: { label: string; column: DatasetColumn | null; value: Cell }[] = [
    { label: about.tenant, column: null, value: null },
    { label: pick(content.name, language), column: null, value: periodText(resolved.from, resolved.to, { language }) },
  ]
  for (const block of content.blocks) {
    if (block.type !== 'tiles') continue
    const dataset = datasetOf(builder, block.dataset)
    const row = (await figures.rows(block.dataset, dataset))[0] ?? {}
    for (const column of columnsOf(dataset, block.fields)) {
      lines.push({ label: column.label[language], column, value: row[column.id] ?? null })
    }
  }
  const head: SheetColumn[] = [
    { label: said.figure, kind: 'text' },
    { label: said.value, kind: 'text' },
  ]
  yield Buffer.from(sheetStart(head))
  yield Buffer.from(
    lines
      .map(({ label, column, value }, i) =>
        sheetRow(i + 2, [
          { kind: 'text', value: label },
          { kind: column?.kind ?? 'text', value: cellOf(column, value, request) },
        ]),
      )
      .join(''),
  )
  yield Buffer.from(sheetEnd)
}

function cellOf(column: DatasetColumn | null, value: Cell, { language }: ReportRequest): Cell {
  if (column?.kind === 'word' && value !== null) return wordIn(language, String(value))
  return value
}

/** Excel has no more rows; a report of more is a csv. */
const mostRowsOfSheet = 1_048_575

async function* sheet(
  figures: Figures,
  { request, onRows }: Written,
  { id, dataset, columns }: { id: string; dataset: Dataset; columns: readonly DatasetColumn[] },
): AsyncGenerator<Buffer> {
  const { language } = request
  yield Buffer.from(sheetStart(columns.map(({ label, kind }) => ({ label: label[language], kind }))))
  let number = 1
  let text = ''
  const cells = (row: Row) =>
    columns.map((column) => ({ kind: column.kind, value: cellOf(column, row[column.id] ?? null, request) }))
  for await (const rows of figures.stream(id, dataset)) {
    for (const row of rows.slice(0, mostRowsOfSheet - number + 1)) {
      number += 1
      text += sheetRow(number, cells(row))
    }
    onRows(rows.length)
    if (text.length < piecesOf) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text + sheetEnd)
}
