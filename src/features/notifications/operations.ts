/** Sending, and what administrators see and set. */
import { Type } from 'typebox'
import { emailKey } from '#features/users/index.ts'
import { nullable } from '#kernel/schemas.ts'
import { isTimeZone } from '#kernel/time-zone.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import * as store from './delivery-store.ts'
import { notificationError } from './errors.ts'
import { notify } from './notify.ts'
import { findSettings } from './preference-store.ts'
import type { Settings } from './schemas.ts'
import { defaultSettings, deliveryStatuses, language, sendInput } from './schemas.ts'

export const sendNotification = defineOperation({
  name: 'notification.send',
  summary: 'Tells users, roles or addresses something, by a template, on the channels that they want.',
  level: 'account',
  permission: 'notification:send',
  effect: 'write',
  input: sendInput,
  run: async ({ tx, tenantId, now }, input) => ({ sent: await notify(tx, { ...input, tenantId, now }) }),
  audit: (input, { sent }) => ({
    category: 'data_modification',
    description: 'Notification sent',
    target: { type: 'notification', id: sent[0]?.id ?? '' },
    context: { template: input.template, recipients: sent.length },
  }),
})

const deliveryId = Type.String({ pattern: '^[0-9]{1,18}$' })

export const listNotificationDeliveries = defineOperation({
  name: 'notification-delivery.list',
  summary: 'Lists what became of notifications, channel by channel, newest first.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({
    status: nullable(Type.Enum(deliveryStatuses)),
    notificationId: nullable(Type.String({ maxLength: 64 })),
    before: nullable(deliveryId),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  run: async ({ tx, tenantId }, input) => {
    const found = await store.listDeliveries(tx, tenantId, { ...input, limit: input.limit + 1 })
    const deliveries = found.slice(0, input.limit)
    return { deliveries, next: found.length > input.limit ? (deliveries.at(-1)?.id ?? null) : null }
  },
})

export const viewNotificationDelivery = defineOperation({
  name: 'notification-delivery.view',
  summary: 'Shows a delivery with its attempts.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({ id: deliveryId }),
  run: async ({ tx, tenantId }, input) => {
    const [delivery, attempts] = await Promise.all([
      store.findDelivery(tx, tenantId, input.id),
      store.listAttempts(tx, tenantId, input.id),
    ])
    if (!delivery) throw notificationError('notification_not_found')
    return { delivery, attempts }
  },
})

export type SettingsInForce = Settings & { usedToday: number; defaults: Settings }

const inForce = (
  { dailyLimit, retentionDays, language: spoken, timeZone }: Settings,
  usedToday: number,
): SettingsInForce => ({
  dailyLimit,
  retentionDays,
  language: spoken,
  timeZone,
  usedToday,
  defaults: defaultSettings,
})

export const viewNotificationSettings = defineOperation({
  name: 'notification-settings.view',
  summary: "Shows the tenant's limit, retention, language and time zone for notifications.",
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    const [settings, used] = await Promise.all([findSettings(tx, tenantId), store.usedToday(tx, tenantId)])
    return inForce(settings, used)
  },
})

export const configureNotifications = defineOperation({
  name: 'notification-settings.configure',
  summary:
    "Sets the tenant's limit, retention, language and time zone; what is left out or null becomes the platform's again.",
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({
    dailyLimit: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 10_000_000 }))),
    retentionDays: Type.Optional(nullable(Type.Integer({ minimum: 7, maximum: 3650 }))),
    language: Type.Optional(nullable(language)),
    timeZone: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
  }),
  run: async ({ tx, tenantId, now }, input) => {
    if (input.timeZone && !isTimeZone(input.timeZone)) {
      const details = [{ path: ['body', 'time_zone'], ...valueFault('value_time_zone') }]
      throw notificationError('notification_settings_invalid', { details })
    }
    await store.saveSettings(tx, tenantId, {
      daily_limit: input.dailyLimit ?? null,
      retention_days: input.retentionDays ?? null,
      language: input.language ?? null,
      time_zone: input.timeZone ?? null,
      now,
    })
    const settings = await findSettings(tx, tenantId)
    await store.applyRetention(tx, tenantId, settings.retentionDays)
    return inForce(settings, await store.usedToday(tx, tenantId))
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Settings of notifications changed',
    context: { ...input },
  }),
})

export const listSuppressions = defineOperation({
  name: 'notification-suppression.list',
  summary: 'Lists addresses that get no e-mail: bounced, complained, unsubscribed.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({
    after: Type.String({ maxLength: 254 }),
    limit: Type.Integer({ minimum: 1, maximum: 200 }),
  }),
  run: async ({ tx, tenantId }, input) => ({ suppressions: await store.listSuppressions(tx, tenantId, input) }),
})

export const addSuppression = defineOperation({
  name: 'notification-suppression.add',
  summary: 'Sends an address no e-mail from now on.',
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ address: Type.String({ format: 'email', maxLength: 254 }) }),
  run: async ({ tx, tenantId }, input) => {
    const addressKey = emailKey(input.address)
    await store.addSuppression(tx, tenantId, { addressKey, category: '*', reason: 'manual', source: 'administrator' })
    return { address: addressKey }
  },
  audit: () => ({ category: 'configuration', description: 'Address suppressed for e-mail' }),
})

export const removeSuppression = defineOperation({
  name: 'notification-suppression.remove',
  summary: 'Sends an address e-mail again, whatever the reason was that it got none.',
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ address: Type.String({ minLength: 1, maxLength: 254 }) }),
  run: async ({ tx, tenantId }, input) => {
    const removed = await store.deleteSuppressions(tx, tenantId, emailKey(input.address))
    if (!removed) throw notificationError('notification_suppression_unknown')
    return { address: emailKey(input.address) }
  },
  audit: () => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Suppressed address taken off the list',
  }),
})
