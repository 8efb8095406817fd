/** How a user wants to be told. The document's fields, and ours: time zone, language, digest, minutes in quiet hours. */
import { Type } from 'typebox'
import type { PreferencesInForce } from '#features/notifications/index.ts'
import { notificationLanguage, updatePreferences, viewPreferences } from '#features/notifications/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'
import { given } from './given.ts'

const clock = Type.Union([
  Type.Integer({ minimum: 0, maximum: 23, description: 'A full hour' }),
  Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'HH:MM' }),
])
const channelName = Type.Enum(['email', 'in_app', 'webhook'] as const)
const frequency = Type.Enum(['off', 'daily', 'weekly'] as const)

const PreferencesAnswer = Type.Object({
  enabled_channels: Type.Array(channelName),
  quiet_hours: nullable(Type.Object({ start: clock, end: clock })),
  category_preferences: Type.Record(Type.String(), Type.Boolean()),
  time_zone: Type.String(),
  language: notificationLanguage,
  digest: Type.Object({ frequency, hour: Type.Integer(), weekday: Type.Integer({ description: '1 = Monday' }) }),
  unsubscribed_categories: Type.Array(Type.String()),
  undeliverable: nullable(Type.String({ description: 'Why the address gets no e-mail: bounce, complaint, manual' })),
})

const Preferences = Type.Object({
  enabled_channels: Type.Optional(Type.Array(channelName, { maxItems: 3, uniqueItems: true })),
  quiet_hours: Type.Optional(nullable(Type.Object({ start: clock, end: clock }))),
  category_preferences: Type.Optional(
    Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }), Type.Boolean(), {
      maxProperties: 50,
      additionalProperties: false,
    }),
  ),
  time_zone: Type.Optional(Type.String({ maxLength: 64 })),
  language: Type.Optional(notificationLanguage),
  digest: Type.Optional(
    Type.Object({
      frequency,
      hour: Type.Optional(Type.Integer({ minimum: 0, maximum: 23 })),
      weekday: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 })),
    }),
  ),
})

const minuteOf = (time: number | string): number => {
  if (typeof time === 'number') return time * 60
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}
/** Full hours as the document has them: numbers. */
const clockOf = (minutes: number): number | string => {
  if (minutes % 60 === 0) return minutes / 60
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

function present(preferences: PreferencesInForce): WireAnswer {
  const { quietHours: quiet } = preferences
  return {
    status: 200,
    body: {
      enabled_channels: preferences.enabledChannels,
      quiet_hours: quiet ? { start: clockOf(quiet.startMinute), end: clockOf(quiet.endMinute) } : null,
      category_preferences: preferences.categories,
      time_zone: preferences.timeZone,
      language: preferences.language,
      digest: { frequency: preferences.digest, hour: preferences.digestHour, weekday: preferences.digestWeekday },
      unsubscribed_categories: preferences.unsubscribed,
      undeliverable: preferences.undeliverable,
    },
  }
}

function quietHoursOf(quiet: Type.Static<typeof Preferences>['quiet_hours']) {
  return quiet ? { startMinute: minuteOf(quiet.start), endMinute: minuteOf(quiet.end) } : quiet
}

export function notificationPreferenceRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/preferences',
    operationId: 'getNotificationPreferences',
    operation: viewPreferences,
    input: () => ({}),
    present,
    success: { status: 200, description: "The caller's preferences", schema: PreferencesAnswer },
  })
  routes.add({
    method: 'PUT',
    url: '/api/v1/notifications/preferences',
    operationId: 'putNotificationPreferences',
    operation: updatePreferences,
    request: { body: Preferences },
    input: ({ body }) =>
      given({
        enabledChannels: body.enabled_channels,
        quietHours: quietHoursOf(body.quiet_hours),
        categories: body.category_preferences,
        timeZone: body.time_zone,
        language: body.language,
        digest: body.digest?.frequency,
        digestHour: body.digest?.hour,
        digestWeekday: body.digest?.weekday,
      }),
    present,
    success: { status: 200, description: 'The preferences from now on', schema: PreferencesAnswer },
  })
}
