import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { PreparedUser } from '#test/support/prepared-client.ts'
import { prepareTenant, prepareUser, signInAs } from '#test/support/prepared-client.ts'

let app: TestApp
let tenantId: string
let owner: PreparedUser
before(async () => {
  app = await startTestApp()
  tenantId = await prepareTenant(app)
  owner = await prepareUser(app, 'owner', tenantId)
})
after(() => app.close())

type Overview = {
  events: { day: string; total: number; notable: number }[] | null
  deliveries: { days: { day: string; succeeded: number; failed: number }[]; is_complete: boolean } | null
  executions_failed: number | null
  messages: { failed: number; retrying: number } | null
  invoices: { status: string; count: number }[] | null
}

async function overview(user: PreparedUser, query = ''): Promise<Overview> {
  const { access: token } = await signInAs(app, user)
  const answer = await app.request(`/api/v1/overview${query}`, { token })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

async function twoInvoices(): Promise<void> {
  const { access: token } = await signInAs(app, owner)
  const made = async (path: string, body: object) => {
    const answer = await app.request(path, { method: 'POST', token, body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body as { id: string }
  }
  const customer_id = (await made('/api/v1/customers', { code: 'C1', name: 'Durand' })).id
  for (const number of ['F1', 'F2']) {
    await made('/api/v1/invoices', { number, customer_id, date: '2024-01-31', net_amount: '10', tax_amount: '2' })
  }
}

test('counts the invoices of each status, the events and deliveries of each day, and what failed', async () => {
  await twoInvoices()
  for (const [status, age] of [
    ['succeeded', '1 hour'],
    ['failed', '1 hour'],
    ['failed', '40 days'],
  ]) {
    await queryAsOwner(
      app.database,
      `insert into webhook_deliveries (tenant_id, endpoint_pk, event_id, event_type, status, created_at)
       values ($1, 1, gen_random_uuid(), 'client.created', $2, now() - $3::interval)`,
      [tenantId, status, age],
    )
  }
  const found = await overview(owner, '?days=3&utc_offset=120')
  assert.deepEqual(found.invoices, [{ status: 'draft', count: 2 }])
  assert.equal(found.executions_failed, 0)
  assert.deepEqual([found.events?.length, found.deliveries?.days.length], [3, 3])
  assert.ok((found.events?.at(-1)?.total ?? 0) >= 3)
  const sums = (found.deliveries?.days ?? []).reduce(
    (sum, one) => ({ ok: sum.ok + one.succeeded, failed: sum.failed + one.failed }),
    { ok: 0, failed: 0 },
  )
  assert.deepEqual(sums, { ok: 1, failed: 1 })
  assert.equal(found.deliveries?.is_complete, true)
})

test('counts the messages that were given up, and those that are tried again', async () => {
  for (const [status, age] of [
    ['failed', '1 hour'],
    ['bounced', '1 hour'],
    ['failed', '40 days'],
    ['retrying', '1 hour'],
    ['sent', '1 hour'],
  ]) {
    await queryAsOwner(
      app.database,
      `insert into notification_deliveries (tenant_id, channel, status, address, created_at)
       values ($1, 'email', $2, 'anna@example.com', now() - $3::interval)`,
      [tenantId, status, age],
    )
  }
  assert.deepEqual((await overview(owner, '?days=3')).messages, { failed: 1, retrying: 1 })
  const stranger = await prepareUser(app, 'owner', await prepareTenant(app))
  assert.deepEqual((await overview(stranger)).messages, { failed: 0, retrying: 0 })
})

test('who may not look at something gets null for it, and nobody sees another tenant', async () => {
  const viewer = await prepareUser(app, 'viewer', tenantId)
  const seen = await overview(viewer)
  assert.equal(seen.events, null)
  assert.notEqual(seen.invoices, null)
  const stranger = await overview(await prepareUser(app, 'owner', await prepareTenant(app)))
  assert.deepEqual(stranger.invoices, [])
  assert.deepEqual(stranger.deliveries?.days.map((one) => one.succeeded + one.failed).filter(Boolean), [])
})
