/**
 * Rows as the database itself writes them for each format: the server formats them in C and sends them by COPY, so nothing of
 * this process is spent on a row (docs/decisions/0016-exports.md).
 */
import { sql } from 'kysely'
import type { Snapshot } from '#platform/db/snapshot.ts'
import { literal } from '#platform/db/snapshot.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Column } from './entity-store.ts'
import { entities, rowsOf } from './entity-store.ts'
import type { CheckedRequest, ColumnKind } from './schemas.ts'
import { mostRowsOfSheet, styleOf } from './sheet-rules.ts'

export { inSnapshot } from '#platform/db/snapshot.ts'

type Named = Column & { name: string }

function columnsOf({ entityType, columns }: CheckedRequest): Named[] {
  return columns.map((name) => ({ name, ...(entities[entityType].columns[name] as Column) }))
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Rows that the request has, counted no further than `atMost`. */
export async function countRows(snapshot: Snapshot, tenantId: string, request: CheckedRequest): Promise<number> {
  const [row] = await snapshot.ask<{ count: string }>({
    text: `select count(*) as count ${rowsOf(tenantId, request).from}`,
    values: [],
  })
  return Number(row?.count ?? 0)
}

export async function hasMoreRowsThan(
  tx: Tx,
  { tenantId, rows }: { tenantId: string; rows: number },
  request: CheckedRequest,
): Promise<boolean> {
  const found = `select 1 ${rowsOf(tenantId, request).from} limit ${rows + 1}`
  const result = await sql.raw<{ count: number }>(`select count(*)::integer as count from (${found}) r`).execute(tx)
  return (result.rows[0]?.count ?? 0) > rows
}

/**
 * CSV as RFC 4180 quotes it. What a spreadsheet would run as a formula gets an apostrophe in front: text that begins with
 * = + - @, a tab, a line break or the wide forms of those (OWASP, "CSV Injection"). A number with its sign is none.
 */
export function csvCopy(tenantId: string, request: CheckedRequest): string {
  const { delimiter, encoding, decimalMark } = request.csv
  const columns = columnsOf(request).map(({ name, kind, sql }) => `${cell(kind, sql, decimalMark)} as ${quoted(name)}`)
  const { from, orderBy } = rowsOf(tenantId, request)
  const options = `format csv, header true, delimiter ${literal(delimiter)}, encoding ${literal(encodings[encoding])}`
  return `copy (select ${columns.join(', ')} ${from} ${orderBy}) to stdout with (${options})`
}

const encodings = { 'utf-8': 'UTF8', 'utf-8-bom': 'UTF8', 'windows-1252': 'WIN1252' }

/** Code points: tab, line feed, carriage return, + - = @, and ＋ － ＝ ＠. */
const formulaStarts = '9, 10, 13, 43, 45, 61, 64, 65291, 65293, 65309, 65312'

function cell(kind: ColumnKind, sql: string, decimalMark: '.' | ','): string {
  switch (kind) {
    case 'text':
      return `case when ascii(${sql}) in (${formulaStarts}) and ${sql} !~ '^[+-][0-9 .,]*$' then '''' || ${sql} else ${sql} end`
    case 'decimal':
      return decimalMark === ',' ? `replace(${sql}::text, '.', ',')` : sql
    case 'boolean':
      return `case when ${sql} then 'true' when not ${sql} then 'false' end`
    case 'moment':
      return `date_trunc('second', ${sql} at time zone 'UTC')`
    default:
      return sql
  }
}

/** The server puts a text of JSON between no quotes: it has neither of these characters, nor a line break. */
const asItIs = `format csv, quote E'\\x01', delimiter E'\\x02'`

/** An object a line. Decimals are texts, as in the answers of the API. */
export function jsonCopy(tenantId: string, request: CheckedRequest): string {
  const columns = columnsOf(request).map(
    ({ name, kind, sql }) => `${kind === 'decimal' ? `${sql}::text` : sql} as ${quoted(name)}`,
  )
  const { from, orderBy } = rowsOf(tenantId, request)
  return `copy (select row_to_json(r) from (select ${columns.join(', ')} ${from} ${orderBy}) r) to stdout with (${asItIs})`
}

/**
 * The rows of a sheet as SpreadsheetML, one a line. A line break in a text becomes its character reference; other control
 * characters, which no XML has, stay in and are taken out on the way (sheet-rules.ts).
 */
export function sheetCopy(tenantId: string, request: CheckedRequest): string {
  const columns = columnsOf(request)
  const cells = columns.map(({ kind }, i) => sheetCell(kind, `c${i}`, columnLetters(i)))
  const { from, orderBy } = rowsOf(tenantId, request)
  const selected = columns.map(({ sql }, i) => `${sql} as c${i}`).join(', ')
  const numbered = `select (row_number() over () - 1) % ${mostRowsOfSheet} + 2 as n, q.* from (select ${selected} ${from} ${orderBy}) q`
  const row = `concat('<row r="', n, '">', ${cells.join(', ')}, '</row>')`
  return `copy (select ${row} from (${numbered}) r) to stdout with (${asItIs})`
}

/** A text in a cell has so many characters at most (Excel specifications and limits). */
const longestCell = 32_767

const inXml = (sql: string) =>
  `replace(replace(replace(replace(${sql}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\\n', '&#10;')`

function sheetCell(kind: ColumnKind, value: string, letters: string): string {
  const open = (type: string, style = styleOf[kind]) =>
    `'<c r="${letters}', n, '"${style === 0 ? '' : ` s="${style}"`}${type}>`
  const number = (sql: string) => `case when ${value} is not null then concat(${open('')}<v>', ${sql}, '</v></c>') end`
  const inline = (sql: string, style?: number) =>
    `concat(${open(' t="inlineStr"', style)}<is><t xml:space="preserve">', ${sql}, '</t></is></c>')`
  switch (kind) {
    case 'integer':
    case 'decimal':
      return number(value)
    case 'day':
      // Serial 1 is the first of January 1900; Excel believes in the 29th of February of that year.
      return `case when ${value} >= '1900-03-01' then concat(${open('')}<v>', ${value} - date '1899-12-30', '</v></c>')
        when ${value} is not null then ${inline(value, 0)} end`
    case 'moment':
      return number(`round(extract(epoch from ${value}) / 86400 + 25569, 8)`)
    case 'boolean':
      return `case when ${value} is not null then concat(${open(' t="b"')}<v>', ${value}::integer, '</v></c>') end`
    case 'word':
      return `case when ${value} is not null then ${inline(value)} end`
    case 'json':
      return `case when ${value} is not null then ${inline(inXml(`left(${value}::text, ${longestCell})`))} end`
    case 'text':
      return `case when ${value} is null then null when ascii(${value}) in (${formulaStarts})
        then ${inline(inXml(`left(${value}, ${longestCell})`), styleOf.quoted)} else ${inline(inXml(`left(${value}, ${longestCell})`))} end`
  }
}

/** A, B, ... Z, AA. */
function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last
}
