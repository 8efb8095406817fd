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

type Listed = { reports: { report_id: string }[] }
const ask = (path: string, body?: object) =>
  app.request(`/api/v1/reports${path}`, { token, ...(body ? { method: 'POST', body } : {}) })
const own = (dataset: string) => ({
  builder: 'monthly_sales',
  name: { en: 'Not saved yet' },
  blocks: [{ type: 'tiles', dataset, fields: ['total'] }],
})

test('a preview shows a template that nobody has saved, is not in the list, tells no webhook, and goes by itself', async () => {
  const before = (await ask('')).body as Listed
  const events = () => queryAsOwner(app.database, "select 1 from domain_events where type = 'report.ready'")
  const told = (await events()).length
  const asked = await ask('/preview', { template: own('totals'), language: 'en' })
  assert.equal(asked.status, 202, asked.text)
  const preview = await ended((asked.body as Body).report_id)
  assert.equal(preview.status, 'ready')
  assert.match((await bytesOf(preview.download_url)).bytes.toString(), /<h1>Not saved yet<\/h1>/)
  assert.deepEqual((await ask('')).body, before)
  assert.equal((await events()).length, told)

  const id = preview.report_id
  const gone = () => app.runtime.services.database.platformRead('select delete_expired_reports(100)')
  await gone()
  assert.equal((await ask(`/${id}`)).status, 200)
  await queryAsOwner(app.database, 'update reports set expires_at = now() where id = $1', [id])
  await gone()
  assert.equal((await ask(`/${id}`)).status, 404)
  assert.equal(
    (
      await queryAsOwner(
        app.database,
        'select 1 from files f where f.expires_at is not null and not exists (select from reports r where r.file_id = f.id)',
      )
    ).length,
    0,
  )
  assert.deepEqual((await ask('')).body, before)
})

test('a preview names what is wrong with a template at its place, and needs one of both', async () => {
  const refused = await ask('/preview', { template: own('secrets') })
  assert.equal(refused.status, 422)
  assert.match(refused.text, /template\.blocks\.0\.dataset/)
  assert.equal((await ask('/preview', {})).status, 422)
  assert.equal((await ask('/preview', { template_id: 'nothing_here' })).status, 404)
})
