/** One request for every route that its rightful caller would see succeed. A route without one fails the tests. */

import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import { deleteEmailConfig } from '#features/email-providers/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { RequestOptions, TestApp } from './app.ts'
import type { PreparedClient, PreparedUser } from './prepared-client.ts'
import { mailgunConfig, systemOf, unique } from './prepared-client.ts'

/** What the examples are about: a client that entrusted everything, and a user of its tenant with a session. */
export type Subject = { client: PreparedClient; user: PreparedUser; refreshToken: string }

export type Example = {
  path?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: Record<string, unknown>
}

type ExampleOf = {
  /** Whose credential the operation is meant for. */
  caller: 'nobody' | 'account' | 'client' | 'user'
  request: (subject: Subject) => Example
  /** What must be true of the subject before the request can succeed. */
  arrange?: (app: TestApp, subject: Subject) => Promise<unknown>
}

const byUid =
  (more: (subject: Subject) => Example = () => ({})) =>
  (subject: Subject): Example => ({ path: { uid: subject.client.uid }, ...more(subject) })

const credentialBody = ({ client }: Subject) => ({
  flowServiceUrl: 'https://flow.example.com/v2',
  tokenUrl: 'https://token.example.com/token',
  oauthClientId: 'oauth-client',
  clientSecret: client.clientSecret,
  isActive: true,
  modeSandbox: false,
  encryptionMode: 'double',
})
const withKey = ({ client }: Subject) => ({ 'x-encryption-key': client.encryptionKey })
const setCredential = byUid((subject) => ({ headers: withKey(subject), body: credentialBody(subject) }))
const emailBody = ({ client }: Subject) => ({ provider: 'mailgun', config: mailgunConfig(client.mailSecret) })
const password = ({ user }: Subject) => ({ username: user.username, password: user.password })

export const routeExamples: Readonly<Record<string, ExampleOf>> = {
  // FactPulse
  create_client_api_v1_clients_post: {
    caller: 'account',
    request: () => ({ body: { name: unique('New'), description: 'One', siret: '73282932000074' } }),
  },
  list_clients_api_v1_clients_get: { caller: 'account', request: () => ({ query: { page: '1', pageSize: '20' } }) },
  get_client_api_v1_clients__uid__get: { caller: 'client', request: byUid() },
  update_client_api_v1_clients__uid__patch: {
    caller: 'client',
    request: byUid(() => ({ body: { name: unique('Renamed'), description: null, siret: '73282932000074' } })),
  },
  activate_client_api_v1_clients__uid__activer_post: { caller: 'client', request: byUid() },
  deactivate_client_api_v1_clients__uid__desactiver_post: { caller: 'client', request: byUid() },
  get_pdp_config_api_v1_clients__uid__pdp_config_get: { caller: 'client', request: byUid() },
  update_pdp_config_api_v1_clients__uid__pdp_config_put: { caller: 'client', request: setCredential },
  get_chorus_config_api_v1_clients__uid__chorus_config_get: { caller: 'client', request: byUid() },
  update_chorus_config_api_v1_clients__uid__chorus_config_put: { caller: 'client', request: setCredential },
  test_pdp_config_api_v1_clients__uid__pdp_config_test_post: {
    caller: 'client',
    request: byUid((subject) => ({ headers: withKey(subject) })),
  },
  rotate_encryption_key_api_v1_clients__uid__rotate_encryption_key_post: {
    caller: 'client',
    request: byUid(({ client }) => ({
      body: { oldKey: client.encryptionKey, newKey: Buffer.alloc(32, 7).toString('base64') },
    })),
  },
  generate_webhook_secret_api_v1_clients__uid__webhook_secret_generate_post: { caller: 'client', request: byUid() },
  get_webhook_secret_status_api_v1_clients__uid__webhook_secret_status_get: { caller: 'client', request: byUid() },
  delete_webhook_secret_api_v1_clients__uid__webhook_secret_delete: { caller: 'client', request: byUid() },
  obtain_token_api_token_post: { caller: 'nobody', request: (subject) => ({ body: password(subject) }) },
  refresh_token_api_token_refresh_post: {
    caller: 'nobody',
    request: ({ refreshToken }) => ({ body: { refresh: refreshToken } }),
  },

  // ChatAPI
  createClient: { caller: 'nobody', request: () => ({ body: { name: unique('Registered'), description: 'One' } }) },
  getClient: { caller: 'client', request: () => ({}) },
  updateClient: {
    caller: 'client',
    request: () => ({ body: { name: unique('Renamed'), description: 'Another' } }),
  },
  deleteClient: { caller: 'client', request: () => ({}) },
  setEmailConfig: {
    caller: 'client',
    request: (subject) => ({ body: emailBody(subject) }),
    arrange: (app, { client }) =>
      runForResult(app.runtime.services, deleteEmailConfig, { clientUid: client.uid }, systemOf(client.tenantId)),
  },
  getEmailConfig: { caller: 'client', request: () => ({}) },
  updateEmailConfig: { caller: 'client', request: (subject) => ({ body: emailBody(subject) }) },
  removeEmailConfig: { caller: 'client', request: () => ({}) },
  testEmailConfig: { caller: 'client', request: () => ({ body: { to: 'someone@example.com' } }) },
  regenerateApiKey: { caller: 'client', request: () => ({}) },
  listApiKeys: { caller: 'client', request: () => ({}) },
  createApiKey: {
    caller: 'client',
    request: () => ({
      body: { name: unique('Key'), scopes: ['client:view'], expires_at: '2199-01-01T00:00:00Z' },
    }),
  },
  revokeApiKey: { caller: 'client', request: ({ client }) => ({ path: { id: client.namedKeyId } }) },

  // AZALSCORE
  createSession: {
    caller: 'nobody',
    request: (subject) => ({ body: { ...password(subject), tenant_id: subject.client.tenantId } }),
  },
  refreshSession: { caller: 'nobody', request: ({ refreshToken }) => ({ body: { refresh_token: refreshToken } }) },
  deleteSession: { caller: 'user', request: () => ({}) },
}

export function exampleOf(route: DocumentedRoute): ExampleOf {
  const example = routeExamples[route.operationId]
  if (!example) throw new Error(`test/support/route-examples.ts has no example of ${route.operationId}`)
  return example
}

/** The example's address on the wire: parameters and query in place. */
export function addressOf(route: DocumentedRoute, example: Example): string {
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(example.path?.[name] ?? ''))
  return example.query ? `${path}?${new URLSearchParams(example.query)}` : path
}

export function requestOf(route: DocumentedRoute, example: Example, credential: Credential): RequestOptions {
  return {
    method: route.method,
    ...(example.body ? { body: example.body } : {}),
    headers: { ...example.headers, ...credential },
  }
}

/** The headers that a caller sends to be known. */
export type Credential = Record<string, string>
export const bearer = (token: string): Credential => ({ authorization: `Bearer ${token}` })
export const apiKey = (key: string): Credential => ({ 'x-api-key': key })
