import { clientPermissions } from '#features/access/index.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { apiKeyError } from './errors.ts'
import { apiKeyFault } from './faults.ts'
import { issueApiKey, issuePrimaryKey } from './issue.ts'
import { keyOfClient, keysOfClient, newNamedKey } from './schemas.ts'
import { listApiKeys, lockKeysOfClient, revokeNamedKey, revokePrimaryKey } from './store.ts'

/** A client that lost track of its keys would otherwise pile them up. */
const maxKeysPerClient = 50

const known: ReadonlySet<string> = new Set(clientPermissions)

export const listKeys = defineOperation({
  name: 'api-key.list',
  summary: "Lists a client's API keys, without the keys themselves.",
  level: 'client',
  permission: 'api-key:view',
  effect: 'read',
  input: keysOfClient,
  client: (input) => input.clientUid,
  run: ({ tx, tenantId }, input) => listApiKeys(tx, tenantId, input.clientUid),
})

export const createKey = defineOperation({
  name: 'api-key.create',
  summary: 'Creates a named API key with scopes and expiry; the key is shown once.',
  level: 'client',
  permission: 'api-key:manage',
  effect: 'write',
  input: newNamedKey,
  client: (input) => input.clientUid,
  run: async (context, input) => {
    const scopes = input.scopes ?? null
    const unknown = scopes?.filter((scope) => !known.has(scope)) ?? []
    if (unknown.length > 0) {
      throw apiKeyError('api_key_scope_unknown', {
        message: `Unknown scope ${unknown.join(', ')}. An API key can have: ${clientPermissions.join(', ')}.`,
        details: [
          {
            path: ['body', 'scopes'],
            ...apiKeyFault('api_key_scopes', { scopes: unknown.join(', ') }),
            type: 'value_error',
          },
        ],
      })
    }
    const given = scopes ?? clientPermissions
    if (!given.every((scope) => holdsPermission(context.actor, scope))) throw apiKeyError('api_key_scope_exceeds_own')
    const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null
    if (expiresAt && expiresAt <= context.now) throw apiKeyError('api_key_expiry_past')
    await lockKeysOfClient(context.tx, context.tenantId, input.clientUid)
    const existing = await listApiKeys(context.tx, context.tenantId, input.clientUid)
    if (existing.length >= maxKeysPerClient) throw apiKeyError('api_key_limit_reached')
    return issueApiKey(context, input.clientUid, { name: input.name.trim(), isPrimary: false, scopes, expiresAt })
  },
  audit: (input, key) => ({
    category: 'security',
    description: `API key "${input.name}" created`,
    target: { type: 'api_key', id: key.id },
    context: { client_id: input.clientUid, hint: key.hint, scopes: key.scopes ?? 'all' },
  }),
})

export const revokeKey = defineOperation({
  name: 'api-key.revoke',
  summary: 'Revokes a named API key at once.',
  level: 'client',
  permission: 'api-key:manage',
  effect: 'write',
  input: keyOfClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId, now }, input) => {
    const outcome = await revokeNamedKey(tx, tenantId, input.clientUid, { id: input.id, now })
    if (outcome === 'unknown') throw apiKeyError('api_key_not_found')
    if (outcome === 'primary') throw apiKeyError('api_key_is_primary')
    return { id: input.id }
  },
  audit: (input) => ({
    category: 'security',
    description: 'API key revoked',
    target: { type: 'api_key', id: input.id },
    context: { client_id: input.clientUid },
  }),
})

export const regenerateKey = defineOperation({
  name: 'api-key.regenerate',
  summary: "Replaces the client's primary API key; the old one ends at once.",
  level: 'client',
  permission: 'api-key:manage',
  effect: 'write',
  input: keysOfClient,
  client: (input) => input.clientUid,
  run: async (context, input) => {
    // A key with narrow scopes must not buy itself one without any.
    if (!clientPermissions.every((scope) => holdsPermission(context.actor, scope))) {
      throw apiKeyError('api_key_scope_exceeds_own')
    }
    await lockKeysOfClient(context.tx, context.tenantId, input.clientUid)
    await revokePrimaryKey(context.tx, context.tenantId, input.clientUid, context.now)
    return issuePrimaryKey(context, input.clientUid)
  },
  audit: (input, key) => ({
    category: 'security',
    description: 'Primary API key regenerated',
    target: { type: 'api_key', id: key.id },
    context: { client_id: input.clientUid, hint: key.hint },
  }),
})
