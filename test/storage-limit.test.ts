/** The limit of what a tenant's files may have together, as callers and administrators see it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { runReport } from '#features/reports/index.ts'
import type { Answer, TestApp } from './support/app.ts'
import { firstTenant, startTestApp } from './support/app.ts'
import { assertPrintedBy, written } from './support/contract-errors.ts'
import { formOf } from './support/form.ts'
import { profileAttributes } from './support/prepared-client.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({ config: { tenantFileBytes: 50_000 } })
  token = await app.signIn()
})
after(() => app.close())

type Storage = { used_bytes: number; limit_bytes: number; default_limit_bytes: number }

async function storage(method = 'GET', body?: object): Promise<Storage> {
  const answer = await app.request('/api/v1/rate-limits', { method, token, ...(body ? { body } : {}) })
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as { storage: Storage }).storage
}

function upload(path: string, content: Buffer, fields: Record<string, string>, apiKey?: string): Promise<Answer> {
  const form = formOf(fields, { file: content })
  const headers = { 'content-type': form.type }
  return app.request(path, { method: 'POST', raw: form.body, headers, ...(apiKey ? { apiKey } : { token }) })
}

const csvOf = (bytes: number) => Buffer.from(`code,name\n${'C1,Alpha\n'.repeat(Math.ceil(bytes / 9))}`)

test('files are refused with 413 in the format of their contract once the limit is reached, until it is raised', async () => {
  const before = await storage()
  assert.deepEqual(before, { used_bytes: 0, limit_bytes: 50_000, default_limit_bytes: 50_000 })
  const first = csvOf(30_000)
  assert.equal((await upload('/api/v1/import/preview', first, {})).status, 200)
  assert.equal((await storage()).used_bytes, first.length)

  const refused = await upload('/api/v1/import/preview', first, {})
  assert.equal(refused.status, 413, refused.text)
  assertPrintedBy('azalscore', written(refused), 'an import')
  assert.equal((refused.body as { error: { code: string } }).error.code, 'storage_full')

  const created = await app.request('/api/v1/clients/', { method: 'POST', token, body: { name: 'Storing' } })
  const { api_key: apiKey } = (created.body as { data: { api_key: string } }).data
  const profile = await app.request('/api/v1/profiles/', {
    method: 'POST',
    apiKey,
    body: { attributes: profileAttributes() },
  })
  const { pk } = (profile.body as { data: { pk: number } }).data
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(25_000)])
  const document = () => upload(`/api/v1/profiles/${pk}/documents/`, pdf, { attribute: 'bank_statement' }, apiKey)
  const refusedDocument = await document()
  assert.equal(refusedDocument.status, 413, refusedDocument.text)
  assertPrintedBy('partnerb2b', written(refusedDocument), 'a document')

  const raised = await storage('PUT', { stored_bytes: 100_000 })
  assert.deepEqual(raised, { used_bytes: first.length, limit_bytes: 100_000, default_limit_bytes: 50_000 })
  assert.equal((await document()).status, 201)
  assert.equal((await storage()).used_bytes, first.length + pdf.length)
})

test('a report or export for which there is no room fails once, with the reason, and leaves nothing', async () => {
  const { used_bytes: used } = await storage()
  await storage('PUT', { stored_bytes: used })
  const asked = await app.request('/api/v1/reports/generate', {
    method: 'POST',
    token,
    body: { template_id: 'client_activity', format: 'csv', parameters: { period: 'last_month' } },
  })
  assert.equal(asked.status, 202, asked.text)
  const { report_id: reportId } = asked.body as { report_id: string }
  await runReport(app.runtime.services, { tenantId: firstTenant, reportId })
  const report = await app.request(`/api/v1/reports/${reportId}`, { token })
  assert.match(report.text, /"failed"/)
  assert.match(report.text, /storage_full/)
  const exported = await app.request('/api/v1/export', {
    method: 'POST',
    token,
    body: { entity_type: 'customers', format: 'csv' },
  })
  assert.equal(exported.status, 413, exported.text)
  assert.equal((await storage('PUT', {})).used_bytes, used)
})

test('a limit is an amount of bytes', async () => {
  for (const stored_bytes of [-1, 1.5, '1', 2 ** 60]) {
    const answer = await app.request('/api/v1/rate-limits', { method: 'PUT', token, body: { stored_bytes } })
    assert.equal(answer.status, 422, answer.text)
  }
})
