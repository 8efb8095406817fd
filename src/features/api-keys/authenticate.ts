import { LRUCache } from 'lru-cache'
import { clientPermissions } from '#features/access/index.ts'
import { hashSecret, isWellFormedApiKey } from '#kernel/api-key.ts'
import { coreError } from '#kernel/errors.ts'
import type { ApiKeyActor } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'
import { findKeyByHash } from './store.ts'

/**
 * Whose key a hash is never changes (scopes neither): safe to remember in each process. Whether the key still holds is
 * asked by the entrance of every unit of work, so revocation is in force at the next request on every node.
 */
const actors = new WeakMap<object, LRUCache<string, ApiKeyActor>>()

export async function actorOfApiKey(services: Services, key: string): Promise<ApiKeyActor> {
  if (!isWellFormedApiKey(key)) throw coreError('unauthenticated', { message: 'The API key is not valid.' })
  let known = actors.get(services.database)
  if (!known) {
    known = new LRUCache({ max: 20_000 })
    actors.set(services.database, known)
  }
  const hash = hashSecret(key)
  const name = hash.toString('base64')
  const remembered = known.get(name)
  if (remembered) return remembered
  const found = await findKeyByHash(services.database, hash)
  if (!found) throw coreError('unauthenticated', { message: 'The API key is not valid.' })
  const actor: ApiKeyActor = {
    kind: 'api_key',
    tenantId: found.tenant_id,
    apiKeyId: found.id,
    clientUid: found.client_id,
    permissions: new Set(found.scopes ?? clientPermissions),
  }
  known.set(name, actor)
  return actor
}
