/**
 * The FEC as article A47 A-1 of the Livre des procédures fiscales lays it down: 18 columns in this order, named in the first
 * line, separated by tabs, dates YYYYMMDD, amounts with a comma, in ISO 8859-15 (or, accepted by the administration's
 * checker as well, UTF-8 without a mark). Nothing can be quoted, so a field holds no tab and no line break.
 */
import type { FecEncoding, FecLine } from './schemas.ts'

type Column = { name: string; of: (line: FecLine) => string }

const day = (date: string | null) => (date === null ? '' : date.replaceAll('-', ''))
const amount = (decimal: string | null) => (decimal === null ? '' : decimal.replace('.', ','))

export const columns: readonly Column[] = [
  { name: 'JournalCode', of: (line) => line.journalCode },
  { name: 'JournalLib', of: (line) => line.journalLabel },
  { name: 'EcritureNum', of: (line) => line.entryNumber ?? '' },
  { name: 'EcritureDate', of: (line) => day(line.entryDate) },
  { name: 'CompteNum', of: (line) => line.accountNumber },
  { name: 'CompteLib', of: (line) => line.accountLabel },
  { name: 'CompAuxNum', of: (line) => line.auxiliaryNumber ?? '' },
  { name: 'CompAuxLib', of: (line) => line.auxiliaryLabel ?? '' },
  { name: 'PieceRef', of: (line) => line.pieceRef },
  { name: 'PieceDate', of: (line) => day(line.pieceDate) },
  { name: 'EcritureLib', of: (line) => line.label },
  { name: 'Debit', of: (line) => amount(line.debit) },
  { name: 'Credit', of: (line) => amount(line.credit) },
  { name: 'EcritureLet', of: (line) => line.lettering ?? '' },
  { name: 'DateLet', of: (line) => day(line.letteringDate) },
  { name: 'ValidDate', of: (line) => day(line.validatedOn) },
  { name: 'Montantdevise', of: (line) => amount(line.amountCurrency) },
  { name: 'Idevise', of: (line) => line.currency ?? '' },
]

const endOfLine = '\r\n'
export const header = columns.map(({ name }) => name).join('\t') + endOfLine

export function fecLine(line: FecLine): string {
  let text = columns[0]?.of(line) ?? ''
  for (let i = 1; i < columns.length; i++) text += `\t${(columns[i] as Column).of(line)}`
  return text + endOfLine
}

/** The file's text, a piece for each group of lines; the header comes first. No empty line, also not at the end. */
export async function* fecLines(groups: AsyncIterable<readonly FecLine[]>): AsyncGenerator<string, void, undefined> {
  yield header
  for await (const group of groups) {
    let text = ''
    for (const line of group) text += fecLine(line)
    yield text
  }
}

/** @param closingDate the last day of the fiscal year */
export function fecFileName(siren: string, closingDate: string): string {
  return `${siren}FEC${day(closingDate)}.txt`
}

/** What ISO 8859-15 has in other places than Unicode. */
const moved = new Map<number, number>([
  [0x20ac, 0xa4],
  [0x160, 0xa6],
  [0x161, 0xa8],
  [0x17d, 0xb4],
  [0x17e, 0xb8],
  [0x152, 0xbc],
  [0x153, 0xbd],
  [0x178, 0xbe],
])
/** Whose places those are in Unicode: ¤ ¦ ¨ ´ ¸ ¼ ½ ¾ are not in ISO 8859-15. */
const displaced = new Set(moved.values())

/** Punctuation that word processors put in, and what a typewriter has for it; letters are never changed. */
const plain = new Map<string, string>([
  ['\u2018', "'"],
  ['\u2019', "'"],
  ['\u201a', "'"],
  ['\u2032', "'"],
  ['\u201c', '"'],
  ['\u201d', '"'],
  ['\u201e', '"'],
  ['\u2033', '"'],
  ['\u2010', '-'],
  ['\u2011', '-'],
  ['\u2012', '-'],
  ['\u2013', '-'],
  ['\u2014', '-'],
  ['\u2026', '...'],
  ['\u2009', ' '],
  ['\u200a', ' '],
  ['\u202f', ' '],
  ['\u00b4', "'"],
])

const onlyAscii = /^[\t\r\n -~]*$/

/** The code in ISO 8859-15, or null for a character that it does not have. */
function latin9(character: string): number | null {
  const codePoint = character.codePointAt(0) as number
  const place = moved.get(codePoint)
  if (place !== undefined) return place
  return codePoint < 0x80 || (codePoint >= 0xa0 && codePoint <= 0xff && !displaced.has(codePoint)) ? codePoint : null
}

/** The first character of the text that the encoding cannot write, or null. */
export function unwritable(text: string, encoding: FecEncoding): string | null {
  if (onlyAscii.test(text)) return null
  if (encoding === 'utf-8') return text.isWellFormed() ? null : '\ufffd'
  for (const character of text) if (!plain.has(character) && latin9(character) === null) return character
  return null
}

/** @throws RangeError for a character that the encoding does not have; `unwritable` finds it before */
export function encodeText(text: string, encoding: FecEncoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8')
  if (onlyAscii.test(text)) return Buffer.from(text, 'latin1')
  const codes: number[] = []
  for (const character of text) {
    for (const written of plain.get(character) ?? character) {
      const code = latin9(written)
      if (code === null) throw new RangeError(`ISO 8859-15 has no ${JSON.stringify(written)}`)
      codes.push(code)
    }
  }
  return Buffer.from(codes)
}
