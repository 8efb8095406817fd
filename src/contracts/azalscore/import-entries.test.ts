/** Accounting entries through imports: an entry goes in whole or not at all, and the check before says the same. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp()
  token = await app.signIn()
})
after(() => app.close())

type Preview = { file_id: string; suggested_entity_type: string }
type Report = { rows_with_errors: number; errors: { row: number; code: string }[] }
type Done = { rows_inserted: number; rows_refused: number }

async function post<T>(path: string, body: object, status: number): Promise<T> {
  const answer = await app.request(path, { method: 'POST', token, body })
  assert.equal(answer.status, status, answer.text)
  return answer.body
}

const head =
  'JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise'
type Line = { number: string; debit: string; credit: string; journal?: string; day?: string }
const lineOf = ({ number, debit, credit, journal = 'Ventes', day = '20240131' }: Line) =>
  `VE\t${journal}\t${number}\t${day}\t411000\tCompte\t\t\tF1\t20240131\tFacture\t${debit}\t${credit}\t\t\t20240131\t\t`

/** What the check says of these lines, and what the import then does. */
async function checkAndImport(lines: Line[], options: object = {}) {
  const { body: raw, type } = formOf({}, { file: Buffer.from([head, ...lines.map(lineOf)].join('\r\n')) })
  const sent = { method: 'POST', token, raw, headers: { 'content-type': type } }
  const seen = (await app.request('/api/v1/import/preview', sent)).body as Preview
  const body = { file_id: seen.file_id, template_id: 'fec_import' }
  const report = await post<Report>('/api/v1/import/validate', body, 200)
  const { import_id: importId } = await post<{ import_id: string }>('/api/v1/import/execute', { ...body, options }, 202)
  await runImport(app.runtime.services, { tenantId: firstTenant, importId }, AbortSignal.timeout(60_000))
  const done = (await app.request(`/api/v1/import/${importId}/progress`, { token })).body as Done
  return { seen, report, done }
}

test('entries are imported whole, from an FEC as it is; one that is not balanced is refused with all its lines', async () => {
  const { seen, report, done } = await checkAndImport(
    [
      { number: 'VE001', debit: '1200,00', credit: '0,00' },
      { number: 'VE001', debit: '0,00', credit: '1200,00' },
      { number: 'VE002', debit: '10,00', credit: '0,00' },
      { number: 'VE002', debit: '0,00', credit: '9,00' },
    ],
    { batch_size: 1 },
  )
  assert.equal(seen.suggested_entity_type, 'accounting_entries')
  assert.deepEqual([done.rows_inserted, done.rows_refused], [2, 2])
  assert.equal(report.rows_with_errors, 2)
  assert.deepEqual(
    report.errors.map(({ row, code }) => [row, code]),
    [
      [4, 'row_unbalanced'],
      [5, 'row_unbalanced'],
    ],
  )
})

test('the check refuses as many lines as the import does, whatever is wrong with one of an entry', async () => {
  const { report, done } = await checkAndImport([
    // A day that is none; the other line stands alone then.
    { number: 'VE011', debit: '10,00', credit: '0,00', day: '20240199' },
    { number: 'VE011', debit: '0,00', credit: '10,00' },
    // Both sides in one line: the whole entry.
    { number: 'VE012', debit: '10,00', credit: '10,00' },
    { number: 'VE012', debit: '0,00', credit: '10,00' },
    // Two names of one journal.
    { number: 'VE013', debit: '10,00', credit: '0,00' },
    { number: 'VE013', debit: '0,00', credit: '10,00', journal: 'Autres' },
    // Sound, though not beside one another.
    { number: 'VE014', debit: '10,00', credit: '0,00' },
    { number: 'VE015', debit: '10,00', credit: '0,00' },
    { number: 'VE014', debit: '0,00', credit: '10,00' },
    { number: 'VE015', debit: '0,00', credit: '10,00' },
  ])
  assert.deepEqual([done.rows_inserted, done.rows_refused, report.rows_with_errors], [4, 6, 6])
})
