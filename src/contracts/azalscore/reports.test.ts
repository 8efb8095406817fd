/** Reports as their users see them, by HTTP and by a worker. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { firstTenant } from '#src/bootstrap.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let token: string
let stopWorker: () => Promise<void>
before(async () => {
  app = await startTestApp()
  token = await app.signIn()
  stopWorker = await startWorker(app.runtime)
})
after(async () => {
  await stopWorker?.()
  await app.close()
})

type Body = {
  report_id: string
  status: string
  download_url: string
  file_size: number
  failure: { code: string } | null
}

async function generated(body: object): Promise<Body> {
  const answer = await app.request('/api/v1/reports/generate', { method: 'POST', token, body })
  assert.equal(answer.status, 202, answer.text)
  return ended((answer.body as Body).report_id)
}

async function ended(id: string): Promise<Body> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const { body } = await app.request(`/api/v1/reports/${id}`, { token })
    if ((body as Body).status !== 'generating') return body
    if (Date.now() > deadline) throw new Error(`the report did not end: ${JSON.stringify(body)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function bytesOf(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(app.url + path, { headers: { authorization: `Bearer ${token}`, ...headers } })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

test('the document of the reference: asked for, made by a job, downloaded whole and in part', async () => {
  const answer = await app.request('/api/v1/reports/generate', {
    method: 'POST',
    token,
    body: { template_id: 'monthly_sales', format: 'pdf', parameters: { month: '2024-01', include_charts: true } },
  })
  assert.equal(answer.status, 202, answer.text)
  const asked = answer.body as { status: string; estimated_time_seconds: number; report_id: string }
  assert.equal(asked.status, 'generating')
  assert.equal(asked.estimated_time_seconds, 30)
  assert.match(asked.report_id, /^rpt_/)
  const report = await ended(asked.report_id)
  assert.equal(report.status, 'ready', JSON.stringify(report))
  const { bytes, headers } = await bytesOf(report.download_url)
  assert.equal(headers.get('content-type'), 'application/pdf')
  assert.equal(headers.get('content-disposition'), 'attachment; filename="monthly_sales-20240101-20240131.pdf"')
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-')
  assert.equal(bytes.length, report.file_size)
  const part = await bytesOf(report.download_url, { range: 'bytes=5-9' })
  assert.equal(part.status, 206)
  assert.deepEqual(part.bytes, bytes.subarray(5, 10))
  assert.equal((await bytesOf(report.download_url, { range: 'bytes=999999999-' })).status, 416)
  assert.equal(firstTenant, 'tenant_001')
  assert.equal((await queryAsOwner(app.database, 'select 1 from reports')).length, 1)
})

for (const format of ['excel', 'csv', 'html']) {
  test(`as ${format}`, async () => {
    const report = await generated({ template_id: 'monthly_sales', format, parameters: { month: '2024-01' } })
    assert.equal(report.status, 'ready', JSON.stringify(report))
  })
}
