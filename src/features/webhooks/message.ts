/** What is sent: one body and headers that both Standard Webhooks receivers and FactPulse's verify. */
import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey } from 'node:crypto'

export type WebhookEvent = {
  id: string
  type: string
  clientUid: string | null
  data: Record<string, unknown>
  sequence: number
  occurredAt: Date
}

/** Where the object of an event is read, by the first word of the event's type. */
const paths: Readonly<Record<string, (id: string) => string>> = {
  client: (id) => `/api/v1/clients/${id}`,
  profile: (id) => `/api/v1/profiles/${id}/`,
  document: (id) => `/api/v1/documents/${id}/`,
  analysis: (id) => `/api/v1/analyses/${id}/`,
  webhook: (id) => `/api/v1/webhooks/${id}/`,
  oauth2_client: (id) => `/oauth2-service/api/oauth2-clients/findById/${id}`,
}

/** The object that an event is of: its `pk`, else `uid`, else `id` among the data. */
function objectOf({ type, data }: WebhookEvent): { type: string; id: string | number } | null {
  const id = data.pk ?? data.uid ?? data.id
  if (typeof id !== 'string' && typeof id !== 'number') return null
  return { type: type.split('.')[0] ?? type, id }
}

/**
 * The body, as JSON. `type`, `timestamp`, `data`: Standard Webhooks; `event_type`, `data`: FactPulse. Of one object, the
 * event with the greater `sequence` is the later one. `api`: where to read the object as it is now; null: nowhere.
 */
export function renderBody(event: WebhookEvent, publicUrl: string): string {
  const object = objectOf(event)
  const path = object ? paths[object.type]?.(encodeURIComponent(String(object.id))) : undefined
  return JSON.stringify({
    id: event.id,
    type: event.type,
    event_type: event.type,
    timestamp: event.occurredAt.toISOString(),
    sequence: event.sequence,
    client_uid: event.clientUid,
    object,
    api: path === undefined ? null : `${publicUrl}${path}`,
    data: event.data,
  })
}

export const secretPrefix = 'whsec_'

export type SigningKeys = {
  /** Of the endpoint, `whsec_` and base64: the one in force first, then those of a rotation that still overlap. */
  secrets: readonly KeyObject[]
  /** The client's webhook secret, else the server's. */
  clientKey: KeyObject
}

// A KeyObject that is kept: with a Buffer, createHmac makes one at every call, which costs six times as much as the HMAC.

/** The key of an endpoint's secret. */
export function endpointKey(secret: string): KeyObject {
  return createSecretKey(secret.slice(secretPrefix.length), 'base64')
}

/** A webhook secret is a key as the text that it is, as FactPulse's receivers take it. */
export function textKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8')
}

/** Standard Webhooks 1.0.0: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, by each key. */
export function standardHeaders(
  id: string,
  timestampSeconds: number,
  body: Buffer,
  keys: readonly KeyObject[],
): Record<string, string> {
  const begin = `${id}.${timestampSeconds}.`
  const signatures = keys.map(
    (secret) => `v1,${createHmac('sha256', secret).update(begin).update(body).digest('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  }
}

/** All headers of an attempt. */
export function signedHeaders(
  eventId: string,
  timestampSeconds: number,
  body: Buffer,
  keys: SigningKeys,
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Clientele-Webhooks/1',
    ...standardHeaders(eventId, timestampSeconds, body, keys.secrets),
    'x-webhook-signature': `sha256=${createHmac('sha256', keys.clientKey).update(body).digest('hex')}`,
  }
}
