/**
 * Whether a message about bounces and complaints comes from the mail provider, as each of them documents it. Pure but for the
 * certificate of Amazon SNS, which the caller fetches.
 */
import { createHmac, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { timingSafeEqualText } from '#kernel/signature.ts'

export type FeedbackSecret =
  | { provider: 'mailgun'; signing_key: string }
  | { provider: 'sendgrid'; public_key: string }
  | { provider: 'postmark'; username: string; password: string }
  | { provider: 'ses'; topic_arn: string }

export type FeedbackRequest = {
  body: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>
}

/** Providers repeat what was not taken for hours; later it is somebody who kept it. */
const oldestMs = 24 * 3_600_000

/** Mailgun, "Securing Webhooks": HMAC-SHA256 of timestamp and token with the signing key, hexadecimal. */
export function isFromMailgun(key: string, message: unknown, now: Date): boolean {
  const { timestamp, token, signature } = members(members(message).signature)
  if (typeof token !== 'string' || typeof signature !== 'string' || !isRecent(timestamp, now)) return false
  const expected = createHmac('sha256', key)
    .update(`${String(timestamp)}${token}`)
    .digest('hex')
  return timingSafeEqualText(signature, expected)
}

/** Twilio SendGrid, "Event Webhook Security Features": ECDSA P-256 and SHA-256 over the timestamp and the raw body. */
export function isFromSendgrid(publicKey: string, { body, headers }: FeedbackRequest, now: Date): boolean {
  const signature = headers['x-twilio-email-event-webhook-signature']
  const timestamp = headers['x-twilio-email-event-webhook-timestamp']
  if (!signature || !timestamp || !isRecent(timestamp, now)) return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
    return verify('sha256', Buffer.from(timestamp + body), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

/** Postmark, "Protecting your webhook": HTTP Basic authentication, with what we gave for its URL. */
export function isFromPostmark(
  { username, password }: { username: string; password: string },
  request: FeedbackRequest,
): boolean {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return timingSafeEqualText(request.headers.authorization ?? '', expected)
}

const notificationParts = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const confirmationParts = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

/** Where Amazon keeps certificates and confirms subscriptions. Nothing else is fetched because a message says so. */
export function isAmazonSns(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname, port, username } = new URL(text)
  return (
    protocol === 'https:' &&
    port === '' &&
    username === '' &&
    /^sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?$/.test(hostname)
  )
}

/** Amazon SNS, "Verifying the signatures of Amazon SNS messages", versions 1 and 2. Other people's topics are signed as well. */
export function isFromSns(topicArn: string, message: Record<string, unknown>, certificate: string): boolean {
  if (message.TopicArn !== topicArn || typeof message.Signature !== 'string') return false
  const parts = message.Type === 'Notification' ? notificationParts : confirmationParts
  const text = parts
    .filter((name) => typeof message[name] === 'string')
    .map((name) => `${name}\n${String(message[name])}\n`)
    .join('')
  try {
    const { publicKey } = new X509Certificate(certificate)
    const algorithm = message.SignatureVersion === '2' ? 'sha256' : 'sha1'
    return verify(algorithm, Buffer.from(text), publicKey, Buffer.from(message.Signature, 'base64'))
  } catch {
    return false
  }
}

export function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** Seconds since 1970, as a number or text. */
function isRecent(timestamp: unknown, now: Date): boolean {
  const seconds = Number(timestamp)
  return Number.isFinite(seconds) && Math.abs(now.getTime() - seconds * 1000) <= oldestMs
}
