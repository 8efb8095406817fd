/** Bounces and complaints, as mail providers tell of them. */

import { createPublicKey, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Type } from 'typebox'
import { newId } from '#kernel/ids.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { notificationError } from './errors.ts'
import type { NotificationTold } from './faults.ts'
import { notificationFault } from './faults.ts'
import type { Feedback } from './feedback-messages.ts'
import { readMailgun, readPostmark, readSendgrid, readSes } from './feedback-messages.ts'
import type { FeedbackRequest, FeedbackSecret } from './feedback-signatures.ts'
import {
  isAmazonSns,
  isFromMailgun,
  isFromPostmark,
  isFromSendgrid,
  isFromSns,
  members,
} from './feedback-signatures.ts'
import * as store from './feedback-store.ts'

const mostSources = 20
const fetchTimeoutMs = 10_000
const certificates = new LRUCache<string, string>({ max: 50, ttl: 24 * 3_600_000 })

export const listFeedbackSources = defineOperation({
  name: 'notification-feedback.list',
  summary: 'Lists who may tell of bounces and complaints, and when each last did.',
  level: 'account',
  permission: 'notification:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => ({ sources: await store.listSources(tx, tenantId) }),
})

export const createFeedbackSource = defineOperation({
  name: 'notification-feedback.create',
  summary:
    'Makes an address to which a mail provider tells of bounces and complaints, with what proves that it is the provider.',
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({
    provider: Type.Enum(['mailgun', 'sendgrid', 'postmark', 'ses'] as const),
    /** Mailgun: the HTTP webhook signing key. SendGrid: the verification key. SES: the topic's ARN. Postmark: none. */
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[\\x21-\\x7e]+$' })),
  }),
  run: async ({ tx, tenantId, services, now }, input) => {
    if ((await store.listSources(tx, tenantId)).length >= mostSources) {
      throw notificationError('notification_feedback_limit_reached')
    }
    const secret = secretOf(input.provider, input.key)
    const id = newId('fbk')
    const secretCiphertext = services.secrets.encrypt(JSON.stringify(secret))
    await store.insertSource(tx, tenantId, { id, provider: input.provider, secretCiphertext, now })
    const url = new URL(`${services.settings.publicUrl}/mail-feedback/${id}`)
    // Postmark takes credentials in the URL; they are shown this once.
    if (secret.provider === 'postmark') Object.assign(url, { username: secret.username, password: secret.password })
    return { id, provider: input.provider, url: url.href, createdAt: now, lastReceivedAt: null }
  },
  audit: (input, { id }) => ({
    category: 'configuration',
    description: 'Source of bounces and complaints created',
    target: { type: 'notification_feedback_source', id },
    context: { provider: input.provider },
  }),
})

function secretOf(provider: store.FeedbackProvider, key: string | undefined): FeedbackSecret {
  const refuse = (told: NotificationTold) =>
    notificationError('notification_feedback_invalid', { details: [{ path: ['body', 'key'], ...told }] })
  switch (provider) {
    case 'postmark':
      return { provider, username: 'postmark', password: randomBytes(24).toString('base64url') }
    case 'mailgun':
      if (!key) throw refuse(notificationFault('notice_mailgun_key'))
      return { provider, signing_key: key }
    case 'sendgrid':
      if (!key || !isPublicKey(key)) throw refuse(notificationFault('notice_sendgrid_key'))
      return { provider, public_key: key }
    case 'ses':
      if (!key || !/^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(key))
        throw refuse(notificationFault('notice_ses_topic'))
      return { provider, topic_arn: key }
  }
}

function isPublicKey(text: string): boolean {
  try {
    createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return true
  } catch {
    return false
  }
}

export const deleteFeedbackSource = defineOperation({
  name: 'notification-feedback.delete',
  summary: 'Ends a source of bounces and complaints.',
  level: 'account',
  permission: 'notification:manage',
  effect: 'write',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  run: async ({ tx, tenantId }, input) => {
    if (!(await store.deleteSource(tx, tenantId, input.id))) throw notificationError('notification_feedback_unknown')
    return { id: input.id }
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Source of bounces and complaints deleted',
    target: { type: 'notification_feedback_source', id: input.id },
  }),
})

export const receiveFeedback = definePhasedOperation({
  name: 'notification-feedback.receive',
  summary: 'Takes what a mail provider tells of bounces and complaints, once its signature is verified.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({
    sourceId: Type.String({ maxLength: 64 }),
    body: Type.String({ maxLength: 1_048_576 }),
    headers: Type.Record(Type.String(), Type.Optional(Type.String({ maxLength: 8192 }))),
  }),
  prepare: async (context, input) => {
    const tenantId = await store.locateSource(context.tx, input.sourceId)
    if (tenantId === null) throw notificationError('notification_feedback_unknown')
    await context.enterTenant(tenantId)
    const ciphertext = await store.findSourceSecret(context.tx, tenantId, input.sourceId)
    if (ciphertext === null) throw notificationError('notification_feedback_unknown')
    const secret: FeedbackSecret = JSON.parse(context.services.secrets.decrypt(ciphertext).toString('utf8'))
    return { tenantId, secret, now: context.now }
  },
  perform: async ({ services }, { body, headers }, { tenantId, secret, now }) => {
    const feedback = await verified(services, secret, { body, headers }, now)
    if (feedback === null) throw notificationError('notification_feedback_refused')
    return { tenantId, feedback, source: secret.provider }
  },
  run: async (context, input, { tenantId, feedback, source }) => {
    await context.enterTenant(tenantId)
    const { tx, now } = context
    await store.applyFeedback(tx, tenantId, { sourceId: input.sourceId, source, feedback, now })
    return { received: feedback.length }
  },
  audit: (input, { received }) => ({
    category: 'security',
    description: 'Mail provider told of bounces and complaints',
    target: { type: 'notification_feedback_source', id: input.sourceId },
    context: { received },
  }),
})

/** null: it is not the provider's. */
async function verified(
  services: Services,
  secret: FeedbackSecret,
  ...[request, now]: [FeedbackRequest, Date]
): Promise<Feedback[] | null> {
  const message = parse(request.body)
  switch (secret.provider) {
    case 'mailgun':
      return isFromMailgun(secret.signing_key, message, now) ? readMailgun(message) : null
    case 'sendgrid':
      return isFromSendgrid(secret.public_key, request, now) ? readSendgrid(message) : null
    case 'postmark':
      return isFromPostmark(secret, request) ? readPostmark(message) : null
    case 'ses':
      return verifiedSns(services, secret.topic_arn, members(message))
  }
}

async function verifiedSns(
  services: Services,
  topicArn: string,
  message: Record<string, unknown>,
): Promise<Feedback[] | null> {
  if (message.TopicArn !== topicArn || !isAmazonSns(message.SigningCertURL)) return null
  const certificate = certificates.get(message.SigningCertURL) ?? (await fetchSns(services, message.SigningCertURL))
  if (certificate === null || !isFromSns(topicArn, message, certificate)) return null
  certificates.set(message.SigningCertURL, certificate)
  if (message.Type === 'Notification') return readSes(parse(String(message.Message)))
  // The topic's owner wants to tell us, and the address was given to nobody else.
  if (message.Type === 'SubscriptionConfirmation' && isAmazonSns(message.SubscribeURL)) {
    await fetchSns(services, message.SubscribeURL)
  }
  return []
}

/** null: it was not to be had. */
async function fetchSns({ outbound, settings }: Services, address: string): Promise<string | null> {
  const { pathname, search } = new URL(address)
  const { sns } = settings.mailEndpoints
  const url = sns === undefined ? address : `${sns}${pathname}${search}`
  try {
    const answer = await outbound.request({
      method: 'GET',
      url,
      timeoutMs: fetchTimeoutMs,
      maxResponseBytes: 64 * 1024,
    })
    return answer.status === 200 ? answer.body.toString('utf8') : null
  } catch {
    return null
  }
}

/** null where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
