import type { Static } from 'typebox'
import { permissions } from '#features/access/index.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { takeFromConsents } from './consent-store.ts'
import { oauthError } from './errors.ts'
import { registrationFaults } from './rules.ts'
import type { ClientRegistration, RegisteredClient } from './schemas.ts'
import { clientChange, clientPage, newClient, oneByClientId, oneById } from './schemas.ts'
import { encodeSecret } from './secrets.ts'
import * as store from './store.ts'

export const listClients = defineOperation({
  name: 'oauth2-client.list',
  summary: 'Lists registered OAuth2 clients, newest first; the keyword is looked for in clientId and clientName.',
  level: 'account',
  permission: 'oauth2-client:view',
  effect: 'read',
  input: clientPage,
  run: async ({ tx, tenantId }, input) => {
    const found = await store.listClients(tx, tenantId, { ...input, keyword: (input.keyword ?? '').trim() })
    return { ...found, page: input.page, size: input.size }
  },
})

export const viewClient = defineOperation({
  name: 'oauth2-client.view',
  summary: 'Shows a registered OAuth2 client by its id.',
  level: 'account',
  permission: 'oauth2-client:view',
  effect: 'quick read',
  input: oneById,
  run: async ({ tx, tenantId }, { id }) => found(await store.findClient(tx, tenantId, { id })),
})

export const viewClientByClientId = defineOperation({
  name: 'oauth2-client.view-by-client-id',
  summary: 'Shows a registered OAuth2 client by its clientId.',
  level: 'account',
  permission: 'oauth2-client:view',
  effect: 'quick read',
  input: oneByClientId,
  run: async ({ tx, tenantId }, { clientId }) => found(await store.findClient(tx, tenantId, { clientId })),
})

export const createClient = definePhasedOperation({
  name: 'oauth2-client.create',
  summary: 'Registers an OAuth2 client.',
  level: 'account',
  permission: 'oauth2-client:create',
  effect: 'write',
  input: newClient,
  prepare: async () => null,
  perform: (_work, input) => encodeSecret(input.clientSecret),
  run: async ({ tx, tenantId, actor, emit }, input, secretHash) => {
    const id = input.id?.toLowerCase() ?? newUuid()
    const registration = merge(defaultsFor(secretHash !== undefined), input)
    accept(actor, registration, { hasSecret: secretHash !== undefined })
    await store.insertClient(tx, tenantId, id, { ...registration, secretHash: secretHash ?? null })
    emit({ type: 'oauth2_client.created', clientId: null, data: { id, client_id: registration.clientId } })
    return { id, registration }
  },
  audit: (_input, { id, registration }) => ({
    category: 'configuration',
    description: `OAuth2 client "${registration.clientId}" registered`,
    target: { type: 'oauth2_client', id },
    context: { scopes: registration.scopes, grant_types: registration.grantTypes },
  }),
})

export const updateClient = definePhasedOperation({
  name: 'oauth2-client.update',
  summary: 'Changes a registered OAuth2 client; in force at its next request.',
  level: 'account',
  permission: 'oauth2-client:update',
  effect: 'write',
  input: clientChange,
  prepare: async () => null,
  perform: (_work, input) => encodeSecret(input.clientSecret),
  run: async ({ tx, tenantId, actor, now, emit }, input, secretHash) => {
    const id = input.id.toLowerCase()
    const before = found(await store.lockClient(tx, tenantId, id))
    const registration = merge(before, input)
    accept(actor, registration, { hasSecret: before.secretEncoder !== null || secretHash !== undefined })
    await store.updateClient(tx, tenantId, id, { ...registration, secretHash, now })
    const lostScopes = before.scopes.filter((scope) => !registration.scopes.includes(scope))
    if (lostScopes.length > 0) await takeFromConsents(tx, tenantId, { id, clientId: before.clientId, lostScopes })
    if (registration.clientId !== before.clientId) await store.forgetPayloadsOf(tx, before.clientId)
    emit({ type: 'oauth2_client.updated', clientId: null, data: { id, client_id: registration.clientId } })
    return { id, clientId: registration.clientId, changed: changedFields(before, registration, secretHash) }
  },
  audit: (_input, { id, clientId, changed }) => ({
    category: 'configuration',
    severity: changed.includes('clientSecret') ? 'warning' : 'info',
    description: `OAuth2 client "${clientId}" changed`,
    target: { type: 'oauth2_client', id },
    context: { changed },
  }),
})

export const deleteClient = defineOperation({
  name: 'oauth2-client.delete',
  summary: 'Deletes a registered OAuth2 client; its tokens end at once.',
  level: 'account',
  permission: 'oauth2-client:delete',
  effect: 'write',
  input: oneById,
  run: async ({ tx, tenantId, emit }, input) => {
    const id = input.id.toLowerCase()
    const clientId = await store.deleteClient(tx, tenantId, id)
    if (clientId === null) throw oauthError('oauth_client_not_found')
    emit({ type: 'oauth2_client.deleted', clientId: null, data: { id, client_id: clientId } })
    return { id, clientId }
  },
  audit: (_input, { id, clientId }) => ({
    category: 'configuration',
    severity: 'warning',
    description: `OAuth2 client "${clientId}" deleted; its tokens ended`,
    target: { type: 'oauth2_client', id },
  }),
})

function found(client: RegisteredClient | null): RegisteredClient {
  if (!client) throw oauthError('oauth_client_not_found')
  return client
}

/** Without a secret it is a public client, which proves itself by PKCE. */
function defaultsFor(hasSecret: boolean): ClientRegistration {
  return {
    clientId: '',
    clientName: null,
    authenticationMethods: [hasSecret ? 'client_secret_basic' : 'none'],
    grantTypes: ['authorization_code'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    scopes: [],
    clientSettings: '{}',
    tokenSettings: '{}',
    secretExpiresAt: null,
  }
}

function merge(before: ClientRegistration, given: Partial<Static<typeof clientChange>>): ClientRegistration {
  return {
    clientId: given.clientId ?? before.clientId,
    clientName: given.clientName === undefined ? before.clientName : given.clientName,
    authenticationMethods: unique(given.authenticationMethods ?? before.authenticationMethods),
    grantTypes: unique(given.grantTypes ?? before.grantTypes),
    redirectUris: unique(given.redirectUris ?? before.redirectUris),
    postLogoutRedirectUris: unique(given.postLogoutRedirectUris ?? before.postLogoutRedirectUris),
    scopes: unique(given.scopes ?? before.scopes),
    clientSettings: given.clientSettings ?? before.clientSettings,
    tokenSettings: given.tokenSettings ?? before.tokenSettings,
    secretExpiresAt:
      given.secretExpiresAt === undefined
        ? before.secretExpiresAt
        : given.secretExpiresAt === null
          ? null
          : new Date(given.secretExpiresAt),
  }
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)]
}

/**
 * Also at an update: who sets the secret of a client with further rights would have these rights.
 * @throws oauth_client_invalid, oauth_client_scope_exceeds_own
 */
function accept(actor: Actor, registration: ClientRegistration, options: { hasSecret: boolean }): void {
  const details = registrationFaults(registration, options)
  const [first] = details
  if (first)
    throw oauthError('oauth_client_invalid', { message: details.map((one) => one.message).join('; '), details })
  const known = new Set<string>(permissions)
  const beyond = registration.scopes.filter((scope) => known.has(scope) && !holdsPermission(actor, scope))
  if (beyond.length > 0) {
    throw oauthError('oauth_client_scope_exceeds_own', {
      message: `You cannot give what you may not do yourself: ${beyond.join(', ')}.`,
    })
  }
}

function changedFields(
  before: ClientRegistration,
  after: ClientRegistration,
  secretHash: string | undefined,
): string[] {
  const names = Object.keys(after) as (keyof ClientRegistration)[]
  const changed: string[] = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return secretHash === undefined ? changed : [...changed, 'clientSecret']
}
