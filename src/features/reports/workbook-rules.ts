/** The parts of an XLSX workbook (ECMA-376, part 1: SpreadsheetML) with several sheets, whose rows are written as they come. */
import type { Cell, ValueKind } from './schemas.ts'

export type SheetColumn = { label: string; kind: ValueKind }

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packaged = 'http://schemas.openxmlformats.org/package/2006'
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** Indexes into cellXfs. `quoted` is a text that stays one when somebody edits the cell. */
const styleOf: Readonly<Record<ValueKind | 'header' | 'quoted', number>> = {
  text: 0,
  word: 0,
  month: 0,
  boolean: 0,
  header: 1,
  integer: 2,
  decimal: 3,
  money: 4,
  score: 5,
  percent: 6,
  day: 7,
  moment: 8,
  quoted: 9,
}

const widths: Readonly<Record<ValueKind, number>> = {
  text: 30,
  word: 16,
  integer: 12,
  decimal: 14,
  money: 16,
  percent: 10,
  score: 10,
  day: 12,
  month: 12,
  moment: 18,
  boolean: 10,
}

export const sheetEnd = '</sheetData></worksheet>'

/** Up to the first row; the head stays when one scrolls. */
export function sheetStart(columns: readonly SheetColumn[]): string {
  const cols = columns.map(
    ({ kind }, i) => `<col min="${i + 1}" max="${i + 1}" width="${widths[kind]}" customWidth="1"/>`,
  )
  const frozen =
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
  const head = columns.map(({ label }, i) => inline(i, 1, { text: label, style: styleOf.header }))
  return `${declaration}<worksheet xmlns="${main}">${frozen}<cols>${cols.join('')}</cols><sheetData><row r="1">${head.join('')}</row>`
}

/** @param number of the row, from 1 */
export function sheetRow(number: number, cells: readonly { kind: ValueKind; value: Cell }[]): string {
  return `<row r="${number}">${cells.map(({ kind, value }, i) => cell(i, number, { kind, value })).join('')}</row>`
}

type Place = { kind: ValueKind; value: Cell }

function cell(column: number, row: number, { kind, value }: Place): string {
  if (value === null || value === '') return ''
  const number = (text: string | number) => `<c r="${letters(column)}${row}" s="${styleOf[kind]}"><v>${text}</v></c>`
  switch (kind) {
    case 'integer':
    case 'decimal':
    case 'money':
    case 'score':
      return number(String(value))
    case 'percent':
      return number(Number(value) / 100)
    case 'day':
      return number(Date.parse(`${value}T00:00:00Z`) / 86_400_000 + 25_569)
    case 'moment':
      return number((Date.parse(String(value)) / 86_400_000 + 25_569).toFixed(8))
    case 'boolean':
      return `<c r="${letters(column)}${row}" t="b"><v>${value ? 1 : 0}</v></c>`
    default:
      return inline(column, row, { text: String(value), style: isFormula(String(value)) ? styleOf.quoted : 0 })
  }
}

const isFormula = (text: string) => /^[=+\-@\t\n\r\uff0b\uff0d\uff1d\uff20]/.test(text)

function inline(column: number, row: number, { text, style }: { text: string; style: number }): string {
  const shown = escapeXml(text.slice(0, longestCell).toWellFormed())
  return `<c r="${letters(column)}${row}"${style === 0 ? '' : ` s="${style}"`} t="inlineStr"><is><t xml:space="preserve">${shown}</t></is></c>`
}

/** A text in a cell has so many characters at most (Excel specifications and limits). */
const longestCell = 32_767

function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}

/** Of a sheet: at most 31 characters, none of []:*?/\ and no apostrophe at its ends, each once whatever its case. */
export function sheetTitles(wanted: readonly string[]): string[] {
  const taken = new Set<string>()
  return wanted.map((title, i) => {
    const plain =
      title
        .toWellFormed()
        .replace(/[[\]:*?/\\\p{Cc}]/gu, ' ')
        .replace(/^'+|'+$/g, '')
        .trim() || `${i + 1}`
    let name = plain.slice(0, 31)
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain.slice(0, 31 - ` ${n}`.length)} ${n}`
    taken.add(name.toLowerCase())
    return name
  })
}

function escapeXml(text: string): string {
  return text
    .replace(/(?![\t\n])[\p{Cc}\ufffe\uffff]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const formats = (currency: string) => [
  `#,##0.00\\ &quot;${currency}&quot;`,
  '0.0',
  '0.0%',
  'yyyy\\-mm\\-dd',
  'yyyy\\-mm\\-dd\\ hh:mm',
]

function styles(currency: string): string {
  const numFmts = formats(currency).map((code, i) => `<numFmt numFmtId="${164 + i}" formatCode="${code}"/>`)
  const xf = (numFmt: number, font = 0, more = '') =>
    `<xf numFmtId="${numFmt}" fontId="${font}" fillId="0" borderId="0" xfId="0"${numFmt ? ' applyNumberFormat="1"' : ''}${font ? ' applyFont="1"' : ''}${more}/>`
  const xfs = [xf(0), xf(0, 1), xf(3), xf(4), xf(164), xf(165), xf(166), xf(167), xf(168), xf(0, 0, ' quotePrefix="1"')]
  return `${declaration}<styleSheet xmlns="${main}"><numFmts count="${numFmts.length}">${numFmts.join('')}</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${xfs.length}">${xfs.join('')}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}

/** Everything beside the sheets. @param currency three letters */
export function workbookParts(titles: readonly string[], currency: string): { name: string; text: string }[] {
  const listed = titles.map((title, i) => `<sheet name="${escapeXml(title)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
  const related = titles.map(
    (_, i) =>
      `<Relationship Id="rId${i + 1}" Type="${relationships}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
  )
  const typed = titles.map(
    (_, i) => `<Override PartName="/xl/worksheets/sheet${i + 1}.xml" ContentType="${types}.worksheet+xml"/>`,
  )
  return [
    { name: 'xl/styles.xml', text: styles(currency) },
    {
      name: 'xl/workbook.xml',
      text: `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets>${listed.join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: `${declaration}<Relationships xmlns="${packaged}/relationships">${related.join('')}<Relationship Id="rId${titles.length + 1}" Type="${relationships}/styles" Target="styles.xml"/></Relationships>`,
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
