/** What runs by itself rests while its tenant is suspended, and goes on where it was when the tenant is let in again. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mailTo } from '#features/notifications/sending.fixture.ts'
import { reactivateTenant, suspendTenant } from '#features/tenants/index.ts'
import { sendPasswordLinks } from '#features/users/own-password.ts'
import { changeClient, newClient, newEndpoint } from '#features/webhooks/delivery.fixture.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './support/app.ts'
import { firstTenant, startTestApp } from './support/app.ts'
import { createUser } from './support/identity.ts'
import { queryAsOwner } from './support/owner-query.ts'
import { systemOf } from './support/prepared-client.ts'

let app: TestApp
before(async () => {
  // Nobody listens there, and no worker runs: this is about what workers find.
  app = await startTestApp({ config: { mail: mailTo(9), outboundAllow: ['127.0.0.1'] } })
})
after(() => app.close())

const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await app.request(`/api/v1${path}`, { method: 'POST', token: await app.signIn(), body })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}

/** How many of each a worker would take now. */
async function found(): Promise<Record<string, number>> {
  const [row] = await queryAsOwner<Record<string, number>>(
    app.database,
    `select (select count(*) from take_webhook_deliveries(100, 100, 0, 4, '{}', 0))::integer as webhooks,
            (select count(*) from take_notification_mails(100, 100, '{}', '', 0))::integer as mails,
            (select count(*) from take_due_workflows(100, 100, '', 0))::integer as executions,
            (select count(*) from due_workflow_schedules(100))::integer as workflows,
            (select count(*) from due_report_schedules(100))::integer as reports`,
  )
  return row ?? {}
}

test('webhooks, e-mails, workflows and reports of a suspended tenant wait, and none is lost', async () => {
  const { services } = app.runtime
  const client = await newClient(app)
  await newEndpoint(app, client, 'http://127.0.0.1:9/hook')
  const actions = [{ id: 'say', type: 'webhook', event: 'said' }]
  const definition = { name: 'Begins', triggers: ['manual', 'schedule:* * * * *'], actions }
  const { id } = await post('/workflows', { definition, activate: true })
  const schedule = { template_id: 'audit_summary', name: 'Each hour', cron: '0 * * * *', format: 'csv', recipients: [] }
  await post('/reports/schedules', schedule)
  const user = await createUser(app, ['viewer'])
  await queryAsOwner(app.database, 'update workflow_triggers set next_at = now() where next_at is not null')
  await queryAsOwner(app.database, 'update report_schedules set next_run_at = now()')

  await changeClient(app, client)
  await post(`/workflows/${id}/trigger`, {})
  const variables = { title: 'Waits', message: 'So' }
  await post('/notifications/send', { recipient: 'a@example.com', template_id: 'announcement', variables })
  await runForResult(services, suspendTenant, {}, systemOf(firstTenant))
  assert.deepEqual(await found(), { webhooks: 0, mails: 0, executions: 0, workflows: 0, reports: 0 })
  const links = () => queryAsOwner(app.database, 'select 1 from password_resets')
  await sendPasswordLinks(services, { username: user.username, tenantId: firstTenant }, 'job')
  assert.equal((await links()).length, 0)

  await runForResult(services, reactivateTenant, {}, systemOf(firstTenant))
  assert.deepEqual(await found(), { webhooks: 1, mails: 1, executions: 1, workflows: 1, reports: 1 })
})
