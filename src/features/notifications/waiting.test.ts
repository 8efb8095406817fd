/** What waits: the end of quiet hours, digests; and what is deleted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PreparedUser } from '#test/support/prepared-client.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'
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

type Listed = { notifications: { title: string }[]; unread_count: number }

async function person(preferences: object): Promise<{ user: PreparedUser; token: string }> {
  const user = await prepareUser(sending.app, 'viewer')
  const { access: token } = await signInAs(sending.app, user)
  const saved = await sending.app.request('/api/v1/notifications/preferences', {
    method: 'PUT',
    token,
    body: preferences,
  })
  assert.equal(saved.status, 200, saved.text)
  return { user, token }
}

async function send(recipient: string, title: string, more: object = {}) {
  const body = { template_id: 'announcement', recipient, variables: { title, message: `${title}.` }, ...more }
  const answer = await sending.app.request('/api/v1/notifications/send', { method: 'POST', token: sending.token, body })
  assert.equal(answer.status, 202, answer.text)
}

const mailsTo = (user: PreparedUser) => sending.sink.mails.filter((mail) => mail.to.includes(user.username))
const list = async (token: string) => (await sending.app.request('/api/v1/notifications', { token })).body as Listed

test('quiet hours hold back mail and list until their end, a security notification not', async () => {
  // Quiet but for the minute before now, so that it is quiet whenever the test runs.
  const start = new Date()
  const clock = (minutes: number) => new Date(start.getTime() + minutes * 60_000).toISOString().slice(11, 16)
  const { user, token } = await person({
    time_zone: 'UTC',
    quiet_hours: { start: clock(-2), end: clock(-3) },
    language: 'en',
  })
  await send(user.username, 'At night')
  await send(user.username, 'Break-in', { category: 'security' })
  await until('the security mail', () => mailsTo(user).length === 1)
  assert.equal(subjectOf(mailsTo(user)[0]?.raw ?? ''), 'Break-in')
  assert.equal(headerOf(mailsTo(user)[0]?.raw ?? '', 'List-Unsubscribe'), null, 'nobody unsubscribes from security')
  assert.deepEqual(
    (await list(token)).notifications.map((one) => one.title),
    ['Break-in'],
  )
  await sending.query(`update notification_deliveries set due_at = now() where status = 'queued' and user_id = $1`, [
    user.id,
  ])
  await until('the other mail', () => mailsTo(user).length === 2)
  await until('its place in the list', async () => (await list(token)).unread_count === 2)
})

test('a digest carries what has come since the last one, in one mail, in the language of its reader', async () => {
  const { user, token } = await person({ digest: { frequency: 'daily', hour: 8 }, language: 'en' })
  await send(user.username, 'Alpha')
  await send(user.username, 'Beta')
  assert.equal((await list(token)).unread_count, 2, 'the list does not wait')
  const due = () =>
    sending.query(`update notification_deliveries set due_at = now() where status = 'collecting' and user_id = $1`, [
      user.id,
    ])
  await due()
  await until('the digest', () => mailsTo(user).length === 1)
  assert.match(subjectOf(mailsTo(user)[0]?.raw ?? ''), /2 notifications$/)
  assert.match(mailsTo(user)[0]?.raw ?? '', /Alpha[\s\S]*Beta/)
  await until(
    'outcomes',
    async () =>
      (
        await sending.query(
          `select 1 from notification_deliveries where user_id = $1 and channel = 'email' and status = 'sent'`,
          [user.id],
        )
      ).length === 3,
  )
  await send(user.username, 'Gamma')
  await due()
  await until('the next digest', () => mailsTo(user).length === 2)
  assert.doesNotMatch(mailsTo(user)[1]?.raw ?? '', /Alpha/)
})

test('what is older than the retention is really deleted, with deliveries and attempts', async () => {
  const { user } = await person({ language: 'fr' })
  await send(user.username, 'Old')
  await until('the mail', () => mailsTo(user).length === 1)
  await until(
    'outcomes',
    async () =>
      (await sending.query(`select 1 from notification_deliveries where status in ('queued', 'sending', 'collecting')`))
        .length === 0,
  )
  const changed = await sending.app.request('/api/v1/notifications/settings', {
    method: 'PUT',
    token: sending.token,
    body: { retention_days: 7 },
  })
  assert.equal(changed.status, 200, changed.text)
  await sending.query(
    `update notifications set expires_at = now() - interval '1 day', created_at = now() - interval '8 days'`,
  )
  await sending.query(`update notification_deliveries set created_at = now() - interval '8 days'`)
  await sending.app.runtime.services.database.platformRead('select delete_expired_notifications(1000)')
  for (const table of ['notifications', 'notification_deliveries', 'notification_attempts']) {
    assert.deepEqual(await sending.query(`select * from ${table}`), [], table)
  }
})

test('preferences that cannot be are refused with the reason, and the others stay as they are', async () => {
  const { token } = await person({ quiet_hours: { start: 22, end: 8 } })
  const put = (body: object) => sending.app.request('/api/v1/notifications/preferences', { method: 'PUT', token, body })
  for (const body of [
    { time_zone: 'Europe/Atlantis' },
    { time_zone: '+02:00' },
    { quiet_hours: { start: 8, end: 8 } },
    { quiet_hours: { start: 24, end: 8 } },
    { quiet_hours: { start: '25:00', end: 8 } },
    { category_preferences: { security: false } },
    { category_preferences: { 'No Such': true } },
    { enabled_channels: ['pigeon'] },
    { language: 'de' },
    { digest: { frequency: 'hourly' } },
  ]) {
    const answer = await put(body)
    assert.equal(answer.status, 422, `${JSON.stringify(body)}: ${answer.text}`)
  }
  const answer = await put({
    enabled_channels: ['email', 'in_app'],
    category_preferences: { marketing: false, security: true },
  })
  const { quiet_hours, enabled_channels, category_preferences } = answer.body as Record<string, unknown>
  assert.deepEqual(
    { quiet_hours, enabled_channels, category_preferences },
    {
      quiet_hours: { start: 22, end: 8 },
      enabled_channels: ['email', 'in_app'],
      category_preferences: { marketing: false, security: true },
    },
  )
})
