/** Whether a webhook comes from the server, unchanged and just now. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { ClienteleError } from './errors.ts'

/** It does not verify: answer 400 or 401, and do nothing else. */
export class WebhookError extends ClienteleError {
  override name = 'WebhookError'
}

export type WebhookEvent = {
  /** The same in every attempt and every replay: keep it, and ignore what you know. */
  id: string
  type: string
  timestamp: string
  /** Of two events of one object the later one has the greater number. */
  sequence: number
  client_uid: string | null
  object: { type: string; id: string | number } | null
  /** Where to read the object as it is now. */
  api: string | null
  data: Record<string, unknown>
}

/** Of fetch (Headers) or of node:http (request.headers). */
export type HeadersGiven = Headers | Record<string, string | string[] | undefined>

export type Received = {
  /** As it came, before it is parsed. */
  body: string | Uint8Array
  headers: HeadersGiven
}

/** The Standard Webhooks library's own, which it does not let us widen. */
const mostToleranceSeconds = 300

/**
 * By webhook-signature (Standard Webhooks), in constant time. Of calls of workflows too: `Content` is then what their `body` says.
 * @param secret of the webhook, whsec_...; several while one takes the other's place
 * @param options toleranceSeconds: how far the clocks may be apart, at most and by default 300
 * @throws WebhookError
 */
export function verifyWebhook<Content = WebhookEvent>(
  { body, headers }: Received,
  secret: string | readonly string[],
  options: { toleranceSeconds?: number } = {},
): Content {
  const { toleranceSeconds = mostToleranceSeconds } = options
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const
  const given = Object.fromEntries(names.map((name) => [name, headerOf(headers, name) ?? '']))
  const age = Math.abs(Date.now() / 1000 - Number(given['webhook-timestamp']))
  // Also where it is no number. The library is as strict, but for what it takes for one.
  if (!(age <= Math.min(toleranceSeconds, mostToleranceSeconds))) throw new WebhookError('webhook-timestamp is off')
  const text = textOf(body)
  const problems: unknown[] = []
  for (const one of typeof secret === 'string' ? [secret] : secret) {
    try {
      return new Webhook(one).verify(text, given) as Content
    } catch (error) {
      problems.push(error)
    }
  }
  const [cause] = problems
  // A secret that is none is the receiver's mistake, and must not look like a forgery.
  if (cause instanceof Error && !(cause instanceof WebhookVerificationError) && !(cause instanceof SyntaxError))
    throw cause
  throw new WebhookError('the signature does not match', { cause })
}

/**
 * By x-webhook-signature (FactPulse): HMAC-SHA256 of the body with the client's webhook secret, in constant time. It says
 * nothing about when the webhook was sent: prefer verifyWebhook().
 * @throws WebhookError
 */
export function verifyFactPulseWebhook({ body, headers }: Received, secret: string): WebhookEvent {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const given = headerOf(headers, 'x-webhook-signature') ?? ''
  if (!timingSafeEqual(sha256(given), sha256(expected))) throw new WebhookError('the signature does not match')
  return JSON.parse(textOf(body)) as WebhookEvent
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

/** @throws WebhookError for what is no UTF-8: it would be another text than what was signed */
function textOf(body: string | Uint8Array): string {
  if (typeof body === 'string') return body
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw new WebhookError('the body is not UTF-8', { cause })
  }
}

function headerOf(headers: HeadersGiven, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return Array.isArray(found) ? found[0] : found
}
