import { Type } from 'typebox'
import type { ErrorDetail } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import { isTimeZone } from '#kernel/time-zone.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { notificationError } from './errors.ts'
import { notificationFault } from './faults.ts'
import { requireUser } from './inbox-operations.ts'
import * as store from './preference-store.ts'
import type { Preferences } from './schemas.ts'
import { category, channel, defaultPreferences, language, securityCategory } from './schemas.ts'

export type PreferencesInForce = Preferences & {
  /** Categories from which the user has unsubscribed by a link in an e-mail. */
  unsubscribed: string[]
  /** Why the user's address gets no e-mail at all; null: it does. */
  undeliverable: string | null
}

async function readPreferences({ tx, tenantId, actor }: OperationContext): Promise<PreferencesInForce> {
  const { userId } = requireUser(actor)
  const [saved, settings, mail] = await Promise.all([
    store.findPreferences(tx, tenantId, userId),
    store.findSettings(tx, tenantId),
    store.findMailState(tx, tenantId, userId),
  ])
  return { ...(saved ?? defaultPreferences(settings)), ...mail }
}

export const viewPreferences = defineOperation({
  name: 'notification-preferences.view',
  summary: 'Shows how the caller wants to be told: channels, categories, quiet hours, digest, language.',
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({}),
  run: readPreferences,
})

const minute = Type.Integer({ minimum: 0, maximum: 1439 })

export const updatePreferences = defineOperation({
  name: 'notification-preferences.update',
  summary: 'Changes how the caller wants to be told; what is left out stays as it is.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({
    enabledChannels: Type.Optional(Type.Array(channel, { maxItems: 3, uniqueItems: true })),
    categories: Type.Optional(
      Type.Record(category, Type.Boolean(), { maxProperties: 50, additionalProperties: false }),
    ),
    quietHours: Type.Optional(nullable(Type.Object({ startMinute: minute, endMinute: minute }))),
    timeZone: Type.Optional(Type.String({ maxLength: 64 })),
    language: Type.Optional(language),
    digest: Type.Optional(Type.Enum(['off', 'daily', 'weekly'] as const)),
    digestHour: Type.Optional(Type.Integer({ minimum: 0, maximum: 23 })),
    digestWeekday: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 })),
  }),
  run: async (context, input): Promise<PreferencesInForce> => {
    const { tx, tenantId, actor, now } = context
    const { userId } = requireUser(actor)
    const details: ErrorDetail[] = []
    const quiet = input.quietHours
    if (quiet && quiet.startMinute === quiet.endMinute) {
      details.push({
        path: ['body', 'quiet_hours'],
        ...notificationFault('notice_quiet_hours_empty'),
      })
    }
    if (input.timeZone !== undefined && !isTimeZone(input.timeZone)) {
      details.push({ path: ['body', 'time_zone'], ...valueFault('value_time_zone') })
    }
    if (input.categories?.[securityCategory] === false) {
      const told = notificationFault('notice_security_stays')
      details.push({ path: ['body', 'category_preferences', securityCategory], ...told })
    }
    if (details.length > 0) throw notificationError('notification_preferences_invalid', { details })
    const { unsubscribed: _, undeliverable: __, ...before } = await readPreferences(context)
    const after: Preferences = { ...before, ...(input as Partial<Preferences>) }
    await store.savePreferences(tx, tenantId, userId, { ...after, now })
    const wanted = Object.entries(input.categories ?? {}).flatMap(([name, isWanted]) => (isWanted ? [name] : []))
    if (input.digest !== undefined && input.digest !== 'off') wanted.push('digest')
    await store.resubscribe(tx, tenantId, userId, wanted)
    return { ...after, ...(await store.findMailState(tx, tenantId, userId)) }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Notification preferences changed',
    context: { fields: Object.keys(input) },
  }),
})
