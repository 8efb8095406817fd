/** Imports over HTTP, as a company's staff make them; the job is run here, as a worker runs it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'
import { runHeldImport } from '#test/support/held-import.ts'
import { codeOf } from '#test/support/identity.ts'
import { loseKeys } from '#test/support/lost-keys.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({ config: { maxImportBytes: 200_000 } })
  token = await app.signIn()
})
after(() => app.close())

type Progress = { status: string; rows_read: number; rows_inserted: number; rows_updated: number; rows_refused: number }
type Preview = Record<'file_id' | 'encoding' | 'delimiter' | 'format' | 'suggested_entity_type', string> & {
  headers: string[]
  preview_rows: Record<string, string>[]
  total_rows_estimated: number
  warnings: unknown[]
  suggested_mappings: object[]
}

async function send(content: Buffer | string, fields: Record<string, unknown> = {}) {
  const form = formOf(fields, { file: Buffer.from(content) })
  const options = { method: 'POST', token, raw: form.body, headers: { 'content-type': form.type } }
  return app.request('/api/v1/import/preview', options)
}

async function preview(content: Buffer | string, fields?: Record<string, unknown>): Promise<Preview> {
  const answer = await send(content, fields)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

async function post<T>(path: string, body: object, status: number): Promise<T> {
  const answer = await app.request(path, { method: 'POST', token, body })
  assert.equal(answer.status, status, answer.text)
  return answer.body
}

const get = async <T>(path: string): Promise<T> => (await app.request(path, { token })).body
const run = (importId: string, signal = AbortSignal.timeout(60_000)) =>
  runImport(app.runtime.services, { tenantId: firstTenant, importId }, signal)
const progressOf = (id: string) => get<Progress>(`/api/v1/import/${id}/progress`)

async function ask(fileId: string, plan: object): Promise<string> {
  const body = { file_id: fileId, ...plan }
  return (await post<{ import_id: string }>('/api/v1/import/execute', body, 202)).import_id
}

type Failed = { error: string; error_code: string; error_parameters: Record<string, string> }

async function importAll(content: Buffer | string, plan: object): Promise<Progress & Failed & { id: string }> {
  const id = await ask((await preview(content)).file_id, plan)
  await run(id)
  return { ...(await progressOf(id)), id } as Progress & Failed & { id: string }
}

async function untilRead(id: string, rows: number): Promise<void> {
  const deadline = Date.now() + 30_000
  while ((await progressOf(id)).rows_read < rows) assert.ok(Date.now() < deadline, 'nothing is read')
}

async function customers(prefix: string): Promise<string[]> {
  const found = await app.runtime.services.database.batch([
    { text: 'select enter_tenant($1)', values: [firstTenant] },
    {
      text: `select code || ':' || name as one from customers where code like $1 || '%' order by code`,
      values: [prefix],
    },
  ])
  return (found[1]?.rows ?? []).map(({ one }) => one as string)
}

const byTemplate = { template_id: 'client_import' }
const lines = (prefix: string, count: number) =>
  `code;nom\n${Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')};Client ${i}\n`).join('')}`

test("the document's exchange: preview, validation with its warning, execution", async () => {
  const file = 'code;nom;montant\r\nCLI001;Alpha;1500\r\nCLI002;B;1\r\nCLI003;C;1\r\nCLI004;D;\r\n'
  const seen = await preview(file, { format: 'csv', delimiter: ';', max_rows: 1 })
  assert.deepEqual(seen.headers, ['code', 'nom', 'montant'])
  assert.deepEqual(seen.preview_rows, [{ code: 'CLI001', nom: 'Alpha', montant: '1500' }])
  assert.deepEqual([seen.total_rows_estimated, seen.encoding, seen.delimiter, seen.format], [4, 'utf-8', ';', 'csv'])
  const mappings = [
    { source_field: 'code', target_field: 'client_code', data_type: 'string', required: true },
    { source_field: 'montant', target_field: 'amount', data_type: 'decimal' },
  ]
  const report = await post<{ valid: boolean; errors: object[]; warnings: object[] }>(
    '/api/v1/import/validate',
    { file_id: seen.file_id, format: 'csv', mappings },
    200,
  )
  assert.deepEqual(
    [report.valid, report.errors, report.warnings],
    [true, [], [{ row: 5, field: 'montant', message: 'Valeur vide, sera ignorée', code: 'row_empty', parameters: {} }]],
  )
  const id = await ask(seen.file_id, { ...byTemplate, options: { stop_on_error: false, batch_size: 2 } })
  await run(id)
  const done = await progressOf(id)
  assert.deepEqual([done.status, done.rows_read, done.rows_inserted], ['completed', 4, 4])
  assert.equal((await customers('CLI00')).length, 4)
})

test('refused rows come back as a file with the reason of each; what a spreadsheet would run is defused', async () => {
  const file =
    'code;nom;e-mail;ville\nREF1;Alpha;pas-un-mail;=1+1\nREF2;;a@b.fr;Lyon\nREF3;C;c@b.fr;"Ly\non"\nREF4;D;;\n'
  const done = await importAll(file, byTemplate)
  assert.deepEqual([done.status, done.rows_inserted, done.rows_refused], ['completed', 1, 3])
  const answer = await app.request(`/api/v1/import/${done.id}/refused`, { token })
  const text = answer.text.replace('\ufeff', '')
  assert.match(text, /^code;nom;e-mail;ville;ligne;colonne refusée;motif du refus\r\n/)
  assert.match(text, /REF1;Alpha;pas-un-mail;'=1\+1;2;e-mail;Adresse e-mail attendue\r\n/)
  assert.match(text, /REF2;;a@b\.fr;Lyon;3;nom;Valeur obligatoire\r\n/)
  assert.deepEqual(await customers('REF'), ['REF4:D'])
})

test('the same file twice is told, and changes what is there by the key: no row twice', async () => {
  const first = lines('TWICE', 50)
  assert.equal((await importAll(first, byTemplate)).rows_inserted, 50)
  const again = await preview(first)
  assert.equal(again.warnings.length, 1)
  const id = await ask(again.file_id, byTemplate)
  await run(id)
  const done = await progressOf(id)
  assert.deepEqual([done.rows_inserted, done.rows_updated], [0, 50])
  const skipped = await importAll('code;nom\nTWICE0001;Autre\n', { ...byTemplate, options: { on_existing: 'skip' } })
  assert.deepEqual([skipped.rows_inserted, skipped.rows_updated], [0, 0])
  const refused = await importAll('code;nom\nTWICE0001;Encore\n', { ...byTemplate, options: { on_existing: 'refuse' } })
  assert.equal(refused.rows_refused, 1)
  assert.equal((await customers('TWICE')).length, 50)
  assert.equal((await customers('TWICE'))[1], 'TWICE0001:Client 1')
})

test('stop_on_error undoes everything and says which row it was', async () => {
  const file = `${lines('STOP', 30)}STOP9999;\n`
  const stop = { ...byTemplate, options: { stop_on_error: true, batch_size: 10 } }
  const failed = await importAll(file, stop)
  assert.equal(failed.status, 'failed')
  assert.match(failed.error, /Ligne 32, nom : Valeur obligatoire/)
  assert.deepEqual([failed.error_code, failed.error_parameters], ['import_stopped', { row: '32' }])
  assert.deepEqual(await customers('STOP'), [])
  assert.equal((await importAll(lines('STOP', 30), stop)).rows_inserted, 30)
})

test('a file that cannot be read is refused by a code that says why, before an import of it and in one', async () => {
  const unread = await send('[{"code": "A"}, {"code": "B"}')
  const { details } = (unread.body as { error: { details: { field: string; code: string }[] } }).error
  assert.deepEqual([unread.status, codeOf(unread)], [422, 'import_unreadable'])
  assert.equal(details[0]?.field, 'body.file')
  const id = await ask((await preview(lines('LOST', 5))).file_id, byTemplate)
  await loseKeys(app)
  // Another server may have its key: the queue tries again.
  for (let attempt = 1; attempt < 6; attempt++) await assert.rejects(run(id), { code: 'content_lost' })
  await run(id)
  const failed = (await progressOf(id)) as Progress & Failed
  assert.deepEqual([failed.status, failed.error_code, failed.error_parameters], ['failed', 'content_lost', {}])
})

test('cancelled in the middle: what was written stays, and nothing more comes', async () => {
  const { file_id } = await preview(lines('CANCEL', 200))
  const id = await ask(file_id, { ...byTemplate, options: { batch_size: 10 } })
  const { running, letGo } = runHeldImport(app, id)
  await untilRead(id, 10)
  await post(`/api/v1/import/${id}/cancel`, {}, 202)
  letGo()
  await running
  const done = await progressOf(id)
  assert.equal(done.status, 'cancelled')
  assert.ok(done.rows_inserted >= 10 && done.rows_inserted < 200)
  assert.equal((await customers('CANCEL')).length, done.rows_inserted)
  await post(`/api/v1/import/${id}/cancel`, {}, 409)
  const idle = await ask(file_id, byTemplate)
  await post(`/api/v1/import/${idle}/cancel`, {}, 202)
  await run(idle)
  assert.deepEqual(await progressOf(idle).then(({ status, rows_read }) => [status, rows_read]), ['cancelled', 0])
})

test('a run that was broken off goes on behind its last batch; two runs of one import write no row twice', async () => {
  const { file_id } = await preview(lines('AGAIN', 300))
  const id = await ask(file_id, { ...byTemplate, options: { batch_size: 10, on_existing: 'refuse' } })
  const breaking = new AbortController()
  const { running, letGo } = runHeldImport(app, id, breaking.signal)
  await untilRead(id, 20)
  breaking.abort(new Error('killed'))
  letGo()
  await assert.rejects(running, /killed/)
  const { rows_read } = await progressOf(id)
  assert.ok(rows_read >= 20 && rows_read < 300, String(rows_read))
  await Promise.all([run(id), run(id)])
  const done = await progressOf(id)
  assert.deepEqual([done.status, done.rows_read, done.rows_inserted, done.rows_refused], ['completed', 300, 300, 0])
  assert.equal((await customers('AGAIN')).length, 300)
})

test('two imports at once go on beside each other', async () => {
  const ids = await Promise.all(
    ['LEFT', 'RIGHT'].map(async (prefix) =>
      ask((await preview(lines(prefix, 100))).file_id, { ...byTemplate, options: { batch_size: 10 } }),
    ),
  )
  await Promise.all(ids.map((id) => run(id)))
  for (const id of ids) assert.equal((await progressOf(id)).rows_inserted, 100)
})

test('invoices, clients of the platform and profiles are imported too', async () => {
  await importAll('code;nom\nINV1;Alpha\n', byTemplate)
  const invoices =
    'Numéro;Code client;Date;Montant HT;TVA;Statut\nF1;INV1;31/01/2024;1 000,00;200;Payée\nF2;NONE;31/01/2024;1;0;\n'
  const done = await importAll(invoices, { template_id: 'invoice_import' })
  assert.deepEqual([done.rows_inserted, done.rows_refused], [1, 1])
  const clients = await importAll('nom;siret\nImported One;73282932000074\nImported One;\n', {
    template_id: 'platform_client_import',
  })
  assert.deepEqual([clients.rows_inserted, clients.rows_updated], [1, 1])
  const uid = await app.createClient('Of profiles')
  const profiles = await importAll(`client;reference\n${uid};R1\nnobody;R2\n`, { template_id: 'profile_import' })
  assert.equal(profiles.rows_read, 2)
  assert.ok(profiles.rows_refused >= 1)
})

test("the tenant's own templates; those that are always there stay as they are", async () => {
  const mappings = [
    { source_field: 'Réf', target_field: 'code' },
    { source_field: 'Intitulé', target_field: 'name', default_value: 'Sans nom' },
  ]
  const body = { id: 'mine', name: 'Mine', entity_type: 'customers', mappings }
  await post('/api/v1/import/templates', body, 201)
  await post('/api/v1/import/templates', body, 409)
  await post('/api/v1/import/templates', { ...body, id: 'client_import' }, 409)
  const wrong = { ...body, id: 'wrong', mappings: [{ source_field: 'a', target_field: 'unknown' }] }
  await post('/api/v1/import/templates', wrong, 422)
  const done = await importAll('Réf;Intitulé\nMINE1;\n', { template_id: 'mine' })
  assert.equal(done.rows_inserted, 1)
  assert.deepEqual(await customers('MINE'), ['MINE1:Sans nom'])
})

test('answers bad files with what is wrong with them, and keeps none', async () => {
  for (const [content, status] of [
    ['', 422],
    ['PK\u0003\u0004 nothing', 422],
    [`["${'['.repeat(50)}`, 422],
    ['['.repeat(10_000), 422],
    ['x'.repeat(200_001), 413],
  ] as const) {
    assert.equal((await send(content)).status, status, content.slice(0, 10))
  }
  assert.equal((await send('a;b\n1;2\n', { max_rows: 'many' })).status, 422)
  const { file_id } = await preview('a;b\n1;2\n')
  await post('/api/v1/import/execute', { file_id, ...byTemplate }, 422)
  await post('/api/v1/import/execute', { file_id }, 422)
  await post('/api/v1/import/validate', { file_id: 'file_unknown', ...byTemplate }, 404)
})

test('shows the progress live until the import has ended, and every import in the history', async () => {
  const id = await ask((await preview(lines('LIVE', 100))).file_id, { ...byTemplate, options: { batch_size: 10 } })
  const watching = app.request(`/api/v1/import/${id}/live`, { token })
  await run(id)
  const { text, headers } = await watching
  assert.equal(headers.get('content-type'), 'text/event-stream')
  const events = text.split('\n\n').filter((one) => one.startsWith('event: progress\ndata: '))
  const last = JSON.parse(events.at(-1)?.split('data: ')[1] ?? '{}') as Progress
  assert.deepEqual([last.status, last.rows_read], ['completed', 100])
  const history = await get<{ imports: { import_id: string }[]; next_after: string }>('/api/v1/import?limit=1')
  assert.equal(history.imports[0]?.import_id, id)
  const further = await get<{ imports: unknown[] }>(`/api/v1/import?limit=1&after=${history.next_after}`)
  assert.equal(further.imports.length, 1)
})
