/** Our additions: what was sent, what came of it, and sending it again. */
import { Type } from 'typebox'
import * as webhooks from '#features/webhooks/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped } from './envelope.ts'
import { pkPath, scopeOf } from './parameters.ts'
import * as models from './webhook-models.ts'

const base = '/api/v1/webhooks'
const dateTime = Type.String({ format: 'date-time' })

export function webhookDeliveryRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: `${base}/:pk/deliveries/`,
    operationId: 'listWebhookDeliveries',
    operation: webhooks.listDeliveries,
    request: {
      path: pkPath,
      query: Type.Object({
        status: Type.Optional(models.deliveryStatus),
        eventType: Type.Optional(Type.String({ maxLength: 100 })),
        since: Type.Optional(dateTime),
        until: Type.Optional(dateTime),
        before: Type.Optional(Type.Integer({ minimum: 1, description: '`next` of the page before' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      }),
    },
    input: ({ actor, path, query }) => ({
      clientUid: scopeOf(actor),
      pk: path.pk,
      status: query.status ?? null,
      eventType: query.eventType ?? null,
      since: query.since ?? null,
      until: query.until ?? null,
      before: query.before ?? null,
      limit: query.limit ?? 20,
    }),
    present: (found) => ({
      status: 200,
      body: { results: found.deliveries.map(models.toDelivery), next: found.next },
    }),
    success: {
      status: 200,
      description: 'Deliveries, newest first',
      schema: enveloped(Type.Object({ results: Type.Array(models.WebhookDelivery), next: nullable(Type.Integer()) })),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/deliveries/:pk/`,
    operationId: 'getWebhookDelivery',
    operation: webhooks.viewDelivery,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: ({ tried, ...delivery }) => ({
      status: 200,
      body: { ...models.toDelivery(delivery), attempt_set: tried.map(models.toAttemptSummary) },
    }),
    success: {
      status: 200,
      description: 'The delivery with its last 50 attempts, newest first',
      schema: enveloped(
        Type.Object({
          ...models.WebhookDelivery.properties,
          attempt_set: Type.Array(models.WebhookAttemptSummary),
        }),
      ),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/deliveries/:pk/attempts/:number/`,
    operationId: 'getWebhookAttempt',
    operation: webhooks.viewAttempt,
    request: {
      path: Type.Object({ ...pkPath.properties, number: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }),
    },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), ...path }),
    present: (attempt) => ({ status: 200, body: models.toAttempt(attempt) }),
    success: {
      status: 200,
      description: 'What was sent, what came back, and how long it took',
      schema: enveloped(models.WebhookAttempt),
    },
  })

  routes.add({
    method: 'POST',
    url: `${base}/deliveries/:pk/replay/`,
    operationId: 'replayWebhookDelivery',
    operation: webhooks.replayDelivery,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: (delivery) => ({ status: 202, body: models.toDelivery(delivery) }),
    success: {
      status: 202,
      description: 'It is sent again, with the same webhook-id',
      schema: enveloped(models.WebhookDelivery),
    },
  })

  routes.add({
    method: 'POST',
    url: `${base}/:pk/replays/`,
    operationId: 'replayFailedWebhookDeliveries',
    operation: webhooks.replayFailed,
    request: { path: pkPath, body: Type.Object({ since: dateTime }) },
    input: ({ actor, path, body }) => ({ clientUid: scopeOf(actor), pk: path.pk, since: body.since }),
    present: (replay) => ({ status: 202, body: models.toReplay(replay) }),
    success: {
      status: 202,
      description: 'All that has failed, or was skipped, since then is sent again in the background',
      schema: enveloped(models.WebhookReplay),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/replays/:pk/`,
    operationId: 'getWebhookReplay',
    operation: webhooks.viewReplay,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: (replay) => ({ status: 200, body: models.toReplay(replay) }),
    success: { status: 200, description: 'How far it has come', schema: enveloped(models.WebhookReplay) },
  })
}
