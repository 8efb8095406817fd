/** An import is no way around the right to decide on invoices. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'
import { createUser } from '#test/support/identity.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

async function upload(token: string, content: string): Promise<string> {
  const { body: raw, type } = formOf({}, { file: Buffer.from(content) })
  const options = { method: 'POST', token, raw, headers: { 'content-type': type } }
  const answer = await app.request('/api/v1/import/preview', options)
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as { file_id: string }).file_id
}

const execute = async (token: string, content: string, plan: object) =>
  app.request('/api/v1/import/execute', {
    method: 'POST',
    token,
    body: { file_id: await upload(token, content), ...plan },
  })

type Done = { rows_inserted: number; rows_updated: number; rows_refused: number }
async function importAll(token: string, content: string, plan: object): Promise<number[]> {
  const asked = await execute(token, content, plan)
  assert.equal(asked.status, 202, asked.text)
  const { import_id: importId } = asked.body as { import_id: string }
  await runImport(app.runtime.services, { tenantId: firstTenant, importId }, AbortSignal.timeout(60_000))
  const done: Done = (await app.request(`/api/v1/import/${importId}/progress`, { token })).body
  return [done.rows_inserted, done.rows_updated, done.rows_refused]
}

const invoice = (number: string, status: string) =>
  `Numéro;Code client;Date;Montant HT;TVA;Statut\n${number};DEC1;31/01/2024;1 000,00;200;${status}\n`
const byTemplate = { template_id: 'invoice_import' }
const columns = {
  ...{ Numéro: 'number', 'Code client': 'customer_code', Date: 'date' },
  ...{ 'Montant HT': 'net_amount', TVA: 'tax_amount' },
}
const mapped = (status: object) => ({
  entity_type: 'invoices',
  mappings: [
    ...Object.entries(columns).map(([source_field, target_field]) => ({ source_field, target_field })),
    { source_field: 'Statut', target_field: 'status', ...status },
  ],
})

test('who may not decide on invoices imports none that are decided on, whatever the mapping says', async () => {
  const owner = await app.signIn()
  assert.deepEqual(await importAll(owner, 'code;nom\nDEC1;Alpha\n', { template_id: 'client_import' }), [1, 0, 0])
  assert.deepEqual(await importAll(owner, invoice('A', 'Brouillon'), byTemplate), [1, 0, 0])
  const operator = await app.signIn(undefined, await createUser(app, ['operator'], owner))
  for (const status of ['Approuvée', 'approved', 'Refusée']) {
    assert.deepEqual(await importAll(operator, invoice('A', status), byTemplate), [0, 0, 1], status)
  }
  const asText = mapped({ data_type: 'string' })
  assert.deepEqual(await importAll(operator, invoice('A', 'approved'), asText), [0, 0, 1])
  for (const status of [{ data_type: 'enum', values: ['approved'] }, { default_value: 'approved' }]) {
    assert.equal((await execute(operator, invoice('A', ''), mapped(status))).status, 422, JSON.stringify(status))
  }
  assert.deepEqual(await importAll(operator, invoice('A', 'Envoyée'), byTemplate), [0, 1, 0])
  assert.deepEqual(await importAll(owner, invoice('B', 'Approuvée'), byTemplate), [1, 0, 0])
})
