/** Webhooks, deliveries and attempts as this contract prints them. */
import { Type } from 'typebox'
import type { AttemptDetail, AttemptSummary, Delivery, Webhook as Endpoint, Replay } from '#features/webhooks/index.ts'
import { deliveryStatuses, eventPattern, webhookStatuses } from '#features/webhooks/index.ts'
import { nullable, textOf, uuid } from '#kernel/schemas.ts'
import { moment } from './envelope.ts'

const dateTime = Type.String({ format: 'date-time' })
export const webhookStatus = Type.Enum(webhookStatuses)
export const deliveryStatus = Type.Enum(deliveryStatuses)

const url = Type.String({ minLength: 1, maxLength: 2048, description: 'https:// in production' })
const changeable = {
  description: Type.Optional(nullable(textOf(500))),
  eventTypes: Type.Optional(
    nullable(
      Type.Array(Type.String({ pattern: eventPattern, maxLength: 100 }), {
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        description: 'profile.created, or profile.* for all of profiles; null or left out: all events',
      }),
    ),
  ),
  ofAllClients: Type.Optional(
    Type.Boolean({ description: "Of the account's own webhooks: gets the events of all its clients too" }),
  ),
}
export const NewWebhook = Type.Object({
  url,
  ...changeable,
  client_uid: Type.Optional({ ...uuid, description: "At account level: whose webhook; left out: the account's own" }),
})
export const WebhookChanges = Type.Object({ url: Type.Optional(url), ...changeable })

export const Webhook = Type.Object({
  pk: Type.Integer(),
  client_uid: nullable(uuid),
  url: Type.String(),
  description: nullable(Type.String()),
  eventTypes: nullable(Type.Array(Type.String())),
  ofAllClients: Type.Boolean(),
  status: webhookStatus,
  disabledReason: nullable(Type.Enum(['gone', 'failing'])),
  disabledAt: nullable(dateTime),
  failingSince: nullable(dateTime),
  createdAt: dateTime,
  updatedAt: dateTime,
})
export const WebhookWithSecrets = Type.Object({
  ...Webhook.properties,
  secrets: Type.Array(Type.Object({ createdAt: dateTime, expiresAt: nullable(dateTime) })),
})

const momentOrNull = (date: Date | null) => date && moment(date)

export function toWebhook(webhook: Endpoint) {
  return {
    pk: webhook.pk,
    client_uid: webhook.clientUid,
    url: webhook.url,
    description: webhook.description,
    eventTypes: webhook.eventTypes,
    ofAllClients: webhook.ofAllClients,
    status: webhook.status,
    disabledReason: webhook.disabledReason,
    disabledAt: momentOrNull(webhook.disabledAt),
    failingSince: momentOrNull(webhook.failingSince),
    createdAt: moment(webhook.createdAt),
    updatedAt: moment(webhook.updatedAt),
  }
}

export const WebhookDelivery = Type.Object({
  pk: Type.Integer(),
  webhook: Type.Integer(),
  webhookId: Type.String({ description: 'The header webhook-id of all attempts' }),
  eventType: Type.String(),
  status: deliveryStatus,
  attempts: Type.Integer(),
  lastStatusCode: nullable(Type.Integer()),
  lastErrorCode: nullable(Type.String()),
  createdAt: dateTime,
  finishedAt: nullable(dateTime),
  nextAttemptAt: nullable(dateTime),
})

export function toDelivery(delivery: Delivery) {
  return {
    pk: delivery.pk,
    webhook: delivery.webhookPk,
    webhookId: delivery.eventId,
    eventType: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts,
    lastStatusCode: delivery.lastStatusCode,
    lastErrorCode: delivery.lastErrorCode,
    createdAt: moment(delivery.createdAt),
    finishedAt: momentOrNull(delivery.finishedAt),
    nextAttemptAt: momentOrNull(delivery.nextAttemptAt),
  }
}

export const WebhookAttemptSummary = Type.Object({
  number: Type.Integer(),
  attemptedAt: dateTime,
  url: Type.String(),
  statusCode: nullable(Type.Integer()),
  totalMs: Type.Number(),
  errorCode: nullable(Type.String()),
  error: nullable(Type.String()),
})

export function toAttemptSummary(attempt: AttemptSummary) {
  return {
    number: attempt.number,
    attemptedAt: moment(attempt.attemptedAt),
    url: attempt.url,
    statusCode: attempt.statusCode,
    totalMs: attempt.totalMs,
    errorCode: attempt.errorCode,
    error: attempt.error,
  }
}

const headers = Type.Record(Type.String(), Type.String())
const milliseconds = nullable(Type.Number())
export const WebhookAttempt = Type.Object({
  ...WebhookAttemptSummary.properties,
  request: Type.Object({ headers, body: Type.String() }),
  response: nullable(Type.Object({ headers, body: Type.String(), truncated: Type.Boolean() })),
  timing: Type.Object({
    dnsMs: milliseconds,
    connectMs: milliseconds,
    firstByteMs: milliseconds,
    totalMs: Type.Number(),
  }),
})

export function toAttempt(attempt: AttemptDetail) {
  return {
    ...toAttemptSummary(attempt),
    request: attempt.request,
    response: attempt.response,
    timing: { ...attempt.timing, totalMs: attempt.totalMs },
  }
}

export const WebhookReplay = Type.Object({
  pk: Type.Integer(),
  webhook: Type.Integer(),
  since: dateTime,
  status: Type.Enum(['running', 'done']),
  found: Type.Integer({ description: 'How many had failed, or were skipped, when it began' }),
  queued: Type.Integer({ description: 'How many of them are queued again so far' }),
  createdAt: dateTime,
  finishedAt: nullable(dateTime),
})

export function toReplay(replay: Replay) {
  return {
    pk: replay.pk,
    webhook: replay.webhookPk,
    since: moment(replay.since),
    status: replay.status,
    found: replay.found,
    queued: replay.queued,
    createdAt: moment(replay.createdAt),
    finishedAt: momentOrNull(replay.finishedAt),
  }
}
