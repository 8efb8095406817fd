import { Type } from 'typebox'
import * as webhooks from '#features/webhooks/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped, messageOnly, moment } from './envelope.ts'
import { clientUidField, pkPath, scopeOf } from './parameters.ts'
import * as models from './webhook-models.ts'

const base = '/api/v1/webhooks'

/** The document's operations, with lists and states as our additions. */
export function webhookRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: `${base}/configure/`,
    operationId: 'configureWebhook',
    operation: webhooks.createWebhook,
    request: { body: models.NewWebhook },
    input: ({ actor, body: { client_uid: named, ...fields } }) => ({
      ...fields,
      clientUid: named?.toLowerCase() ?? scopeOf(actor),
    }),
    present: ({ webhook, secret }) => ({
      status: 200,
      body: { message: 'Votre url a bien été configurée.', pk: webhook.pk, secret },
    }),
    success: {
      status: 200,
      description: 'The webhook is there; its secret is shown this once, and null where it had been there before',
      schema: enveloped(Type.Object({ message: Type.String(), pk: Type.Integer(), secret: nullable(Type.String()) })),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/`,
    operationId: 'listWebhooks',
    operation: webhooks.listWebhooks,
    request: {
      query: Type.Object({
        status: Type.Optional(models.webhookStatus),
        client_uid: clientUidField,
        before: Type.Optional(Type.Integer({ minimum: 1, description: '`next` of the page before' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
      }),
    },
    input: ({ actor, query }) => ({
      clientUid: query.client_uid?.toLowerCase() ?? scopeOf(actor),
      status: query.status ?? null,
      before: query.before ?? null,
      limit: query.limit ?? 20,
    }),
    present: (found) => ({
      status: 200,
      body: { results: found.webhooks.map(models.toWebhook), next: found.next },
    }),
    success: {
      status: 200,
      description: 'Webhooks, newest first',
      schema: enveloped(Type.Object({ results: Type.Array(models.Webhook), next: nullable(Type.Integer()) })),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/:pk/`,
    operationId: 'getWebhook',
    operation: webhooks.viewWebhook,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: ({ secrets, ...webhook }) => ({
      status: 200,
      body: {
        ...models.toWebhook(webhook),
        secrets: secrets.map(({ createdAt, expiresAt }) => ({
          createdAt: moment(createdAt),
          expiresAt: expiresAt && moment(expiresAt),
        })),
      },
    }),
    success: { status: 200, description: 'The webhook', schema: enveloped(models.WebhookWithSecrets) },
  })

  routes.add({
    method: 'PATCH',
    url: `${base}/:pk/`,
    operationId: 'updateWebhook',
    operation: webhooks.updateWebhook,
    request: { path: pkPath, body: models.WebhookChanges },
    input: ({ actor, path, body }) => ({ ...body, clientUid: scopeOf(actor), pk: path.pk }),
    present: () => ({ status: 200, body: { message: 'Votre url a bien été modifiée.' } }),
    success: { status: 200, description: 'The webhook is changed', schema: messageOnly },
  })

  routes.add({
    method: 'DELETE',
    url: `${base}/:pk/`,
    operationId: 'deleteWebhook',
    operation: webhooks.deleteWebhook,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: () => ({ status: 200, body: { message: 'Votre webhook a bien été supprimé.' } }),
    success: { status: 200, description: 'The webhook is deleted with its deliveries', schema: messageOnly },
  })
  stateRoutes(routes)
}

/** Our additions: pausing, resuming, secrets. */
function stateRoutes(routes: ContractRoutes): void {
  for (const [verb, operationId, operation] of [
    ['pause', 'pauseWebhook', webhooks.pauseWebhook],
    ['resume', 'resumeWebhook', webhooks.resumeWebhook],
  ] as const) {
    routes.add({
      method: 'POST',
      url: `${base}/:pk/${verb}/`,
      operationId,
      operation,
      request: { path: pkPath },
      input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
      present: (webhook) => ({ status: 200, body: models.toWebhook(webhook) }),
      success: { status: 200, description: 'The webhook as it is now', schema: enveloped(models.Webhook) },
    })
  }

  routes.add({
    method: 'POST',
    url: `${base}/:pk/secret/rotate/`,
    operationId: 'rotateWebhookSecret',
    operation: webhooks.rotateWebhookSecret,
    request: {
      path: pkPath,
      query: Type.Object({ overlapHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 168, default: 24 })) }),
    },
    input: ({ actor, path, query }) => ({
      clientUid: scopeOf(actor),
      pk: path.pk,
      overlapHours: query.overlapHours ?? 24,
    }),
    present: ({ pk, secret, previousValidUntil }) => ({
      status: 200,
      body: { pk, secret, previousValidUntil: previousValidUntil && moment(previousValidUntil) },
    }),
    success: {
      status: 200,
      description: 'The new secret, shown this once; until then deliveries are signed with the previous one too',
      schema: enveloped(
        Type.Object({
          pk: Type.Integer(),
          secret: Type.String(),
          previousValidUntil: nullable(Type.String({ format: 'date-time' })),
        }),
      ),
    },
  })

  routes.add({
    method: 'POST',
    url: `${base}/:pk/test/`,
    operationId: 'testWebhook',
    operation: webhooks.testWebhook,
    request: { path: pkPath },
    input: ({ actor, path }) => ({ clientUid: scopeOf(actor), pk: path.pk }),
    present: ({ pk, deliveryPk, eventId }) => ({
      status: 202,
      body: { webhook: pk, delivery: deliveryPk, webhookId: eventId },
    }),
    success: {
      status: 202,
      description: 'An event webhook.test is on its way',
      schema: enveloped(Type.Object({ webhook: Type.Integer(), delivery: Type.Integer(), webhookId: uuid })),
    },
  })
}
