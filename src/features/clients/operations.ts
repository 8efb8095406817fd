import { Type } from 'typebox'
import { issuePrimaryKey } from '#features/api-keys/index.ts'
import { insertSelfRegisteredTenant } from '#features/tenants/index.ts'
import { newId, newUuid } from '#kernel/ids.ts'
import { lineOfText, uuid } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { clientError } from './errors.ts'
import { normalizeName, requireValidSiret } from './rules.ts'
import type { Client, ClientOverview, NewClient } from './schemas.ts'
import { clientChanges, clientUid, newClient } from './schemas.ts'
import * as store from './store.ts'

const registrationsPerHour = 5
/** From one address, also those that were refused. */
const attemptsPerHour = 20

function insertNew(context: OperationContext, input: NewClient): Client {
  requireValidSiret(input.siret)
  const client: Client = {
    uid: newUuid(),
    name: normalizeName(input.name),
    description: input.description ?? null,
    siret: input.siret ?? null,
    isActive: true,
    createdAt: context.now,
    updatedAt: context.now,
  }
  store.insertClient(context, client)
  context.emit({ type: 'client.created', clientId: client.uid, data: { uid: client.uid, name: client.name } })
  return client
}

const nothingEntrusted = { hasPdpConfig: false, pdpIsActive: null, pdpIsSandbox: null, hasChorusConfig: false }

export const createClient = defineOperation({
  name: 'client.create',
  summary: "Creates a client in the caller's tenant.",
  level: 'account',
  permission: 'client:create',
  effect: 'write',
  input: newClient,
  run: async (context, input): Promise<ClientOverview> => ({
    ...insertNew(context, input),
    ...nothingEntrusted,
  }),
  audit: (_input, client) => ({ description: 'Client created', target: { type: 'client', id: client.uid } }),
})

export const createClientWithKey = defineOperation({
  name: 'client.create-with-key',
  summary: "Creates a client in the caller's tenant with its first API key, shown once.",
  level: 'account',
  permission: 'client:create',
  effect: 'write',
  input: newClient,
  run: async (context, input) => {
    const client = insertNew(context, input)
    return { client, key: await issuePrimaryKey(context, client.uid) }
  },
  audit: (_input, { client, key }) => ({
    description: 'Client created with an API key',
    target: { type: 'client', id: client.uid },
    context: { api_key_id: key.id },
  }),
})

export const registerClient = defineOperation({
  name: 'client.register',
  summary: 'Registers a client without a credential: a tenant of its own, and its first API key, shown once.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: newClient,
  run: async (context, input) => {
    if (context.services.settings.selfRegistration === 'closed') throw clientError('registration_closed')
    const address = context.origin.ipAddress ?? 'unknown'
    const attempts = await store.countRegistrationAttempt(context.services.database, address)
    const registered = await store.countRegistration(context.tx, address)
    if (attempts > attemptsPerHour || registered > registrationsPerHour)
      throw clientError('registration_limited', { retryAfterSeconds: 3600 })
    const tenantId = newId('tenant')
    await context.enterTenant(tenantId)
    await insertSelfRegisteredTenant(context.tx, tenantId, normalizeName(input.name))
    const client = insertNew(context, input)
    await store.claimSelfRegisteredName(context.tx, tenantId, client.uid, client.name)
    return { client, key: await issuePrimaryKey(context, client.uid) }
  },
  audit: (_input, { client, key }) => ({
    description: 'Client registered itself',
    target: { type: 'client', id: client.uid },
    context: { api_key_id: key.id },
  }),
})

export const viewClient = defineOperation({
  name: 'client.view',
  summary: 'Shows a client and what it has entrusted.',
  level: 'client',
  permission: 'client:view',
  effect: 'quick read',
  input: clientUid,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const client = await store.findClient(tx, tenantId, input.clientUid)
    if (!client) throw clientError('client_not_found')
    return client
  },
})

export const viewClientWithEmail = defineOperation({
  name: 'client.view-with-email',
  summary: 'Shows a client with its e-mail provider, without secrets.',
  level: 'client',
  permission: 'client:view',
  effect: 'quick read',
  input: clientUid,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const client = await store.findClientWithEmail(tx, tenantId, input.clientUid)
    if (!client) throw clientError('client_not_found')
    return client
  },
})

export const listClients = defineOperation({
  name: 'client.list',
  summary: "Lists the tenant's clients in order of creation.",
  level: 'account',
  permission: 'client:view',
  effect: 'read',
  input: Type.Object({
    page: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    pageSize: Type.Integer({ minimum: 1, maximum: 100 }),
    /** Part of the name, or the beginning of the SIRET. */
    search: Type.Optional(lineOfText(100)),
    isActive: Type.Optional(Type.Boolean()),
  }),
  run: async ({ tx, tenantId }, { page, pageSize, search, isActive }) => {
    const place = { limit: pageSize, offset: (page - 1) * pageSize }
    const isWhole = search === undefined && isActive === undefined
    const found = isWhole
      ? await store.listClients(tx, tenantId, place)
      : await store.searchClients(tx, tenantId, { ...place, search: search ?? null, isActive: isActive ?? null })
    return { ...found, page, pageSize }
  },
})

export const updateClient = defineOperation({
  name: 'client.update',
  summary: 'Changes the named fields of a client.',
  level: 'client',
  permission: 'client:update',
  effect: 'write',
  input: Type.Object({ clientUid: uuid, changes: clientChanges }),
  client: (input) => input.clientUid,
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    requireValidSiret(input.changes.siret)
    const changes =
      input.changes.name === undefined ? input.changes : { ...input.changes, name: normalizeName(input.changes.name) }
    const found = await store.updateClient(tx, tenantId, input.clientUid, { changes, now })
    const client = found ? await store.findClientWithEmail(tx, tenantId, input.clientUid) : null
    if (!client) throw clientError('client_not_found')
    const fields = Object.keys(changes)
    context.emit({ type: 'client.updated', clientId: client.uid, data: { uid: client.uid, fields } })
    return client
  },
  audit: (input) => ({
    description: 'Client changed',
    target: { type: 'client', id: input.clientUid },
    context: { fields: Object.keys(input.changes) },
  }),
})

function activation(isActive: boolean) {
  const word = isActive ? 'activated' : 'deactivated'
  return defineOperation({
    name: isActive ? 'client.activate' : 'client.deactivate',
    summary: isActive
      ? 'Activates a client; its keys and tokens work again.'
      : 'Deactivates a client; its keys and tokens stop at once.',
    level: 'client',
    permission: 'client:activate',
    effect: 'write',
    input: clientUid,
    inactiveClientMay: isActive,
    client: (input) => input.clientUid,
    run: async (context, input) => {
      const { tx, tenantId, now } = context
      const outcome = await store.setClientActive(tx, tenantId, input.clientUid, { isActive, now })
      if (!outcome) throw clientError('client_not_found')
      if (outcome.changed) {
        context.emit({ type: `client.${word}`, clientId: input.clientUid, data: { uid: input.clientUid } })
      }
      return { uid: input.clientUid, isActive, changed: outcome.changed }
    },
    audit: (input) => ({
      category: 'configuration',
      description: `Client ${word}`,
      target: { type: 'client', id: input.clientUid },
    }),
  })
}

export const activateClient = activation(true)
export const deactivateClient = activation(false)

export const deleteClient = defineOperation({
  name: 'client.delete',
  summary: 'Deletes a client and everything of it; audit events stay.',
  level: 'client',
  permission: 'client:delete',
  effect: 'write',
  input: clientUid,
  client: (input) => input.clientUid,
  needsStepUp: () => true,
  run: async (context, input) => {
    const deleted = await store.deleteClient(context.tx, context.tenantId, input.clientUid)
    if (!deleted) throw clientError('client_not_found')
    context.emit({ type: 'client.deleted', clientId: input.clientUid, data: { uid: input.clientUid } })
    return { uid: input.clientUid }
  },
  audit: (input) => ({
    severity: 'warning',
    description: 'Client deleted with everything of it',
    target: { type: 'client', id: input.clientUid },
  }),
})
