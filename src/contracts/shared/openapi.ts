/** OpenAPI 3.1 from the routes themselves: TypeBox schemas are JSON Schema, which OpenAPI 3.1 takes as it is. */
import type { TSchema } from 'typebox'
import type { DocumentedRoute } from './contract.ts'
import { OpenApiModels } from './openapi-models.ts'

export type OpenApiDocument = Record<string, unknown>

const introduction = `Send a credential with each request:

- **\`Authorization: Bearer <access token>\`** from \`POST /api/v1/auth/session\` or \`POST /api/token/\`. Without \`client_uid\` the token is
  of *account level*; with it, of *client level*: it acts for that client only.
- **\`X-API-Key: <key>\`** of a client, from \`POST /api/v1/clients/\`: client level.

Every answer has \`X-Request-Id\`; give it to support. A POST with \`Idempotency-Key\` can be sent again safely for 24 hours.`

const jsonBody = (schema: unknown) => ({ 'application/json': { schema } })

export function toOpenApi(
  routes: readonly DocumentedRoute[],
  info: { title: string; version: string; serverUrl: string },
): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {}
  const models = new OpenApiModels()
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, models) }
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version, description: introduction },
    servers: [{ url: info.serverUrl }],
    paths,
    components: {
      schemas: models.schemas,
      securitySchemes: {
        HTTPBearer: { type: 'http', scheme: 'bearer' },
        APIKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  }
}

function toOperation(route: DocumentedRoute, models: OpenApiModels): Record<string, unknown> {
  const { operation, request, success } = route
  const isPublic = operation.level === 'public'
  return {
    operationId: route.operationId,
    summary: operation.summary,
    description: describe(route),
    tags: [route.contract.tag],
    ...(isPublic ? {} : { security: [{ HTTPBearer: [] }, { APIKeyHeader: [] }] }),
    parameters: [
      ...parameters('path', request.path),
      ...parameters('query', request.query),
      ...parameters('header', request.header),
      ...(route.method === 'POST' ? [idempotencyKey] : []),
    ],
    ...requestBody(route, models),
    responses: {
      [success.status]: {
        description: success.description,
        ...(success.schema ? { content: jsonBody(models.refer(success.schema)) } : {}),
        ...(success.isFile ? { content: { 'application/octet-stream': { schema: binary } } } : {}),
      },
      ...(success.accepted
        ? {
            202: {
              description: success.accepted.description,
              content: jsonBody(models.refer(success.accepted.schema)),
            },
          }
        : {}),
      default: { description: "An error in the contract's format" },
    },
  }
}

/** For who generates clients; JSON Schema itself has no word for bytes. */
const binary = { type: 'string', format: 'binary' }

function requestBody({ request, upload }: DocumentedRoute, models: OpenApiModels): object {
  if (!upload) {
    return request.body ? { requestBody: { required: true, content: jsonBody(models.refer(request.body)) } } : {}
  }
  const fields = (request.body ?? {}) as ObjectSchema
  const schema = {
    type: 'object',
    properties: { ...fields.properties, [upload.part]: { ...binary, description: upload.description } },
    required: [...(fields.required ?? []), upload.part],
  }
  return { requestBody: { required: true, content: { 'multipart/form-data': { schema } } } }
}

const levels = {
  public: 'No credential needed.',
  self: 'Every signed-in caller.',
  client: "Client level: the client's own credential, or an account-level token with the permission.",
  account: 'Account level: a token without client_uid.',
}

function describe({ operation }: DocumentedRoute): string {
  const permission = operation.permission ? ` Permission: \`${operation.permission}\`.` : ''
  return `${operation.summary}\n\n${levels[operation.level]}${permission} Operation: \`${operation.name}\`.`
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same request gives the same answer for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

type ObjectSchema = TSchema & { properties?: Record<string, TSchema & { description?: string }>; required?: string[] }

function parameters(where: 'path' | 'query' | 'header', schema: ObjectSchema | undefined): object[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (schema?.required?.includes(name) ?? false),
    ...(property.description ? { description: property.description } : {}),
    schema: property,
  }))
}
