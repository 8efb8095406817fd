import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { readInTenant } from '#platform/operations/in-tenant.ts'
import * as store from './notify-store.ts'
import type { Sending } from './sending.fixture.ts'
import { headerOf, startSending, subjectOf, until } from './sending.fixture.ts'

let sending: Sending
const ends: (() => unknown)[] = []
before(async () => {
  sending = await startSending({ after: (end) => ends.push(end) })
})
after(async () => {
  for (const end of ends.reverse()) await end()
})
beforeEach(async () => {
  // What the test before left under way must not arrive in this one.
  await until('nothing is being sent', async () => {
    const underWay = `select 1 from notification_deliveries where status = 'sending' or status = 'queued' and due_at <= now()`
    return (await sending.query(underWay)).length === 0
  })
  sending.sink.mails.length = 0
  sending.sink.refuse = null
  await sending.query(
    'truncate notifications, notification_deliveries, notification_attempts, notification_suppressions, notification_usage',
  )
})

const documented = {
  template_id: 'invoice_created',
  recipient: 'admin@example.com',
  variables: { invoice_number: 'INV-2024-001', amount: '1500.00' },
  channels: ['email', 'in_app'],
}

type DeliveryLine = {
  id: string
  status: string
  channel: string
  attempts: number
  reason: string | null
  notification_id: string
}

test("the document's example reaches the mailbox and the list, with links to unsubscribe that work by one click", async () => {
  const { app, sink, token } = sending
  const answer = await app.request('/api/v1/notifications/send', { method: 'POST', token, body: documented })
  assert.equal(answer.status, 202, answer.text)
  const { notification_id: id } = answer.body as { notification_id: string }
  assert.match(id, /^notif_/)

  const mail = await until('the mail', () => sink.mails[0])
  assert.deepEqual(mail.to, ['admin@example.com'])
  assert.equal(subjectOf(mail.raw), 'Nouvelle facture')
  assert.match(mail.raw, /La facture INV-2024-001 a =C3=A9t=C3=A9 cr=C3=A9=C3=A9e/)
  assert.match(headerOf(mail.raw, 'Message-ID') ?? '', new RegExp(`^<${id}\\.\\d+@example\\.com>$`))
  assert.equal(headerOf(mail.raw, 'List-Unsubscribe-Post'), 'List-Unsubscribe=One-Click')
  const link = /^<(.+)>$/.exec(headerOf(mail.raw, 'List-Unsubscribe') ?? '')?.[1] ?? ''

  const list = await app.request('/api/v1/notifications?unread_only=true', { token })
  const { notifications, unread_count } = list.body as {
    notifications: Record<string, unknown>[]
    unread_count: number
  }
  assert.equal(unread_count, 1)
  const { created_at, category: _, action_url: __, ...line } = notifications[0] ?? {}
  assert.deepEqual(line, {
    id,
    title: 'Nouvelle facture',
    body: 'La facture INV-2024-001 a été créée',
    channel: 'in_app',
    read: false,
  })
  assert.match(String(created_at), /^\d{4}-\d\d-\d\dT/)
  const read = await app.request(`/api/v1/notifications/${id}/read`, { method: 'PATCH', token })
  assert.equal(read.status, 200, read.text)
  assert.equal(
    ((await app.request('/api/v1/notifications', { token })).body as { unread_count: number }).unread_count,
    0,
  )

  const path = new URL(link).pathname
  const page = await app.request(path)
  assert.match(page.text, /<form method="post">/)
  const again = await app.request('/api/v1/notifications/send', { method: 'POST', token, body: documented })
  assert.equal(again.status, 202, 'looking at the page changes nothing')
  await until('the second mail', () => sink.mails.length === 2)
  const click = await app.request(path, {
    method: 'POST',
    raw: 'List-Unsubscribe=One-Click',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(click.status, 200, click.text)
  const third = await app.request('/api/v1/notifications/send', { method: 'POST', token, body: documented })
  const { deliveries } =
    (third.body as { notifications: { deliveries: Record<string, unknown>[] }[] }).notifications[0] ?? {}
  assert.deepEqual(deliveries, [
    { channel: 'email', status: 'suppressed', reason: 'unsubscribe', due_at: null },
    { channel: 'in_app', status: 'sent', reason: null, due_at: null },
  ])
  for (const broken of [
    path.slice(0, -2),
    `${path}x`,
    path.replace('/unsubscribe/', '/unsubscribe/A'),
    '/unsubscribe/a.b',
  ]) {
    assert.equal((await app.request(broken, { method: 'POST' })).status, 404, broken)
  }
  const preferences = await app.request('/api/v1/notifications/preferences', { token })
  assert.deepEqual((preferences.body as { unsubscribed_categories: string[] }).unsubscribed_categories, ['billing'])
  await app.request('/api/v1/notifications/preferences', {
    method: 'PUT',
    token,
    body: { category_preferences: { billing: true } },
  })
  await app.request('/api/v1/notifications/send', { method: 'POST', token, body: documented })
  await until('a mail after asking for them again', () => sink.mails.length === 3)
})

test('a template that asks for a variable that was not given is refused, with the name of each', async () => {
  const { app, token, query } = sending
  for (const [body, status, pattern] of [
    [{ ...documented, variables: {} }, 422, /invoice_number/],
    [{ ...documented, template_id: 'no_such' }, 404, /notification_template_unknown/],
    [{ ...documented, template_id: 'constructor' }, 404, /notification_template_unknown/],
    [{ ...documented, recipient: 'user_unknown' }, 422, /user_unknown/],
    [{ ...documented, recipient: 'role:nobody' }, 422, /nobody/],
    [{ ...documented, recipient: 'not an address@' }, 422, /validation_failed/],
    [{ ...documented, recipient: undefined }, 422, /recipient/],
    [{ ...documented, client_uid: '550e8400-e29b-41d4-a716-446655440000' }, 422, /notification_client_unknown/],
    [{ ...documented, variables: { invoice_number: 'x', url: 'javascript:alert(1)' } }, 422, /https/],
  ] as const) {
    const answer = await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
    assert.equal(answer.status, status, answer.text)
    assert.match(answer.text, pattern)
  }
  assert.deepEqual(await query('select id from notifications'), [], 'and nothing is written')
  const odd = { invoice_number: '\u0000\ud800 <b>\r\nBcc: x@example.com', amount: { deep: [1] } }
  const answer = await app.request('/api/v1/notifications/send', {
    method: 'POST',
    token,
    body: { ...documented, variables: odd },
  })
  assert.equal(answer.status, 202, answer.text)
})

test('one key gives one notification to each recipient, however many ask for it at once', async () => {
  const { app, token, query } = sending
  const body = { ...documented, recipients: ['other@example.com'], dedupe_key: 'invoice:1' }
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => app.request('/api/v1/notifications/send', { method: 'POST', token, body })),
  )
  const ids = answers.map((answer) =>
    (answer.body as { notifications: { id: string }[] }).notifications
      .map((one) => one.id)
      .sort()
      .join(),
  )
  assert.equal(new Set(ids).size, 1, ids.join('\n'))
  assert.equal((await query('select 1 from notifications')).length, 2)
  assert.equal((await query('select 1 from notification_deliveries')).length, 3)
})

test('of more people than a statement has parameters it is found who was told already, and who wants no mail', async () => {
  const { app, token, query } = sending
  const body = { ...documented, dedupe_key: 'invoice:2' }
  const sent = await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
  assert.equal(sent.status, 202, sent.text)
  const [told] = await query<{ tenant_id: string; id: string; recipient: string }>('select * from notifications')
  const { tenant_id: tenantId = '', id, recipient = '' } = told ?? {}
  await query(
    `insert into notification_suppressions (tenant_id, address_key, category, reason, source) values ($1, 'x@example.com', '*', 'bounce', 'manual')`,
    [tenantId],
  )
  const others = Array.from({ length: 70_000 }, (_, i) => `user-${i}@example.com`)
  const [duplicates, suppressed] = await readInTenant(app.runtime.services, tenantId, (tx) =>
    Promise.all([
      store.findDuplicates(tx, tenantId, [...others, recipient], 'invoice:2'),
      store.findSuppressed(tx, tenantId, [...others, 'x@example.com'], 'general'),
    ]),
  )
  assert.deepEqual([...duplicates], [[recipient, id]])
  assert.deepEqual([...suppressed], [['x@example.com', 'bounce']])
})

test('more than the limit of a day is refused as a whole, and counts nothing', async () => {
  const { app, token, query } = sending
  const limit = await app.request('/api/v1/notifications/settings', { method: 'PUT', token, body: { daily_limit: 3 } })
  assert.equal(limit.status, 200, limit.text)
  const send = (recipients: string[]) =>
    app.request('/api/v1/notifications/send', {
      method: 'POST',
      token,
      body: { ...documented, recipient: undefined, recipients },
    })
  assert.equal((await send(['a@example.com', 'b@example.com'])).status, 202)
  const refused = await send(['c@example.com', 'd@example.com'])
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal((await send(['c@example.com'])).status, 202)
  assert.equal((await query('select 1 from notifications')).length, 3)
})

test('a server that is away for a while delays the mail; it is sent once, and every attempt is kept', async () => {
  const { app, sink, token, query } = sending
  let away = true
  sink.refuse = () => (away ? new Error('Come back later') : null)
  await app.request('/api/v1/notifications/send', { method: 'POST', token, body: documented })
  const waiting = await until('a failed attempt', async () => {
    const [row] = await query<DeliveryLine>(`select * from notification_deliveries where status = 'retrying'`)
    return row
  })
  assert.equal(sink.mails.length, 0)
  away = false
  await query('update notification_deliveries set due_at = now() where due_at is not null')
  await until('the mail', () => sink.mails.length === 1)
  await until(
    'its outcome',
    async () =>
      (await query(`select 1 from notification_deliveries where status = 'sent' and channel = 'email'`)).length === 1,
  )
  const detail = await app.request(`/api/v1/notifications/deliveries/${waiting.id}`, { token })
  const { attempt_list, status } = detail.body as { attempt_list: { outcome: string }[]; status: string }
  assert.equal(status, 'sent')
  assert.deepEqual(
    attempt_list.map((one) => one.outcome),
    ['provider_error', 'accepted'],
  )
  assert.equal(sink.mails.length, 1)
})

test('an address that the server does not know is a bounce: it is not tried again, nor written to', async () => {
  const { app, sink, token, query } = sending
  sink.refuse = () => Object.assign(new Error('5.1.1 No such user'), { responseCode: 550 })
  const body = { ...documented, recipient: 'gone@example.com', channels: ['email'] }
  await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
  await until(
    'the refusal',
    async () =>
      (await query(`select 1 from notification_deliveries where status = 'failed' and reason = 'bounce'`)).length === 1,
  )
  const next = await app.request('/api/v1/notifications/send', { method: 'POST', token, body })
  assert.match(next.text, /"status":"suppressed","reason":"bounce"/)
  const removed = await app.request('/api/v1/notifications/suppressions/gone%40example.com', {
    method: 'DELETE',
    token,
  })
  assert.equal(removed.status, 200, removed.text)
})
