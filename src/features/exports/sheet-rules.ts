/** The parts of an XLSX workbook that are not rows (ECMA-376, part 1: SpreadsheetML), and what rows may not have in them. */
import type { ColumnKind } from './schemas.ts'

/** A sheet has 1,048,576 rows, of which one is the header. */
export const mostRowsOfSheet = 1_048_575

/**
 * Indexes into cellXfs below. `quoted` is a text that stays one when somebody edits the cell: Excel shows an apostrophe in
 * front of it, which is no part of the text.
 */
export const styleOf: Readonly<Record<ColumnKind | 'quoted' | 'header', number>> = {
  text: 0,
  word: 0,
  json: 0,
  boolean: 0,
  integer: 0,
  header: 1,
  decimal: 2,
  day: 3,
  moment: 4,
  quoted: 5,
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packaged = 'http://schemas.openxmlformats.org/package/2006'
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const styles = `${declaration}<styleSheet xmlns="${main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const widths: Readonly<Record<ColumnKind, number>> = {
  text: 24,
  word: 16,
  json: 40,
  boolean: 10,
  integer: 12,
  decimal: 14,
  day: 12,
  moment: 20,
}

/** Up to the first row; `sheetEnd` closes it. */
export function sheetStart(columns: readonly { name: string; kind: ColumnKind }[]): string {
  const cols = columns.map(
    ({ kind }, i) => `<col min="${i + 1}" max="${i + 1}" width="${widths[kind]}" customWidth="1"/>`,
  )
  const cells = columns.map(
    ({ name }) => `<c s="${styleOf.header}" t="inlineStr"><is><t>${escapeXml(name)}</t></is></c>`,
  )
  const frozen =
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
  const addressed = cells.map((cell, i) => cell.replace('<c ', `<c r="${letters(i)}1" `))
  return `${declaration}<worksheet xmlns="${main}">${frozen}<cols>${cols.join('')}</cols><sheetData><row r="1">${addressed.join('')}</row>\n`
}
export const sheetEnd = '</sheetData></worksheet>'

function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}

/** Everything beside the sheets, whose number is known at the end. */
export function workbookParts(title: string, sheets: number): { name: string; text: string }[] {
  const numbers = Array.from({ length: sheets }, (_, i) => i + 1)
  const name = (n: number) => escapeXml(n === 1 ? title : `${title} ${n}`)
  const listed = numbers.map((n) => `<sheet name="${name(n)}" sheetId="${n}" r:id="rId${n}"/>`)
  const related = numbers.map(
    (n) => `<Relationship Id="rId${n}" Type="${relationships}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
  )
  const typed = numbers.map(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${types}.worksheet+xml"/>`,
  )
  return [
    { name: 'xl/styles.xml', text: styles },
    {
      name: 'xl/workbook.xml',
      text: `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets>${listed.join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: `${declaration}<Relationships xmlns="${packaged}/relationships">${related.join('')}<Relationship Id="rId${sheets + 1}" Type="${relationships}/styles" Target="styles.xml"/></Relationships>`,
    },
    {
      name: '_rels/.rels',
      text: `${declaration}<Relationships xmlns="${packaged}/relationships"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    },
    {
      name: '[Content_Types].xml',
      text: `${declaration}<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/>${typed.join('')}</Types>`,
    },
  ]
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const lineFeed = 0x0a

/**
 * Takes out what no XML 1.0 has: control characters but the line feed that ends a row, and U+FFFE and U+FFFF. They go with
 * the quotes that COPY puts around a row with a carriage return. A piece without any is given back as it is.
 */
export function withoutControls(piece: Buffer): Buffer {
  let at = 0
  while (at < piece.length && !isForbidden(piece, at)) at++
  if (at === piece.length) return piece
  const kept = Buffer.allocUnsafe(piece.length)
  piece.copy(kept, 0, 0, at)
  let length = at
  for (let i = at; i < piece.length; i++) {
    if (piece[i] === 0xbf || piece[i] === 0xbe) kept[length++] = isNoncharacter(piece, i) ? 0xbd : (piece[i] as number)
    else if (!isForbidden(piece, i)) kept[length++] = piece[i] as number
  }
  return kept.subarray(0, length)
}

function isForbidden(piece: Buffer, at: number): boolean {
  const byte = piece[at] as number
  if (byte < 0x20) return byte !== lineFeed
  return byte >= 0xbe && byte <= 0xbf && isNoncharacter(piece, at)
}

/** The last byte of EF BF BE or EF BF BF; U+FFFD takes their place. */
function isNoncharacter(piece: Buffer, at: number): boolean {
  return piece[at - 1] === 0xbf && piece[at - 2] === 0xef
}
