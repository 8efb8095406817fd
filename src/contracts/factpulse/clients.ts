import { Type } from 'typebox'
import * as clients from '#features/clients/index.ts'
import { lineOfText } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const page = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000, default: 1, description: 'Page number' })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Page size' })),
})
/** Our addition. */
const pageOfFitting = Type.Object({
  ...page.properties,
  search: Type.Optional(
    Type.String({ ...lineOfText(100), description: 'Part of the name, or the beginning of the SIRET' }),
  ),
  isActive: Type.Optional(Type.Boolean({ description: 'Only active ones, or only the others' })),
})

export function clientRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/clients',
    operationId: 'create_client_api_v1_clients_post',
    operation: clients.createClient,
    request: { body: models.ClientCreateRequest },
    input: ({ body }) => body,
    present: (client) => ({ status: 201, body: models.toClientDetail(client) }),
    success: { status: 201, description: 'Successful Response', schema: models.ClientDetail },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/clients',
    operationId: 'list_clients_api_v1_clients_get',
    operation: clients.listClients,
    request: { query: pageOfFitting },
    input: ({ query }) => ({
      page: query.page ?? 1,
      pageSize: query.pageSize ?? 20,
      ...(query.search === undefined ? {} : { search: query.search }),
      ...(query.isActive === undefined ? {} : { isActive: query.isActive }),
    }),
    present: (found) => ({
      status: 200,
      body: {
        results: found.clients.map(models.toClientDetail),
        total: found.total,
        page: found.page,
        pageSize: found.pageSize,
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.ClientListResponse },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/clients/:uid',
    operationId: 'get_client_api_v1_clients__uid__get',
    operation: clients.viewClient,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: (client) => ({ status: 200, body: models.toClientDetail(client) }),
    success: { status: 200, description: 'Successful Response', schema: models.ClientDetail },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/clients/:uid',
    operationId: 'update_client_api_v1_clients__uid__patch',
    operation: clients.updateClient,
    request: { path: models.uidPath, body: models.ClientUpdateRequest },
    input: ({ path, body }) => ({
      clientUid: path.uid.toLowerCase(),
      changes: {
        ...(body.name === undefined || body.name === null ? {} : { name: body.name }),
        ...(body.description === undefined ? {} : { description: body.description }),
        ...(body.siret === undefined ? {} : { siret: body.siret }),
      },
    }),
    present: (client) => ({ status: 200, body: models.toClientDetail(client) }),
    success: { status: 200, description: 'Successful Response', schema: models.ClientDetail },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/clients/:uid/activer',
    operationId: 'activate_client_api_v1_clients__uid__activer_post',
    operation: clients.activateClient,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: (result) => ({
      status: 200,
      body: {
        uid: result.uid,
        isActive: true,
        message: result.changed ? 'Client activated.' : 'The client was active already.',
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.ClientActivateResponse },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/clients/:uid/desactiver',
    operationId: 'deactivate_client_api_v1_clients__uid__desactiver_post',
    operation: clients.deactivateClient,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase() }),
    present: (result) => ({
      status: 200,
      body: {
        uid: result.uid,
        isActive: false,
        message: result.changed ? 'Client deactivated.' : 'The client was inactive already.',
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.ClientActivateResponse },
  })
}
