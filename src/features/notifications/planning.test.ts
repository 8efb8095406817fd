import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Situation } from './planning.ts'
import { digestTime, planDeliveries, retryDelayMs } from './planning.ts'
import type { Preferences } from './schemas.ts'
import { defaultPreferences, defaultSettings } from './schemas.ts'

const night = { startMinute: 22 * 60, endMinute: 8 * 60 }
const lateEvening = new Date('2026-01-15T22:30:00Z')
const morning = new Date('2026-01-16T07:00:00.000Z')

function plan(changes: Partial<Preferences> | null, situation: Partial<Situation> = {}) {
  const preferences = changes === null ? null : { ...defaultPreferences(defaultSettings), ...changes }
  const plans = planDeliveries({
    category: 'billing',
    channels: ['email', 'in_app', 'webhook'],
    now: lateEvening,
    suppressed: null,
    ...situation,
    preferences,
  })
  return Object.fromEntries(
    plans.map((one) => [one.channel, one.reason ?? `${one.status} ${one.dueAt?.toISOString() ?? ''}`.trim()]),
  )
}

const now = lateEvening.toISOString()
const later = morning.toISOString()

test('without preferences everything goes out at once', () => {
  assert.deepEqual(plan({}), { email: `queued ${now}`, in_app: 'sent', webhook: 'sent' })
})

test('in quiet hours e-mail and list wait until their end; machines sleep never', () => {
  assert.deepEqual(plan({ quietHours: night }), {
    email: `queued ${later}`,
    in_app: `queued ${later}`,
    webhook: 'sent',
  })
})

test('a security notification is sent all the same, whatever channels, hours, digests and categories say', () => {
  const strict = { quietHours: night, enabledChannels: [], digest: 'daily' as const, categories: { security: false } }
  assert.deepEqual(plan(strict, { category: 'security', channels: ['in_app'] }), {
    in_app: 'sent',
    email: `queued ${now}`,
  })
  assert.deepEqual(plan(strict, { category: 'security', channels: ['email'], suppressed: 'bounce' }), {
    email: 'bounce',
    in_app: 'sent',
  })
})

test('channels and categories that are not wanted are left out, with the reason', () => {
  assert.deepEqual(plan({ enabledChannels: ['in_app'] }), {
    email: 'channel_disabled',
    in_app: 'sent',
    webhook: 'channel_disabled',
  })
  assert.deepEqual(plan({ categories: { billing: false } }), {
    email: 'category_disabled',
    in_app: 'category_disabled',
    webhook: 'category_disabled',
  })
  assert.deepEqual(plan({}, { suppressed: 'unsubscribe' }), { email: 'unsubscribe', in_app: 'sent', webhook: 'sent' })
})

test('who is no user gets mail only, at once', () => {
  assert.deepEqual(plan(null), { email: `queued ${now}`, webhook: 'sent' })
})

test('with a digest the mail waits for it, and the list does not', () => {
  assert.deepEqual(plan({ digest: 'daily' }), { email: `digest ${later}`, in_app: 'sent', webhook: 'sent' })
  assert.deepEqual(plan({ digest: 'weekly', digestWeekday: 1 }).email, 'digest 2026-01-19T07:00:00.000Z')
})

test('a digest that would come in quiet hours comes at their end', () => {
  const preferences = {
    ...defaultPreferences(defaultSettings),
    digest: 'daily' as const,
    digestHour: 3,
    quietHours: night,
  }
  assert.equal(digestTime(lateEvening, preferences).toISOString(), later)
})

test('attempts become rarer and end', () => {
  const delays = Array.from({ length: 9 }, (_, i) => retryDelayMs(i + 1, 0))
  assert.equal(delays.at(-1), null)
  const given = delays.slice(0, -1).map(Number)
  assert.deepEqual(
    given,
    [...given].sort((a, b) => a - b),
  )
  assert.equal(retryDelayMs(1, 1), 5_500)
})
