/** Comma-separated values (RFC 4180), with whatever delimiter, piece by piece. */
import Papa from 'papaparse'
import { tableFault, UnreadableTableError } from './faults.ts'
import { mostRecordLength } from './table.ts'

const delimiters = [';', ',', '\t', '|'] as const

/** The delimiter that divides the first lines most evenly; quoted ones do not count. */
export function detectDelimiter(text: string): string {
  const lines = withoutQuoted(text)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 50)
  const scored = delimiters.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1)
    const usual = [...counts].sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 0
    const even = counts.filter((count) => count === usual).length
    return { delimiter, score: usual === 0 ? 0 : even * 1000 + usual }
  })
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  return best.score > 0 ? best.delimiter : ';'
}

/** Without what stands in quotes; the last one may be open. */
function withoutQuoted(text: string): string {
  return text
    .split('"')
    .filter((_, i) => i % 2 === 0)
    .join('')
}

/**
 * The records, as many at once as a piece of text holds.
 * @throws UnreadableTableError for a record that does not end, which is what an open quote looks like
 */
export async function* readRecords(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[][]> {
  const parser = new Papa.Parser({ delimiter, newline: '\n', quoteChar: '"' })
  let rest = ''
  let records = 0
  for await (const piece of text) {
    const input = rest + piece
    const { data, meta } = parser.parse(input, 0, true) as { data: string[][]; meta: { cursor: number } }
    rest = input.slice(meta.cursor)
    records += data.length
    if (rest.length > mostRecordLength) {
      throw new UnreadableTableError(
        tableFault('table_record_length', { record: records + 1, limit: mostRecordLength }),
      )
    }
    if (data.length > 0) yield data
  }
  if (rest !== '') {
    const { data, errors } = parser.parse(rest, 0, false) as { data: string[][]; errors: { code: string }[] }
    if (errors.some(({ code }) => code === 'MissingQuotes')) {
      throw new UnreadableTableError(tableFault('table_quote_open', { record: records + 1 }))
    }
    if (data.length > 0) yield data
  }
}
