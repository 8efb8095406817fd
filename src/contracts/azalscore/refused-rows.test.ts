/** The rows that imports have refused, as they are shown. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({})
  token = await app.signIn()
})
after(() => app.close())

const byTemplate = { template_id: 'client_import' }

async function importAll(content: string, plan: object): Promise<{ id: string; status: string; rows_refused: number }> {
  const form = formOf({}, { file: Buffer.from(content) })
  const sent = { method: 'POST', token, raw: form.body, headers: { 'content-type': form.type } }
  const { file_id } = (await app.request('/api/v1/import/preview', sent)).body
  const asked = { method: 'POST', token, body: { file_id, ...plan } }
  const { import_id: id } = (await app.request('/api/v1/import/execute', asked)).body
  await runImport(app.runtime.services, { tenantId: firstTenant, importId: id }, AbortSignal.timeout(60_000))
  const { status, rows_refused } = (await app.request(`/api/v1/import/${id}/progress`, { token })).body
  return { id, status, rows_refused }
}

type Refused = {
  row: number
  cells: Record<string, string>
  faults: { field: string | null; message: string; code?: string; parameters?: object }[]
}
async function refusedRows(id: string): Promise<Refused[]> {
  const body: { rows: Refused[] } = (await app.request(`/api/v1/import/${id}/refused-rows`, { token })).body
  return body.rows
}

test('refused rows are shown with all that is wrong with each: field, French sentence, code and what stands in it', async () => {
  const file = 'code;nom;e-mail;siret\nSEEN1;;pas-un-mail;\nSEEN2;=1+1;;123\nSEEN3;C;;;extra\nSEEN4;D;;\n'
  const { id } = await importAll(file, byTemplate)
  const [mail, siret] = ['Adresse e-mail attendue', 'SIRET attendu : 14 chiffres, avec une clé valide']
  const cells = "La ligne a 5 cellules, l'en-tête en a 4"
  assert.deepEqual(await refusedRows(id), [
    {
      row: 2,
      cells: { code: 'SEEN1', nom: '', 'e-mail': 'pas-un-mail', siret: '' },
      faults: [
        { field: 'nom', message: 'Valeur obligatoire', code: 'row_needed', parameters: {} },
        { field: 'e-mail', message: mail, code: 'row_email', parameters: {} },
      ],
    },
    {
      row: 3,
      cells: { code: 'SEEN2', nom: '=1+1', 'e-mail': '', siret: '123' },
      faults: [{ field: 'siret', message: siret, code: 'row_siret', parameters: {} }],
    },
    {
      row: 4,
      cells: { code: 'SEEN3', nom: 'C', 'e-mail': '', siret: '' },
      faults: [{ field: null, message: cells, code: 'row_cells', parameters: { cells: '5', columns: '4' } }],
    },
  ])
  const stopped = await importAll(file, { ...byTemplate, options: { stop_on_error: true } })
  assert.equal(stopped.status, 'failed')
  assert.deepEqual(await refusedRows(stopped.id), await refusedRows(id))
})

test('of many refused rows the first are shown, and none where none was refused', async () => {
  const many = `code;nom\n${Array.from({ length: 130 }, (_, i) => `MANY${i};\n`).join('')}`
  const { id, rows_refused } = await importAll(many, { ...byTemplate, options: { batch_size: 20 } })
  const shown = await refusedRows(id)
  assert.deepEqual([rows_refused, shown.length, shown[0]?.row, shown.at(-1)?.row], [130, 50, 2, 51])
  const { id: sound } = await importAll('code;nom\nSOUND1;A\n', byTemplate)
  assert.equal((await app.request(`/api/v1/import/${sound}/refused-rows`, { token })).status, 404)
})

test('rows that were refused before there were codes are shown with their sentence', async () => {
  const { services } = app.runtime
  const { id } = await importAll('code;nom;e-mail\nOLD1;;a@b.fr\nOLD2;"=1;\n+1";pas-un-mail\n', byTemplate)
  const change = (text: string, values: unknown[]) =>
    services.database.batch([
      { text: 'select enter_tenant($1)', values: [firstTenant] },
      { text, values },
    ])
  const faults = [{ field: 'nom', message: 'Valeur obligatoire' }]
  const before = [{ row: 2, cells: ['OLD1', '', 'a@b.fr'], field: 'nom', reason: 'Valeur obligatoire' }]
  const ciphertext = services.secrets.encrypt(JSON.stringify(before))
  await change('update import_refusals set rows_ciphertext = $2 where import_id = $1', [id, ciphertext])
  const cells = { code: 'OLD1', nom: '', 'e-mail': 'a@b.fr' }
  assert.deepEqual(await refusedRows(id), [{ row: 2, cells, faults }])
  await change('delete from import_refusals where import_id = $1', [id])
  assert.deepEqual(await refusedRows(id), [
    { row: 2, cells, faults },
    {
      row: 3,
      cells: { code: 'OLD2', nom: "'=1;\n+1", 'e-mail': 'pas-un-mail' },
      faults: [{ field: 'e-mail', message: 'Adresse e-mail attendue' }],
    },
  ])
})
