import { Type } from 'typebox'
import * as apiKeys from '#features/api-keys/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const url = '/api/v1/clients/me/api-keys'

export function apiKeyRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/clients/regenerate-key',
    operationId: 'regenerateApiKey',
    operation: apiKeys.regenerateKey,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: (key) => ({
      status: 200,
      body: { data: { api_key: key.key }, message: 'API key regenerated successfully', status: 'success' },
    }),
    success: {
      status: 200,
      description: 'The new key; the old one has ended',
      schema: Type.Object({
        data: Type.Object({ api_key: Type.String() }),
        message: Type.String(),
        status: Type.Literal('success'),
      }),
    },
  })

  routes.add({
    method: 'GET',
    url,
    operationId: 'listApiKeys',
    operation: apiKeys.listKeys,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: (keys) => ({ status: 200, body: { data: keys.map(models.toApiKey), status: 'success' } }),
    success: {
      status: 200,
      description: "The client's keys, without the keys themselves",
      schema: models.dataEnvelope(Type.Array(models.ApiKeyModel)),
    },
  })

  routes.add({
    method: 'POST',
    url,
    operationId: 'createApiKey',
    operation: apiKeys.createKey,
    request: { body: models.ApiKeyBody },
    input: ({ ownClient, body }) => ({
      clientUid: ownClient(),
      name: body.name,
      scopes: body.scopes ?? null,
      expiresAt: body.expires_at ?? null,
    }),
    present: (key) => ({
      status: 201,
      body: { data: { ...models.toApiKey(key), api_key: key.key }, status: 'success' },
    }),
    success: { status: 201, description: 'The key, shown once', schema: models.dataEnvelope(models.ApiKeyModel) },
  })

  routes.add({
    method: 'DELETE',
    url: `${url}/:id`,
    operationId: 'revokeApiKey',
    operation: apiKeys.revokeKey,
    request: { path: Type.Object({ id: Type.String({ maxLength: 64 }) }) },
    input: ({ ownClient, path }) => ({ clientUid: ownClient(), id: path.id }),
    present: () => ({ status: 200, body: { message: 'API key revoked successfully', status: 'success' } }),
    success: { status: 200, description: 'Revoked at once', schema: models.messageEnvelope },
  })
}
