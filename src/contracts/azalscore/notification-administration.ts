/** Our addition: what became of notifications, the tenant's settings, addresses that get no mail. */
import { Type } from 'typebox'
import type { MailAttempt, NotificationDelivery, SettingsInForce, Suppression } from '#features/notifications/index.ts'
import {
  addSuppression,
  configureNotifications,
  deliveryStatuses,
  listNotificationDeliveries,
  listSuppressions,
  notificationLanguage,
  removeSuppression,
  viewNotificationDelivery,
  viewNotificationSettings,
} from '#features/notifications/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = Type.String({ format: 'date-time' })
const text = nullable(Type.String())
const time = (date: Date | null) => date?.toISOString() ?? null

const DeliveryAnswer = Type.Object({
  id: Type.String(),
  notification_id: nullable(Type.String({ description: 'null: a digest of several' })),
  channel: Type.String(),
  status: Type.Enum(deliveryStatuses),
  reason: text,
  user_id: text,
  address: text,
  category: text,
  attempts: Type.Integer(),
  next_attempt_at: nullable(moment),
  provider: text,
  provider_message_id: text,
  last_error: text,
  created_at: moment,
  finished_at: nullable(moment),
})

const presentDelivery = (delivery: NotificationDelivery) => ({
  id: delivery.id,
  notification_id: delivery.notificationId,
  channel: delivery.channel,
  status: delivery.status,
  reason: delivery.reason,
  user_id: delivery.userId,
  address: delivery.address,
  category: delivery.category,
  attempts: delivery.attempts,
  next_attempt_at: time(delivery.dueAt),
  provider: delivery.provider,
  provider_message_id: delivery.providerMessageId,
  last_error: delivery.lastError,
  created_at: delivery.createdAt.toISOString(),
  finished_at: time(delivery.finishedAt),
})

const AttemptAnswer = Type.Object({
  number: Type.Integer(),
  started_at: moment,
  finished_at: nullable(moment),
  outcome: nullable(Type.String({ description: 'accepted, or what went wrong; null: not known' })),
  response: text,
})

const presentAttempt = (attempt: MailAttempt) => ({
  number: attempt.number,
  started_at: attempt.startedAt.toISOString(),
  finished_at: time(attempt.finishedAt),
  outcome: attempt.outcome,
  response: attempt.response,
})

const Settings = Type.Object({
  daily_limit: Type.Integer({ description: 'Notifications a day (UTC)' }),
  retention_days: Type.Integer(),
  language: notificationLanguage,
  time_zone: Type.String(),
})
const SettingsAnswer = Type.Intersect([Settings, Type.Object({ used_today: Type.Integer(), defaults: Settings })])

const settingsOf = (settings: Pick<SettingsInForce, 'dailyLimit' | 'retentionDays' | 'language' | 'timeZone'>) => ({
  daily_limit: settings.dailyLimit,
  retention_days: settings.retentionDays,
  language: settings.language,
  time_zone: settings.timeZone,
})
const presentSettings = (settings: SettingsInForce): WireAnswer => ({
  status: 200,
  body: { ...settingsOf(settings), used_today: settings.usedToday, defaults: settingsOf(settings.defaults) },
})

const SuppressionAnswer = Type.Object({
  address: Type.String(),
  category: Type.String({ description: '*: all' }),
  reason: Type.String(),
  source: Type.String(),
  created_at: moment,
})
const presentSuppression = (one: Suppression) => ({
  address: one.address,
  category: one.category,
  reason: one.reason,
  source: one.source,
  created_at: one.createdAt.toISOString(),
})

const Success = Type.Object({ success: Type.Boolean() })
const integer = (minimum: number, maximum: number) => Type.Optional(nullable(Type.Integer({ minimum, maximum })))

export function notificationAdministrationRoutes(routes: ContractRoutes): void {
  deliveryRoutes(routes)
  settingRoutes(routes)
  suppressionRoutes(routes)
}

function deliveryRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/deliveries',
    operationId: 'listNotificationDeliveries',
    operation: listNotificationDeliveries,
    request: {
      query: Type.Object({
        status: Type.Optional(Type.Enum(deliveryStatuses)),
        notification_id: Type.Optional(Type.String({ maxLength: 64 })),
        cursor: Type.Optional(Type.String({ maxLength: 18 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      }),
    },
    input: ({ query }) => ({
      status: query.status ?? null,
      notificationId: query.notification_id ?? null,
      before: query.cursor ?? null,
      limit: query.limit ?? 50,
    }),
    present: ({ deliveries, next }) => ({
      status: 200,
      body: { deliveries: deliveries.map(presentDelivery), next_cursor: next },
    }),
    success: {
      status: 200,
      description: 'What became of notifications, newest first',
      schema: Type.Object({ deliveries: Type.Array(DeliveryAnswer), next_cursor: text }),
    },
  })
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/deliveries/:delivery_id',
    operationId: 'getNotificationDelivery',
    operation: viewNotificationDelivery,
    request: { path: Type.Object({ delivery_id: Type.String({ maxLength: 18 }) }) },
    input: ({ path }) => ({ id: path.delivery_id }),
    present: ({ delivery, attempts }) => ({
      status: 200,
      body: { ...presentDelivery(delivery), attempt_list: attempts.map(presentAttempt) },
    }),
    success: {
      status: 200,
      description: 'The delivery with its attempts',
      schema: Type.Intersect([DeliveryAnswer, Type.Object({ attempt_list: Type.Array(AttemptAnswer) })]),
    },
  })
}

function settingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/settings',
    operationId: 'getNotificationSettings',
    operation: viewNotificationSettings,
    input: () => ({}),
    present: presentSettings,
    success: { status: 200, description: 'The settings in force', schema: SettingsAnswer },
  })
  routes.add({
    method: 'PUT',
    url: '/api/v1/notifications/settings',
    operationId: 'putNotificationSettings',
    operation: configureNotifications,
    request: {
      body: Type.Object({
        daily_limit: integer(1, 10_000_000),
        retention_days: integer(7, 3650),
        language: Type.Optional(nullable(notificationLanguage)),
        time_zone: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
      }),
    },
    input: ({ body }) =>
      given({
        dailyLimit: body.daily_limit,
        retentionDays: body.retention_days,
        language: body.language,
        timeZone: body.time_zone,
      }),
    present: presentSettings,
    success: { status: 200, description: 'The settings from now on', schema: SettingsAnswer },
  })
}

function suppressionRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/suppressions',
    operationId: 'listNotificationSuppressions',
    operation: listSuppressions,
    request: {
      query: Type.Object({
        after: Type.Optional(Type.String({ maxLength: 254, description: 'The last address of the page before' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
      }),
    },
    input: ({ query }) => ({ after: query.after ?? '', limit: query.limit ?? 100 }),
    present: ({ suppressions }) => ({ status: 200, body: { suppressions: suppressions.map(presentSuppression) } }),
    success: {
      status: 200,
      description: 'Addresses that get no e-mail',
      schema: Type.Object({ suppressions: Type.Array(SuppressionAnswer) }),
    },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/suppressions',
    operationId: 'addNotificationSuppression',
    operation: addSuppression,
    request: { body: Type.Object({ address: Type.String({ format: 'email', maxLength: 254 }) }) },
    input: ({ body }) => body,
    present: ({ address }) => ({ status: 201, body: { address } }),
    success: { status: 201, description: 'It gets none any more', schema: Type.Object({ address: Type.String() }) },
  })
  routes.add({
    method: 'DELETE',
    url: '/api/v1/notifications/suppressions/:address',
    operationId: 'deleteNotificationSuppression',
    operation: removeSuppression,
    request: { path: Type.Object({ address: Type.String({ minLength: 1, maxLength: 254 }) }) },
    input: ({ path }) => path,
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'It gets e-mail again', schema: Success },
  })
}
