/** The rows that were refused, as a file to mend and import again: the file's own columns, and why. */
import { stringify } from 'csv-stringify/sync'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isFormula } from './value-rules.ts'

export type RefusedRow = { row: number; cells: string[]; field: string | null; reason: string }

export function sealRefused(secrets: SecretBox, rows: readonly RefusedRow[]): string {
  return secrets.encrypt(JSON.stringify(rows))
}

export function openRefused(secrets: SecretBox, ciphertext: string): RefusedRow[] {
  return JSON.parse(secrets.decrypt(ciphertext).toString('utf8')) as RefusedRow[]
}

/** A spreadsheet shows the cell as it is instead of running it. */
const defuse = (cell: string) => (isFormula(cell) ? `'${cell}` : cell)

function toCsv(lines: readonly (readonly string[])[]): string {
  return stringify(
    lines.map((line) => line.map(defuse)),
    { delimiter: ';', record_delimiter: '\r\n' },
  )
}

/** UTF-8 with its mark and semicolons: what a French spreadsheet opens without questions. */
export async function* refusedFile(
  headers: readonly string[],
  batches: AsyncIterable<readonly RefusedRow[]>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`\ufeff${toCsv([[...headers, 'ligne', 'colonne refusée', 'motif du refus']])}`)
  for await (const rows of batches) {
    yield Buffer.from(toCsv(rows.map(({ row, cells, field, reason }) => [...cells, String(row), field ?? '', reason])))
  }
}
