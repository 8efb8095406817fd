import * as webhooks from '#features/webhooks/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const url = '/api/v1/clients/:uid/webhook-secret'

export function webhookSecretRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: `${url}/generate`,
    operationId: 'generate_webhook_secret_api_v1_clients__uid__webhook_secret_generate_post',
    operation: webhooks.generateSecret,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: ({ secret, createdAt }) => ({
      status: 200,
      body: {
        success: true,
        webhookSecret: secret,
        message: 'Save this secret now: it is never shown again.',
        createdAt: createdAt.toISOString(),
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.WebhookSecretGenerateResponse },
  })

  routes.add({
    method: 'GET',
    url: `${url}/status`,
    operationId: 'get_webhook_secret_status_api_v1_clients__uid__webhook_secret_status_get',
    operation: webhooks.viewSecretStatus,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: ({ createdAt }) => ({
      status: 200,
      body: { hasSecret: createdAt !== null, createdAt: createdAt?.toISOString() ?? null },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.WebhookSecretStatusResponse },
  })

  routes.add({
    method: 'DELETE',
    url,
    operationId: 'delete_webhook_secret_api_v1_clients__uid__webhook_secret_delete',
    operation: webhooks.deleteSecret,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: () => ({
      status: 200,
      body: {
        success: true,
        message: "Webhook secret deleted: webhooks are signed with the server's global key from now on.",
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.WebhookSecretDeleteResponse },
  })
}
