import { randomUUID } from 'node:crypto'
import { recordConsent } from '#features/oauth/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './app.ts'
import { unique } from './prepared-client.ts'
import type { ExampleOf } from './route-example.ts'

const base = '/oauth2-service/api/oauth2-clients'
const newClientId = () => unique('registered').replace(' ', '-')

const registration = () => ({
  id: randomUUID(),
  clientId: newClientId(),
  clientName: 'Registered',
  clientSecret: 'a-secret-of-the-client',
  clientAuthenticationMethods: 'client_secret_basic',
  authorizationGrantTypes: 'client_credentials',
  scopes: 'client:view',
})

export async function registerClient(app: TestApp, token: string): Promise<{ id: string; clientId: string }> {
  const body = registration()
  const answer = await app.request(`${base}/createClient`, { method: 'POST', token, body })
  if (answer.status !== 200) throw new Error(`registration: ${answer.status} ${answer.text}`)
  return { id: body.id, clientId: body.clientId }
}

/** As if the user had said yes at the authorization server's consent page. */
export async function giveConsent(
  app: TestApp,
  { tenantId, userId, registeredClientId }: { tenantId: string; userId: string; registeredClientId: string },
): Promise<void> {
  const actor = { kind: 'system', tenantId, name: 'test' } as const
  const origin = { requestId: 'test', ipAddress: null, userAgent: null, via: 'test' }
  const input = { registeredClientId, userId, scopes: ['client:view'] }
  await runForResult(app.runtime.services, recordConsent, input, { actor, origin })
}

const unknownId = '550e8400-e29b-41d4-a716-446655440000'
const byId: ExampleOf = {
  caller: 'account',
  request: () => ({ path: { id: unknownId } }),
  prepare: async ({ app, token }) => ({ path: { id: (await registerClient(app, token)).id } }),
}

export const oauth2ClientsExamples: Readonly<Record<string, ExampleOf>> = {
  getAllOAuth2Clients: { caller: 'account', request: () => ({ query: { page: '1', size: '10' } }) },
  findOAuth2ClientById: byId,
  findOAuth2ClientByClientId: {
    caller: 'account',
    request: () => ({ path: { clientId: 'unknown' } }),
    prepare: async ({ app, token }) => ({ path: { clientId: (await registerClient(app, token)).clientId } }),
  },
  createOAuth2Client: { caller: 'account', request: () => ({ body: registration() }) },
  updateOAuth2Client: {
    caller: 'account',
    request: () => ({ body: { id: unknownId, clientName: 'Renamed' } }),
    prepare: async ({ app, token }) => ({
      body: { id: (await registerClient(app, token)).id, clientName: 'Renamed' },
    }),
  },
  deleteOAuth2Client: byId,

  listConsents: { caller: 'user', request: () => ({}) },
  withdrawConsent: {
    caller: 'user',
    request: () => ({ path: { consent_id: unknownId } }),
    prepare: async ({ app, subject, token }) => {
      const { id } = await registerClient(app, token)
      const { client, user } = subject
      await giveConsent(app, { tenantId: client.tenantId, userId: user.id, registeredClientId: id })
      return { path: { consent_id: id } }
    },
  },
}
