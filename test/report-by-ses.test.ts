/** A report with its file, from the schedule to Amazon SES: a server on loopback in its place. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { after, test } from 'node:test'
import { NotificationSender } from '#features/notifications/index.ts'
import { renderer, runDueSchedules, runReport } from '#features/reports/index.ts'
import { Database } from '#platform/db/database.ts'
import { startProviderApi } from '#platform/mail/fixtures/provider-api.ts'
import { startTestApp } from './support/app.ts'
import { queryAsOwner } from './support/owner-query.ts'

after(() => renderer.close())

async function startAppWithSes(t: TestContext) {
  const api = await startProviderApi(t, { status: 200, body: { MessageId: 'ses-1' } })
  const mail = {
    provider: 'ses' as const,
    config: {
      region: 'eu-west-3',
      access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      from_email: 'platform@example.com',
    },
  }
  const app = await startTestApp({
    config: { mail, mailEndpoints: { ses: api.endpoint }, outboundAllow: ['127.0.0.1'] },
  })
  const database = new Database({ connection: app.database.application, poolSize: 3 })
  const sender = new NotificationSender({ services: app.runtime.services, database, timeoutMs: 3_000 })
  t.after(async () => {
    await sender.stop(1_000)
    await database.end()
    await app.close()
  })
  return { api, app }
}

type Sent = { Destination: { ToAddresses: string[] }; Content: { Simple: { Attachments?: Record<string, string>[] } } }

test('a scheduled report goes out by SES with its file attached, and what SES called the message is kept', async (t) => {
  const { api, app } = await startAppWithSes(t)
  const token = await app.signIn()
  const schedule = { template_id: 'monthly_sales', name: 'Ventes', cron: '0 8 1 * *', format: 'csv', parameters: {} }
  const body = { ...schedule, recipients: ['team@example.com'] }
  const made = await app.request('/api/v1/reports/schedules', { method: 'POST', token, body })
  assert.equal(made.status, 201, made.text)
  await queryAsOwner(app.database, `update report_schedules set next_run_at = now() - interval '1 second'`)
  await runDueSchedules(app.runtime.services)
  const [report] = await queryAsOwner<{ id: string; tenant_id: string }>(
    app.database,
    'select id, tenant_id from reports',
  )
  assert.ok(report)
  await runReport(app.runtime.services, { tenantId: report.tenant_id, reportId: report.id })

  const deadline = performance.now() + 10_000
  const answered = async () =>
    (
      await queryAsOwner(
        app.database,
        'select provider_message_id from notification_deliveries where provider_message_id is not null',
      )
    )[0]
  let attempt = await answered()
  while (!attempt && performance.now() < deadline) attempt = await answered()
  assert.equal(attempt?.provider_message_id, 'ses-1')
  assert.equal(api.requests.length, 1)
  const sent = JSON.parse(api.requests[0]?.body.toString() ?? '') as Sent
  assert.deepEqual(sent.Destination.ToAddresses, ['team@example.com'])
  const [attached] = sent.Content.Simple.Attachments ?? []
  assert.match(attached?.FileName ?? '', /^monthly_sales-\d{8}-\d{8}\.csv$/)
  const { text } = await app.request(`/api/v1/reports/${report.id}/download`, { token })
  assert.equal(Buffer.from(attached?.RawContent ?? '', 'base64').toString(), text)
})
