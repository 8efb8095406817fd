/** The shapes of endpoints, deliveries and attempts. */
import { Type } from 'typebox'
import { nullable, textOf, uuid } from '#kernel/schemas.ts'
import { eventPattern } from './rules.ts'

export const pk = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** The caller's own client; null at account level: any of the tenant's. */
export const scope = nullable(uuid)
export const ofWebhook = Type.Object({ clientUid: scope, pk })

export const webhookUrl = Type.String({ minLength: 1, maxLength: 2048 })
export const description = nullable(textOf(500))
/** null: all events. */
export const eventTypes = nullable(
  Type.Array(Type.String({ pattern: eventPattern, maxLength: 100 }), { minItems: 1, maxItems: 50, uniqueItems: true }),
)

export const webhookStatuses = ['enabled', 'paused', 'disabled'] as const
export type WebhookStatus = (typeof webhookStatuses)[number]
export const deliveryStatuses = ['pending', 'succeeded', 'failed', 'skipped'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

export type Webhook = {
  pk: number
  /** null: the tenant's own. */
  clientUid: string | null
  url: string
  description: string | null
  eventTypes: string[] | null
  ofAllClients: boolean
  status: WebhookStatus
  disabledReason: 'gone' | 'failing' | null
  disabledAt: Date | null
  /** Since the first failed attempt after the last successful one. */
  failingSince: Date | null
  createdAt: Date
  updatedAt: Date
}

export type Delivery = {
  pk: number
  webhookPk: number
  /** The header webhook-id of all its attempts. */
  eventId: string
  eventType: string
  status: DeliveryStatus
  attempts: number
  lastStatusCode: number | null
  /** null: the last attempt succeeded, or there was none. */
  lastErrorCode: string | null
  createdAt: Date
  finishedAt: Date | null
  /** Of a pending one: when it is sent, at the earliest. */
  nextAttemptAt: Date | null
}

export type AttemptSummary = {
  number: number
  attemptedAt: Date
  url: string
  statusCode: number | null
  totalMs: number
  errorCode: string | null
  error: string | null
}

/** What was sent, what came back, and how long its parts took (milliseconds). */
export type AttemptDetail = AttemptSummary & {
  request: { headers: Record<string, string>; body: string }
  response: { headers: Record<string, string>; body: string; truncated: boolean } | null
  timing: { dnsMs: number | null; connectMs: number | null; firstByteMs: number | null }
}

export type Replay = {
  pk: number
  webhookPk: number
  since: Date
  status: 'running' | 'done'
  found: number
  queued: number
  createdAt: Date
  finishedAt: Date | null
}
