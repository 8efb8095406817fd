/** Tenants by the thousand whose executions or e-mails wait for something keep nobody else's waiting. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSending, subjectOf, until } from '#features/notifications/sending.fixture.ts'
import type { Running } from '#features/workflows/workflow.fixture.ts'
import { startRunning } from '#features/workflows/workflow.fixture.ts'

const ends: (() => unknown)[] = []
const t = { after: (end: () => unknown) => ends.push(end) }
let running: Running
before(async () => {
  running = await startRunning(t)
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

/** Before the first tenant, in the order of their ids. */
const crowd = `insert into tenants (id, name) select 'a_crowd_' || lpad(n::text, 4, '0'), 'Crowd' from generate_series(1, 2500) n`

test('an execution begins though those of two and a half thousand tenants before it wait', async () => {
  await running.query(crowd)
  await running.query(
    `insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, scope, status, due_at)
     select w.tenant_id, 'exec_' || w.tenant_id, w.id, 1, 'manual', '{"variables":{},"event":{},"steps":{}}', 'waiting', now() + interval '1 day'
       from workflows w where w.tenant_id like 'a_crowd%'`,
  )
  const [waiting] = await running.query<{ n: number }>(
    'select count(distinct tenant_id)::integer as n from workflow_executions where due_at is not null',
  )
  assert.equal(waiting?.n, 2500)
  const token = await running.app.signIn()
  const actions = [{ id: 'say', type: 'webhook', event: 'said' }]
  const body = { definition: { name: 'Begins', triggers: ['manual'], actions }, activate: true }
  const { id } = await running.ask<{ id: string }>(token, 'POST', '/workflows', body)
  for (let i = 0; i < 2; i++) {
    const started = await running.ask<{ execution_id: string }>(token, 'POST', `/workflows/${id}/trigger`, {})
    await until('its end', async () => {
      const [row] = await running.query<{ status: string }>('select status from workflow_executions where id = $1', [
        started.execution_id,
      ])
      return row?.status === 'completed'
    })
  }
})

test('an e-mail goes out though those of two and a half thousand tenants before it wait for their digests', async () => {
  const sending = await startSending(t)
  await sending.query(crowd)
  await sending.query(
    `insert into notification_deliveries (tenant_id, channel, status, address, address_key, language, due_at)
     select id, 'email', 'queued', 'a@example.com', 'a@example.com', 'en', now() + interval '1 day' from tenants where id like 'a_crowd%'`,
  )
  const sent = await sending.app.request('/api/v1/notifications/send', {
    method: 'POST',
    token: sending.token,
    body: {
      recipient: 'someone@example.com',
      template_id: 'announcement',
      variables: { title: 'Arrives', message: 'So' },
      channels: ['email'],
    },
  })
  assert.ok(sent.status < 300, sent.text)
  await until('the mail', () => sending.sink.mails.some((one) => subjectOf(one.raw).includes('Arrives')))
})
