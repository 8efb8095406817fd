/** The rows that were refused: as they are kept, and as a file to mend and import again, the file's own columns and why. */
import { stringify } from 'csv-stringify/sync'
import type { KeptRowFault } from '#kernel/row-faults.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { TableLayout } from '#platform/tabular/index.ts'
import type { RefusedRow } from './schemas.ts'
import { isFormula } from './value-rules.ts'

/** Of an import that was under way when rows had one French sentence and no codes. */
type EarlierRow = { row: number; cells: string[]; field: string | null; reason: string }

export function sealRefused(secrets: SecretBox, rows: readonly RefusedRow[]): string {
  return secrets.encrypt(JSON.stringify(rows))
}

export function openRefused(secrets: SecretBox, ciphertext: string): RefusedRow[] {
  const kept = JSON.parse(secrets.decrypt(ciphertext).toString('utf8')) as (RefusedRow | EarlierRow)[]
  return kept.map((one) =>
    'faults' in one ? one : { row: one.row, cells: one.cells, faults: [{ field: one.field, message: one.reason }] },
  )
}

/** All that is wrong with a row in one sentence, and the column that it begins with. */
export function reasonOf(faults: readonly KeptRowFault[]): { field: string | null; reason: string } {
  const field = faults[0]?.field ?? null
  const sentences = faults.map((one) => (one.field === field ? one.message : `${one.field ?? ''} : ${one.message}`))
  return { field, reason: sentences.join(' ; ') }
}

export const mostShown = 50
const mostShownLength = 256 * 1024

/** The first rows, to be shown: few, and not without end, since cells may be of any length. */
export function beginningOf(rows: readonly RefusedRow[]): RefusedRow[] {
  let length = 0
  return rows.slice(0, mostShown).filter((one) => {
    length += JSON.stringify(one).length
    return length <= mostShownLength
  })
}

/** A spreadsheet shows the cell as it is instead of running it. */
const defuse = (cell: string) => (isFormula(cell) ? `'${cell}` : cell)

function toCsv(lines: readonly (readonly string[])[]): string {
  return stringify(
    lines.map((line) => line.map(defuse)),
    { delimiter: ';', record_delimiter: '\r\n' },
  )
}

const ownColumns = ['ligne', 'colonne refusée', 'motif du refus']

/** UTF-8 with its mark and semicolons: what a French spreadsheet opens without questions. */
export async function* refusedFile(
  headers: readonly string[],
  batches: AsyncIterable<readonly RefusedRow[]>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`\ufeff${toCsv([[...headers, ...ownColumns]])}`)
  for await (const rows of batches) {
    const lines = rows.map(({ row, cells, faults }) => {
      const { field, reason } = reasonOf(faults)
      return [...cells, String(row), field ?? '', reason]
    })
    yield Buffer.from(toCsv(lines))
  }
}

/** How that file is read again. */
export const refusedLayout = (headers: readonly string[]): TableLayout => ({
  format: 'csv',
  encoding: 'utf-8',
  delimiter: ';',
  headerRow: 1,
  sheet: null,
  headers: [...headers, ...ownColumns],
})

/** A row of that file, where nothing else was kept of it. */
export function refusedRowOf(cells: readonly string[]): RefusedRow {
  const [row = '', field = '', message = ''] = cells.slice(-ownColumns.length)
  return {
    row: Number(row),
    cells: cells.slice(0, -ownColumns.length),
    faults: [{ field: field === '' ? null : field, message }],
  }
}
