import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { SecretValidity, WebhookChange } from './endpoint-store.ts'
import * as store from './endpoint-store.ts'
import { webhookError } from './errors.ts'
import { secretPrefix } from './message.ts'
import { urlProblem } from './rules.ts'
import type { Webhook } from './schemas.ts'
import { description, eventTypes, ofWebhook, pk, scope, webhookStatuses, webhookUrl } from './schemas.ts'

const mostOfAClient = 20
const mostOlderSecrets = 2
const secretBytes = 32
const hourMs = 3_600_000

/** The URL as it is stored and called. @throws webhook_url_invalid */
function requireGoodUrl({ services }: OperationContext, text: string): string {
  const problem = urlProblem(text, {
    httpsRequired: services.settings.httpsOnly,
    judge: (url) => services.outbound.judge(url),
  })
  if (problem) throw webhookError('webhook_url_invalid', { details: [{ path: ['body', 'url'], ...problem }] })
  return new URL(text).href
}

/**
 * Of another client than the caller's: refused. At account level (null) every endpoint of the tenant is the caller's.
 * @throws webhook_not_found, other_client
 */
export function requireOwn(webhook: Webhook | null, clientUid: string | null): Webhook {
  if (!webhook) throw webhookError('webhook_not_found')
  if (clientUid !== null && webhook.clientUid !== clientUid) throw coreError('other_client')
  return webhook
}

function newSecret(): string {
  return `${secretPrefix}${randomBytes(secretBytes).toString('base64')}`
}

export const createWebhook = defineOperation({
  name: 'webhook.create',
  summary:
    'Adds an endpoint of a client, or of the account itself; its secret is shown once. A URL that is there already stays as it is.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: Type.Object({
    /** null, at account level: the account's own. */
    clientUid: scope,
    url: webhookUrl,
    description: Type.Optional(description),
    eventTypes: Type.Optional(eventTypes),
    ofAllClients: Type.Optional(Type.Boolean()),
  }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<{ webhook: Webhook; secret: string | null }> => {
    const { tx, tenantId, now, services } = context
    const url = requireGoodUrl(context, input.url)
    const count = await store.lockAndCount(tx, tenantId, input.clientUid)
    if (count === null) throw webhookError('webhook_client_unknown')
    const known = await store.findByUrl(tx, tenantId, input.clientUid, url)
    if (known) return { webhook: known, secret: null }
    if (count >= mostOfAClient) throw webhookError('webhook_limit_reached')
    const secret = newSecret()
    const webhook = await store.insertWebhook(tx, tenantId, {
      clientUid: input.clientUid,
      url,
      description: input.description ?? null,
      eventTypes: input.eventTypes ?? null,
      ofAllClients: input.clientUid === null && (input.ofAllClients ?? false),
      secretCiphertext: services.secrets.encrypt(secret),
      now,
    })
    return { webhook, secret }
  },
  audit: (_input, { webhook, secret }) => ({
    category: 'configuration',
    description: secret === null ? 'Webhook configured anew, as it was' : 'Webhook created',
    target: { type: 'webhook', id: String(webhook.pk) },
  }),
})

export const viewWebhook = defineOperation({
  name: 'webhook.view',
  summary: 'Shows an endpoint and how long its secrets are valid, without the secrets.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'quick read',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId, now }, input): Promise<Webhook & { secrets: SecretValidity[] }> => {
    const [webhook, secrets] = await Promise.all([
      store.findWebhook(tx, tenantId, input.pk),
      store.listSecrets(tx, tenantId, input.pk, now),
    ])
    return { ...requireOwn(webhook, input.clientUid), secrets }
  },
})

export const listWebhooks = defineOperation({
  name: 'webhook.list',
  summary: 'Lists the endpoints of a client, or of the whole account, newest first.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'read',
  input: Type.Object({
    clientUid: scope,
    status: nullable(Type.Enum(webhookStatuses)),
    before: nullable(pk),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input) => {
    const found = await store.listWebhooks(tx, tenantId, { ...input, limit: input.limit + 1 })
    const webhooks = found.slice(0, input.limit)
    return { webhooks, next: found.length > input.limit ? (webhooks.at(-1)?.pk ?? null) : null }
  },
})

export const updateWebhook = defineOperation({
  name: 'webhook.update',
  summary: 'Changes the named fields of an endpoint. A new URL enables one that the platform had disabled.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: Type.Object({
    clientUid: scope,
    pk,
    url: Type.Optional(webhookUrl),
    description: Type.Optional(description),
    eventTypes: Type.Optional(eventTypes),
    ofAllClients: Type.Optional(Type.Boolean()),
  }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<Webhook> => {
    const { tx, tenantId, now } = context
    const before = requireOwn(await store.lockWebhook(tx, tenantId, input.pk), input.clientUid)
    const change: WebhookChange = {
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.eventTypes === undefined ? {} : { event_types: input.eventTypes }),
      ...(input.ofAllClients === undefined || before.clientUid !== null ? {} : { of_all_clients: input.ofAllClients }),
    }
    if (input.url !== undefined) {
      change.url = requireGoodUrl(context, input.url)
      if (change.url !== before.url) {
        change.recovers = true
        if (before.status === 'disabled') change.status = 'enabled'
      }
    }
    return store.updateWebhook(tx, tenantId, input.pk, { change, now })
  },
  audit: ({ clientUid: _clientUid, pk: id, ...fields }) => ({
    category: 'configuration',
    description: 'Webhook changed',
    target: { type: 'webhook', id: String(id) },
    context: { fields: Object.keys(fields) },
  }),
})

export const deleteWebhook = defineOperation({
  name: 'webhook.delete',
  summary: 'Deletes an endpoint with its deliveries and attempts.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input) => {
    requireOwn(await store.lockWebhook(tx, tenantId, input.pk), input.clientUid)
    await store.deleteWebhook(tx, tenantId, input.pk)
    return { pk: input.pk }
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Webhook deleted with its deliveries',
    target: { type: 'webhook', id: String(input.pk) },
  }),
})

export const pauseWebhook = defineOperation({
  name: 'webhook.pause',
  summary: 'Pauses an endpoint: what happens meanwhile waits and is sent when it is resumed.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId, now }, input): Promise<Webhook> => {
    const before = requireOwn(await store.lockWebhook(tx, tenantId, input.pk), input.clientUid)
    if (before.status === 'disabled') throw webhookError('webhook_not_enabled')
    return store.updateWebhook(tx, tenantId, input.pk, { change: { status: 'paused' }, now })
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Webhook paused',
    target: { type: 'webhook', id: String(input.pk) },
  }),
})

export const resumeWebhook = defineOperation({
  name: 'webhook.resume',
  summary: 'Resumes an endpoint that was paused or disabled.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId, now }, input): Promise<Webhook> => {
    requireOwn(await store.lockWebhook(tx, tenantId, input.pk), input.clientUid)
    return store.updateWebhook(tx, tenantId, input.pk, { change: { status: 'enabled', recovers: true }, now })
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Webhook resumed',
    target: { type: 'webhook', id: String(input.pk) },
  }),
})

export const rotateWebhookSecret = defineOperation({
  name: 'webhook.rotate-secret',
  summary: 'Gives an endpoint a new secret, shown once. Deliveries are signed with both until the old one ends.',
  level: 'client',
  permission: 'webhook:manage',
  effect: 'write',
  input: Type.Object({ clientUid: scope, pk, overlapHours: Type.Integer({ minimum: 0, maximum: 168 }) }),
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId, now, services }, input) => {
    requireOwn(await store.lockWebhook(tx, tenantId, input.pk), input.clientUid)
    const secret = newSecret()
    const overlapUntil = new Date(now.getTime() + input.overlapHours * hourMs)
    await store.rotateSecret(tx, tenantId, input.pk, {
      ciphertext: services.secrets.encrypt(secret),
      overlapUntil,
      mostOlder: mostOlderSecrets,
      now,
    })
    await store.updateWebhook(tx, tenantId, input.pk, { change: {}, now })
    return { pk: input.pk, secret, previousValidUntil: input.overlapHours === 0 ? null : overlapUntil }
  },
  audit: (input) => ({
    category: 'security',
    description: "Webhook's secret rotated",
    target: { type: 'webhook', id: String(input.pk) },
    context: { overlap_hours: input.overlapHours },
  }),
})
