/** From a schedule to the mail in a real mailbox; what expires; what two workers make of one report. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Sending } from '#features/notifications/sending.fixture.ts'
import { startSending, subjectOf, until } from '#features/notifications/sending.fixture.ts'
import { generateReport, renderer, runDueSchedules, runReport } from '#features/reports/index.ts'
import { startReport } from '#features/reports/report-store.ts'
import type { Format } from '#features/reports/schemas.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'

const tenantId = 'tenant_001'
const ends: (() => unknown)[] = []
let sending: Sending
before(async () => {
  sending = await startSending({ after: (end) => ends.push(end) })
})
after(async () => {
  await renderer.close()
  for (const end of ends.reverse()) await end()
})

const services = () => sending.app.runtime.services
const call = (method: string, path: string, body?: object) =>
  sending.app.request(`/api/v1/reports${path}`, { method, token: sending.token, ...(body ? { body } : {}) })

async function ask<T>(method: string, path: string, body?: object, status = 200): Promise<T> {
  const answer = await call(method, path, body)
  assert.equal(answer.status, status, answer.text)
  return answer.body
}

/** What the queue would hand to a worker. */
async function runPending(): Promise<string[]> {
  const pending = await sending.query<{ id: string }>(
    "select id from reports where status = 'pending' order by created_at",
  )
  for (const { id } of pending) await runReport(services(), { tenantId, reportId: id })
  return pending.map(({ id }) => id)
}

const weekly = {
  template_id: 'weekly_summary',
  name: 'Rapport hebdomadaire',
  cron: '0 8 * * 1',
  format: 'csv',
  recipients: ['team@example.com'],
  parameters: {},
}
type Shown = {
  schedule_id: string
  next_runs: string[]
  next_run: string
  last_report_id: string | null
  status: string
}

test('a schedule shows its next runs; missed ones are caught up by one report, sent with the file attached', async () => {
  const made = await ask<Shown>('POST', '/schedules', weekly, 201)
  assert.equal(made.next_runs.length, 5)
  assert.equal(made.next_run, made.next_runs[0])
  for (const run of made.next_runs) {
    const there = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Paris',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    })
    assert.match(there.format(new Date(run)), /^Mon,? 08:00$/)
  }
  assert.equal(await runDueSchedules(services()), 0)
  // Three weeks in which nobody looked.
  await sending.query("update report_schedules set next_run_at = now() - interval '21 days'")
  const asked = await Promise.all([runDueSchedules(services()), runDueSchedules(services())])
  assert.equal(asked[0] + asked[1], 1)
  assert.equal(await runDueSchedules(services()), 0)
  const shown = await ask<Shown>('GET', `/schedules/${made.schedule_id}`)
  assert.equal(shown.next_run, shown.next_runs[0])
  const [id] = await runPending()
  assert.equal(shown.last_report_id, id)
  const message = await until('the mail', () => sending.sink.mails.find((one) => one.to.includes('team@example.com')))
  const raw = message.raw
  assert.match(subjectOf(raw), /Rapport hebdomadaire est prêt/)
  assert.match(raw, /Content-Disposition: attachment;\s+filename="?weekly_summary-\d{8}-\d{8}\.csv/)
  const encoded = /Content-Disposition: attachment[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(raw)?.[1] ?? ''
  const { body: _, text } = await call('GET', `/${id}/download`)
  assert.equal(Buffer.from(encoded, 'base64').toString(), text)
  assert.match(text, /^Numéro,Client,/)
  // The link in the same mail, without any session.
  const link = /\/report-files\/([\w.-]+)/.exec(raw.replaceAll('=\r\n', ''))?.[1] ?? ''
  const opened = await fetch(`${sending.app.url}/report-files/${link}`)
  assert.equal(opened.status, 200)
  assert.equal(await opened.text(), text)
  assert.equal((await fetch(`${sending.app.url}/report-files/${link.slice(0, -2)}AA`)).status, 404)
  assert.equal((await fetch(`${sending.app.url}/report-files/%00x`)).status, 404)
})

test('paused, changed and ended: a schedule does what it is told, and tells what is wrong with it', async () => {
  const made = await ask<Shown>('POST', '/schedules', weekly, 201)
  const paused = await ask<Shown>('PATCH', `/schedules/${made.schedule_id}`, { status: 'paused' })
  assert.deepEqual([paused.status, paused.next_runs, paused.next_run], ['paused', [], null])
  const changed = await ask<Shown>('PATCH', `/schedules/${made.schedule_id}`, {
    status: 'active',
    cron: '30 6 1 * *',
    time_zone: 'America/New_York',
  })
  assert.match(changed.next_run, /T1[01]:30:00/)
  for (const [wrong, code] of [
    [{ cron: 'every monday' }, 'report_schedule_invalid'],
    [{ cron: '* * * * *' }, 'report_schedule_invalid'],
    [{ time_zone: 'Europe/Atlantis' }, 'report_schedule_invalid'],
    [{ parameters: { week: '2021-W53' } }, 'validation_failed'],
    [{ parameters: { month: '2024-01' } }, 'validation_failed'],
    [{ template_id: 'unknown_one' }, 'report_template_unknown'],
  ] as const) {
    const answer = await call('POST', '/schedules', { ...weekly, ...wrong })
    assert.equal((answer.body as { error: { code: string } }).error.code, code, JSON.stringify(wrong))
  }
  await ask('DELETE', `/schedules/${made.schedule_id}`)
  await ask('GET', `/schedules/${made.schedule_id}`, undefined, 404)
})

async function generated(format: Format = 'csv'): Promise<string> {
  const { report_id } = await ask<{ report_id: string }>(
    'POST',
    '/generate',
    { template_id: 'monthly_sales', format, parameters: { month: '2024-01' } },
    202,
  )
  return report_id
}

test('what has expired cannot be had and is really gone: the file, its chunks, its link', async () => {
  const id = await generated()
  await runPending()
  const chunks = () =>
    sending.query('select 1 from file_chunks c join reports r on r.file_id = c.file_id where r.id = $1', [id])
  assert.ok((await chunks()).length > 0)
  await sending.query("update reports set expires_at = now() - interval '1 second' where id = $1", [id])
  const [{ file_id = '' } = {}] = await sending.query<{ file_id: string }>(
    'select file_id from reports where id = $1',
    [id],
  )
  await sending.query("update files set expires_at = now() - interval '1 second' where id = $1", [file_id])
  await ask('GET', `/${id}/download`, undefined, 404)
  await services().database.platformRead('select delete_expired_files(100)')
  assert.deepEqual(await sending.query('select 1 from files where id = $1', [file_id]), [])
  assert.deepEqual(await sending.query('select 1 from file_chunks where file_id = $1', [file_id]), [])
  assert.equal((await ask<{ status: string }>('GET', `/${id}`)).status, 'expired')
  // The history too, after its time.
  await sending.query("update reports set created_at = now() - interval '91 days' where id = $1", [id])
  await services().database.platformRead('select delete_expired_reports(100)')
  await ask('GET', `/${id}`, undefined, 404)
})

test('deleting frees the room at once; a report that has ended is not cancelled', async () => {
  const id = await generated()
  await ask('GET', `/${id}/download`, undefined, 409)
  await runPending()
  await ask('POST', `/${id}/cancel`, undefined, 409)
  assert.equal((await ask<{ status: string }>('DELETE', `/${id}`)).status, 'expired')
  assert.equal(
    (await sending.query('select 1 from files where id = (select file_id from reports where id = $1)', [id])).length,
    0,
  )
  const other = await generated()
  assert.equal((await ask<{ status: string }>('POST', `/${other}/cancel`)).status, 'cancelled')
  await runReport(services(), { tenantId, reportId: other })
  assert.equal((await ask<{ status: string }>('GET', `/${other}`)).status, 'cancelled')
})

test('a worker that died leaves its report to another one, and comes too late if it was only slow', async () => {
  const id = await generated()
  const dead = await writeInTenant(services(), tenantId, (tx) => startReport(tx, tenantId, { id, now: new Date() }))
  assert.equal(dead?.attempt, 1)
  // Two more at the same time: one makes it, the other one drops what it has made.
  await Promise.all([
    runReport(services(), { tenantId, reportId: id }),
    runReport(services(), { tenantId, reportId: id }),
  ])
  assert.equal((await ask<{ status: string }>('GET', `/${id}`)).status, 'ready')
  const owned = await sending.query(
    'select f.id from files f where f.tenant_id = $1 and not exists (select 1 from reports r where r.file_id = f.id)',
    [tenantId],
  )
  assert.deepEqual(owned, [])
})

test('limits: reports a day and room for files, each told when it is reached', async () => {
  await ask('PUT', '/settings', { daily_limit: 1 })
  const limited = await call('POST', '/generate', { template_id: 'monthly_sales', format: 'csv', parameters: {} })
  assert.equal(limited.status, 429)
  assert.ok(Number(limited.headers.get('retry-after')) > 0)
  await ask('PUT', '/settings', { daily_limit: null, stored_megabytes: 1 })
  const id = await generated()
  await sending.query('update reports set file_size = 1048576, file_id = null where id = $1', [id])
  const ready = await generated()
  await runPending()
  await sending.query('update reports set file_size = 1048576 where id = $1', [ready])
  assert.equal(
    (await call('POST', '/generate', { template_id: 'monthly_sales', format: 'csv', parameters: {} })).status,
    409,
  )
  await ask('DELETE', `/${ready}`)
  await generated()
  await ask('PUT', '/settings', { stored_megabytes: null })
  const settings = await ask<{ stored_megabytes: number; defaults: { stored_megabytes: number } }>('GET', '/settings')
  assert.equal(settings.stored_megabytes, settings.defaults.stored_megabytes)
})

test('a limit of notifications does not take the report with it: it is there, and says why nobody was told', async () => {
  await sending.app.request('/api/v1/notifications/settings', {
    method: 'PUT',
    token: sending.token,
    body: { daily_limit: 1 },
  })
  const report = await writeInTenant(services(), tenantId, (tx) =>
    generateReport(tx, services(), {
      tenantId,
      templateId: 'monthly_sales',
      format: 'html',
      parameters: {},
      recipients: ['one@example.com', 'two@example.com', 'three@example.com'],
      requestedBy: { type: 'workflow' },
    }),
  )
  await runPending()
  const found = await ask<{ status: string; warnings: { message: string }[] }>('GET', `/${report.id}`)
  assert.equal(found.status, 'ready')
  assert.equal(found.warnings.length, 1)
})

test("a template of the tenant's own is data: what its builder lacks is refused, by name", async () => {
  const own = {
    builder: 'monthly_sales',
    name: { fr: 'Pour le conseil' },
    parameters: { currency: 'EUR' },
    blocks: [
      { type: 'text', text: { fr: '#panic("x") <script>' } },
      { type: 'tiles', dataset: 'totals', fields: ['total'] },
      { type: 'table', dataset: 'by_customer', columns: ['customer', 'total'] },
    ],
  }
  await ask('PUT', '/templates/for_the_board', own)
  const { templates } = await ask<{ templates: { id: string; built_in: boolean }[] }>('GET', '/templates')
  assert.equal(templates.length, 6)
  const { report_id } = await ask<{ report_id: string }>(
    'POST',
    '/generate',
    { template_id: 'for_the_board', format: 'html', parameters: { month: '2024-01' } },
    202,
  )
  await runPending()
  const html = (await call('GET', `/${report_id}/download`)).text
  assert.match(html, /Pour le conseil/)
  assert.match(html, /#panic\(&#34;x&#34;\) &#60;script&#62;/)
  for (const [blocks, field] of [
    [[{ type: 'tiles', dataset: 'secrets', fields: ['x'] }], 'blocks.0.dataset'],
    [[{ type: 'table', dataset: 'by_customer', columns: ['total; drop table'] }], 'blocks.0'],
    [[{ type: 'table', dataset: 'by_customer', columns: ['password'] }], 'blocks.0.columns'],
    [[{ type: 'chart', dataset: 'invoices', chart: 'bar', category: 'number', values: ['total'] }], 'blocks.0.dataset'],
    [[{ type: 'chart', dataset: 'by_day', chart: 'bar', category: 'total', values: ['day'] }], 'blocks.0.category'],
    [[{ type: 'html', text: { fr: '<b>' } }], 'blocks'],
  ] as const) {
    const answer = await call('PUT', '/templates/another', { ...own, blocks })
    assert.equal(answer.status, 422, answer.text)
    assert.ok(answer.text.includes(field), answer.text)
  }
  assert.equal((await call('PUT', '/templates/monthly_sales', own)).status, 409)
  const scheduled = await ask<Shown>('POST', '/schedules', { ...weekly, template_id: 'for_the_board' }, 201)
  assert.equal((await call('DELETE', '/templates/for_the_board')).status, 409)
  await ask('DELETE', `/schedules/${scheduled.schedule_id}`)
  await ask('DELETE', '/templates/for_the_board')
})

test('settings: a logo must be a picture of a modest size', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  assert.equal((await ask<{ has_logo: boolean }>('PUT', '/settings', { logo: png })).has_logo, true)
  const huge = Buffer.from(png, 'base64')
  huge.writeUInt32BE(60_000, 16)
  for (const logo of [
    huge.toString('base64'),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64'),
  ]) {
    assert.equal((await call('PUT', '/settings', { logo })).status, 422)
  }
  assert.equal((await ask<{ has_logo: boolean }>('PUT', '/settings', { logo: null })).has_logo, false)
})
