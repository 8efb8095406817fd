import { Type } from 'typebox'
import * as oauth from '#features/oauth/index.ts'
import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { printError } from './errors.ts'
import * as models from './models.ts'

export const oauth2Clients: Contract = {
  name: 'oauth2-clients',
  title: 'OAuth2 registered clients',
  tag: 'OAuth2 Registered Clients',
  printError,
}

const base = '/oauth2-service/api/oauth2-clients'

const page = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'Page number' })),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10, description: 'Page size' })),
  keyword: Type.Optional(
    Type.String({ maxLength: 255, pattern: '^[^\\u0000]*$', description: 'Looked for in clientId and clientName' }),
  ),
})

export function oauth2ClientsRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: `${base}/getAllClients`,
    operationId: 'getAllOAuth2Clients',
    operation: oauth.listClients,
    request: { query: page },
    input: ({ query }) => ({
      page: query.page ?? 1,
      size: query.size ?? 10,
      ...(query.keyword === undefined ? {} : { keyword: query.keyword }),
    }),
    present: (found) =>
      models.success({
        list: found.clients.map(models.toClient),
        total: found.total,
        pageNum: found.page,
        pageSize: found.size,
      }),
    success: {
      status: 200,
      description: 'A page of clients',
      schema: models.envelope(
        Type.Object({
          list: Type.Array(models.ClientModel),
          total: Type.Integer(),
          pageNum: Type.Integer(),
          pageSize: Type.Integer(),
        }),
      ),
    },
  })

  routes.add({
    method: 'GET',
    url: `${base}/findById/:id`,
    operationId: 'findOAuth2ClientById',
    operation: oauth.viewClient,
    request: { path: models.idPath },
    input: ({ path }) => ({ id: path.id.toLowerCase() }),
    present: (client) => models.success(models.toClient(client)),
    success: { status: 200, description: 'The client', schema: models.envelope(models.ClientModel) },
  })

  routes.add({
    method: 'GET',
    url: `${base}/findByClientId/:clientId`,
    operationId: 'findOAuth2ClientByClientId',
    operation: oauth.viewClientByClientId,
    request: { path: models.clientIdPath },
    input: ({ path }) => ({ clientId: path.clientId }),
    present: (client) => models.success(models.toClient(client)),
    success: { status: 200, description: 'The client', schema: models.envelope(models.ClientModel) },
  })

  routes.add({
    method: 'POST',
    url: `${base}/createClient`,
    operationId: 'createOAuth2Client',
    operation: oauth.createClient,
    request: { body: models.CreateClientRequest },
    input: ({ body }) => ({
      clientId: body.clientId.trim(),
      ...(body.id ? { id: body.id } : {}),
      ...models.toFields(body),
    }),
    present: () => models.success(1),
    success: { status: 200, description: 'Rows changed', schema: models.rowsChanged },
  })

  routes.add({
    method: 'POST',
    url: `${base}/updateClient`,
    operationId: 'updateOAuth2Client',
    operation: oauth.updateClient,
    request: { body: models.UpdateClientRequest },
    input: ({ body }) => ({
      id: body.id,
      ...(body.clientId ? { clientId: body.clientId.trim() } : {}),
      ...models.toFields(body),
    }),
    present: () => models.success(1),
    success: { status: 200, description: 'Rows changed', schema: models.rowsChanged },
  })

  routes.add({
    method: 'DELETE',
    url: `${base}/deleteClient/:id`,
    operationId: 'deleteOAuth2Client',
    operation: oauth.deleteClient,
    request: { path: models.idPath },
    input: ({ path }) => ({ id: path.id }),
    present: () => models.success(1),
    success: { status: 200, description: 'Rows changed', schema: models.rowsChanged },
  })
}
