import { LRUCache } from 'lru-cache'
import { permissionsOfRoles } from '#features/access/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { UserActor } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'
import { findAccess } from './store.ts'

type Remembered = { actor: UserActor; expiresAtSeconds: number; keyId: string }

/**
 * What a token says never changes, so its signature is checked once in each process. Whether the key that made it is still
 * trusted is asked every time; whether its session still holds, and whether the roles remembered here are still the user's,
 * by the entrance of every unit of work.
 */
const remembered = new WeakMap<object, LRUCache<string, Remembered>>()

function cacheOf(services: Services): LRUCache<string, Remembered> {
  let cache = remembered.get(services.database)
  if (!cache) {
    cache = new LRUCache({ max: 20_000 })
    remembered.set(services.database, cache)
  }
  return cache
}

/** Whether the token has proven here that it is a session's; says nothing about whether it still holds. */
export function isKnownAccessToken(services: Services, token: string): boolean {
  return cacheOf(services).has(token)
}

/** @throws token_expired, unauthenticated, session_ended */
export async function actorOfAccessToken(services: Services, token: string): Promise<UserActor> {
  const cache = cacheOf(services)
  const known = cache.get(token)
  if (known) {
    if (known.expiresAtSeconds <= services.clock.now().getTime() / 1000) throw coreError('token_expired')
    if (await services.signingKeys.trusts(known.keyId)) return known.actor
    cache.delete(token)
  }
  const claims = await services.signingKeys.verify(token)
  const access = await findAccess(services.database, claims.tid, claims.sid)
  if (!access) throw coreError('session_ended')
  const actor: UserActor = {
    kind: 'user',
    tenantId: claims.tid,
    userId: claims.sub,
    sessionId: claims.sid,
    clientUid: claims.client_uid ?? null,
    permissions: permissionsOfRoles(access.roles, access.own_permissions),
    accessVersion: access.access_version,
  }
  cache.set(token, { actor, expiresAtSeconds: claims.exp, keyId: claims.keyId })
  return actor
}

/** After a StaleActorError: the user's roles have changed since. */
export function forgetAccessToken(services: Services, token: string): void {
  cacheOf(services).delete(token)
}
