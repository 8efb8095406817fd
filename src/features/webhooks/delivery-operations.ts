import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { newUuid } from '#kernel/ids.ts'
import { nullable } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { OwnedDelivery } from './delivery-store.ts'
import * as store from './delivery-store.ts'
import { requireOwn } from './endpoint-operations.ts'
import { findWebhook, lockWebhook } from './endpoint-store.ts'
import { webhookError } from './errors.ts'
import type { AttemptDetail, AttemptSummary, Delivery, Replay, Webhook } from './schemas.ts'
import { deliveryStatuses, ofWebhook, pk, scope } from './schemas.ts'

const mostShownAttempts = 50
const moment = Type.String({ format: 'date-time' })

async function ownDelivery(
  { tx, tenantId }: OperationContext,
  id: number,
  clientUid: string | null,
): Promise<OwnedDelivery> {
  const delivery = await store.findDelivery(tx, tenantId, id)
  if (!delivery) throw webhookError('webhook_delivery_not_found')
  if (clientUid !== null && delivery.clientUid !== clientUid) throw coreError('other_client')
  return delivery
}

/** Held, so that it stays as it is until the end. @throws webhook_not_found, other_client, webhook_not_enabled */
async function requireEnabled(
  { tx, tenantId }: OperationContext,
  id: number,
  clientUid: string | null,
): Promise<Webhook> {
  const webhook = requireOwn(await lockWebhook(tx, tenantId, id), clientUid)
  if (webhook.status !== 'enabled') throw webhookError('webhook_not_enabled')
  return webhook
}

export const listDeliveries = defineOperation({
  name: 'webhook.list-deliveries',
  summary: 'Lists the deliveries of an endpoint, newest first.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'read',
  input: Type.Object({
    clientUid: scope,
    pk,
    status: nullable(Type.Enum(deliveryStatuses)),
    eventType: nullable(Type.String({ maxLength: 100 })),
    since: nullable(moment),
    until: nullable(moment),
    before: nullable(pk),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input): Promise<{ deliveries: Delivery[]; next: number | null }> => {
    requireOwn(await findWebhook(tx, tenantId, input.pk), input.clientUid)
    const found = await store.listDeliveries(tx, tenantId, {
      webhookPk: input.pk,
      status: input.status,
      eventType: input.eventType,
      since: input.since === null ? null : new Date(input.since),
      until: input.until === null ? null : new Date(input.until),
      before: input.before,
      limit: input.limit + 1,
    })
    const deliveries = found.slice(0, input.limit)
    return { deliveries, next: found.length > input.limit ? (deliveries.at(-1)?.pk ?? null) : null }
  },
})

export const viewDelivery = defineOperation({
  name: 'webhook.view-delivery',
  summary: 'Shows a delivery and its last attempts, newest first.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'read',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<Delivery & { tried: AttemptSummary[] }> => {
    const delivery = await ownDelivery(context, input.pk, input.clientUid)
    const tried = await store.listAttempts(context.tx, context.tenantId, input.pk, mostShownAttempts)
    return { ...delivery, tried }
  },
})

export const viewAttempt = defineOperation({
  name: 'webhook.view-attempt',
  summary: 'Shows an attempt: what was sent, what came back, and how long it took.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'read',
  input: Type.Object({ clientUid: scope, pk, number: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<AttemptDetail> => {
    await ownDelivery(context, input.pk, input.clientUid)
    const attempt = await store.findAttempt(context.tx, context.tenantId, input.pk, input.number)
    if (!attempt) throw webhookError('webhook_delivery_not_found', { message: 'Attempt Not Found' })
    return attempt
  },
})

export const replayDelivery = defineOperation({
  name: 'webhook.replay',
  summary: 'Sends a delivery again, with the same webhook-id, whatever became of it.',
  level: 'client',
  permission: 'webhook:replay',
  effect: 'write',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<Delivery> => {
    const delivery = await ownDelivery(context, input.pk, input.clientUid)
    await requireEnabled(context, delivery.webhookPk, input.clientUid)
    if (!(await store.requeue(context.tx, context.tenantId, input.pk))) throw webhookError('webhook_event_gone')
    return { ...delivery, status: 'pending', finishedAt: null, nextAttemptAt: context.now }
  },
  audit: (input, delivery) => ({
    category: 'configuration',
    description: 'Webhook delivery sent again',
    target: { type: 'webhook', id: String(delivery.webhookPk) },
    context: { delivery: input.pk, event_type: delivery.eventType },
  }),
})

export const replayFailed = defineOperation({
  name: 'webhook.replay-failed',
  summary: 'Sends everything again that has failed, or was skipped, since a time; in the background, in portions.',
  level: 'client',
  permission: 'webhook:replay',
  effect: 'write',
  input: Type.Object({ clientUid: scope, pk, since: moment }),
  client: (input) => input.clientUid ?? '',
  run: async (context, input): Promise<Replay> => {
    const webhook = await requireEnabled(context, input.pk, input.clientUid)
    const { tx, tenantId, now } = context
    return store.insertReplay(tx, tenantId, { webhookPk: webhook.pk, since: new Date(input.since), now })
  },
  audit: (input, replay) => ({
    category: 'configuration',
    description: 'Failed webhook deliveries sent again',
    target: { type: 'webhook', id: String(input.pk) },
    context: { since: input.since, replay: replay.pk, found: replay.found },
  }),
})

export const viewReplay = defineOperation({
  name: 'webhook.view-replay',
  summary: 'Shows how far a replay of failed deliveries has come.',
  level: 'client',
  permission: 'webhook:view',
  effect: 'read',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async ({ tx, tenantId }, input): Promise<Replay> => {
    const replay = await store.findReplay(tx, tenantId, input.pk)
    if (!replay) throw webhookError('webhook_replay_not_found')
    if (input.clientUid !== null && replay.clientUid !== input.clientUid) throw coreError('other_client')
    return replay
  },
})

export const testWebhook = defineOperation({
  name: 'webhook.test',
  summary: 'Sends an event of type webhook.test to this endpoint alone.',
  level: 'client',
  permission: 'webhook:replay',
  effect: 'write',
  input: ofWebhook,
  client: (input) => input.clientUid ?? '',
  run: async (context, input) => {
    const webhook = await requireEnabled(context, input.pk, input.clientUid)
    const eventId = newUuid()
    const deliveryPk = await store.insertTest(context.tx, context.tenantId, {
      eventId,
      webhookPk: webhook.pk,
      clientUid: webhook.clientUid,
      data: { pk: webhook.pk, message: 'This is a test.' },
    })
    return { pk: webhook.pk, deliveryPk, eventId }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Webhook tested',
    target: { type: 'webhook', id: String(input.pk) },
  }),
})
