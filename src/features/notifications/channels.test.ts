import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ownTemplate } from '#test/support/route-examples-notifications.ts'
import type { Sending } from './sending.fixture.ts'
import { mailTo, startSending, subjectOf, until } from './sending.fixture.ts'

let sending: Sending
const ends: (() => unknown)[] = []
before(async () => {
  sending = await startSending({ after: (end) => ends.push(end) })
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

const call = (method: string, path: string, body?: object) =>
  sending.app.request(path, { method, token: sending.token, ...(body ? { body } : {}) })
const send = async (body: object) => {
  const answer = await call('POST', '/api/v1/notifications/send', body)
  assert.equal(answer.status, 202, answer.text)
  return (answer.body as { notifications: { id: string; deliveries: object[] }[] }).notifications[0]
}

test("what is about a client goes through the client's own mail provider, everything else through the platform's", async () => {
  const { app, sink } = sending
  const uid = await app.createClient()
  const own = mailTo(sink.port)
  const config = { ...own.config, from_email: 'own@client.example.com' }
  const asClient = await app.signIn(uid)
  const set = await app.request('/api/v1/clients/email-config', {
    method: 'POST',
    token: asClient,
    body: { provider: 'smtp', config },
  })
  assert.equal(set.status, 201, set.text)
  const message = { template_id: 'announcement', variables: { title: 'T', message: 'M' }, channels: ['email'] }
  await send({ ...message, recipient: 'of-client@example.com', client_uid: uid })
  await send({ ...message, recipient: 'of-platform@example.com' })
  await until('both mails', () => sink.mails.length === 2)
  const senders = Object.fromEntries(sink.mails.map((mail) => [mail.to[0], mail.from]))
  assert.deepEqual(senders, {
    'of-client@example.com': 'own@client.example.com',
    'of-platform@example.com': 'platform@example.com',
  })
})

test('the webhook channel is an event for those who listen, with the text; where nobody does, that is said', async () => {
  const message = {
    template_id: 'announcement',
    variables: { title: 'T', message: 'M' },
    channels: ['webhook'],
    recipient: 'admin@example.com',
  }
  const alone = await send(message)
  assert.deepEqual(alone?.deliveries, [
    { channel: 'webhook', status: 'suppressed', reason: 'no_endpoint', due_at: null },
  ])
  const made = await call('POST', '/api/v1/webhooks/configure/', { url: 'http://127.0.0.1:9/hook' })
  assert.ok(made.status < 300, made.text)
  const heard = await send(message)
  assert.deepEqual(heard?.deliveries, [{ channel: 'webhook', status: 'sent', reason: null, due_at: null }])
  const [event] = await sending.query<{ data: Record<string, unknown>; queued: boolean }>(
    `select e.data, exists (select 1 from webhook_queue q where q.event_id = e.id) as queued
       from domain_events e where e.type = 'notification.sent'`,
  )
  assert.equal(event?.queued, true)
  const { user_id: _, ...data } = event?.data ?? {}
  assert.deepEqual(data, {
    notification_id: heard?.id,
    category: 'general',
    template_id: 'announcement',
    title: 'T',
    body: 'M',
  })
})

test("a tenant's template takes the platform's place, version by version, until it is deleted", async () => {
  const { sink } = sending
  const address = '/api/v1/notifications/templates/announcement'
  const say = (word: string) => ({
    ...ownTemplate(),
    channels: ['email'],
    variables: [{ name: 'who', required: false }],
    texts: { en: { title: `${word} {{ who }}`, body: 'B', html: '<p>{{ who }}</p>' } },
  })
  const saved = async (word: string) => ((await call('PUT', address, say(word))).body as { version: number }).version
  assert.deepEqual([await saved('First'), await saved('Second')], [1, 2])
  const subject = async () => {
    sink.mails.length = 0
    await send({
      template_id: 'announcement',
      recipient: 'x@example.com',
      variables: { who: '<b>', title: 'Own', message: 'M' },
    })
    const mail = await until('the mail', () => sink.mails[0])
    return subjectOf(mail.raw)
  }
  assert.equal(await subject(), 'Second <b>')
  assert.match(sink.mails[0]?.raw ?? '', /<p>&lt;b&gt;<\/p>/)
  assert.equal((await call('POST', `${address}/activate`, { version: 1 })).status, 200)
  assert.equal(await subject(), 'First <b>')
  assert.equal((await call('POST', `${address}/activate`, { version: 3 })).status, 404)
  const shown = (await call('GET', address)).body as {
    version: number
    versions: { version: number; active: boolean }[]
  }
  assert.deepEqual(
    shown.versions.map((one) => [one.version, one.active]),
    [
      [2, false],
      [1, true],
    ],
  )
  assert.equal((await call('DELETE', address)).status, 200)
  assert.equal(await subject(), 'Own')
  assert.equal((await call('DELETE', address)).status, 404)
  const bad = { ...say('x'), texts: { fr: { title: '{{ nobody_declared_this }}', body: '{{ who | raw }}' } } }
  const refused = await call('PUT', address, bad)
  assert.equal(refused.status, 422)
  assert.match(refused.text, /texts\.fr\.title.*nobody_declared_this.*texts\.fr\.body.*raw/)
  const preview = await call('POST', `${address}/preview`, { template: say('Draft'), variables: { who: 'you' } })
  assert.equal((preview.body as { title: string }).title, 'Draft you')
})
