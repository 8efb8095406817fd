import * as clients from '#features/clients/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

export function clientRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/clients/',
    operationId: 'createClient',
    // Whoever is signed in creates in the own tenant; whoever is not registers (CLIENTELE_SELF_REGISTRATION).
    operation: (actor) => (actor.kind === 'anonymous' ? clients.registerClient : clients.createClientWithKey),
    request: { body: models.ClientBody },
    input: ({ body }) => ({ name: body.name, description: body.description ?? null }),
    present: ({ client, key }) => ({
      status: 201,
      body: { data: models.toClient(client, null, key.key), status: 'success' },
    }),
    success: {
      status: 201,
      description: 'The client with its API key',
      schema: models.dataEnvelope(models.ClientModel),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/clients/me',
    operationId: 'getClient',
    operation: clients.viewClientWithEmail,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: (client) => ({ status: 200, body: { data: models.toClient(client, client.email), status: 'success' } }),
    success: { status: 200, description: 'The calling client', schema: models.dataEnvelope(models.ClientModel) },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/clients/me',
    operationId: 'updateClient',
    operation: clients.updateClient,
    request: { body: models.ClientBody },
    input: ({ ownClient, body }) => ({
      clientUid: ownClient(),
      changes: { name: body.name, description: body.description ?? null },
    }),
    present: (client) => ({ status: 200, body: { data: models.toClient(client, client.email), status: 'success' } }),
    success: { status: 200, description: 'The client as it is now', schema: models.dataEnvelope(models.ClientModel) },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/clients/me',
    operationId: 'deleteClient',
    operation: clients.deleteClient,
    input: ({ ownClient }) => ({ clientUid: ownClient() }),
    present: () => ({ status: 200, body: { message: 'Client deleted successfully', status: 'success' } }),
    success: { status: 200, description: 'Deleted with everything of it', schema: models.messageEnvelope },
  })
}
