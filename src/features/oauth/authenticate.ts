/** From an access token of the authorization server to the actor that the contracts know. */
import { LRUCache } from 'lru-cache'
import { permissions, permissionsOfRoles } from '#features/access/index.ts'
import { hashSecret } from '#kernel/api-key.ts'
import { coreError, DomainError } from '#kernel/errors.ts'
import type { OAuthClientActor, UserActor } from '#platform/operations/actor.ts'
import { entranceOf, everyPermission } from '#platform/operations/actor.ts'
import { translateDatabaseError } from '#platform/operations/database-errors.ts'
import type { Services } from '#platform/operations/services.ts'
import { findAccessToken } from './payload-store.ts'
import { findServedClient, findSubject } from './store.ts'

type OAuthActor = UserActor | OAuthClientActor
/** keyId: of what signed a self-contained one. */
type Remembered = { actor: OAuthActor; expiresAtSeconds: number; keyId: string | null }

/**
 * Whose a token is never changes. Whether the key that signed it is still trusted is asked every time; whether it holds, and whether the client's scopes and the user's roles remembered
 * here are still theirs, is asked by the entrance of every unit of work.
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

/** Opaque ones have 43 characters of base64url (oidc-provider's nanoid); the rest is decided by looking. */
const opaque = /^[\w-]{43}$/

/** Whether the text may be a token of the authorization server: an opaque one, or a JWT that names a registered client. */
export function looksLikeOAuthToken(token: string): boolean {
  if (opaque.test(token)) return true
  const [, payload] = token.split('.')
  if (payload === undefined) return false
  try {
    return 'client_id' in (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object)
  } catch {
    return false
  }
}

/** @throws unauthenticated, token_expired, token_ended */
export async function actorOfOAuthToken(services: Services, token: string): Promise<OAuthActor> {
  const cache = cacheOf(services)
  const known = cache.get(token)
  if (known) {
    if (known.expiresAtSeconds <= services.clock.now().getTime() / 1000) throw coreError('token_expired')
    if (known.keyId === null || (await services.signingKeys.trusts(known.keyId))) return known.actor
    cache.delete(token)
  }
  const signed = opaque.test(token) ? null : await services.signingKeys.verifyOAuth(token)
  const found = await load(services, signed?.jti ?? token)
  cache.set(token, { ...found, keyId: signed?.keyId ?? null })
  return found.actor
}

export function forgetOAuthToken(services: Services, token: string): void {
  cacheOf(services).delete(token)
}

/**
 * Whether the token would open anything now: client, tenant, user and session are asked as every request asks them.
 * @param id of an access token of either kind, as it is stored
 */
export async function accessTokenHolds(services: Services, id: string): Promise<boolean> {
  try {
    const { actor } = await load(services, id)
    const entrance = entranceOf(actor, { inactiveClientMay: false, withoutMfaMay: true, needsStepUp: false })
    if (entrance) await services.database.quickRead([entrance])
    return true
  } catch (error) {
    const known = translateDatabaseError(error)
    if (known instanceof DomainError && known.kind !== 'unavailable') return false
    throw known
  }
}

async function load(services: Services, id: string): Promise<Omit<Remembered, 'keyId'>> {
  const payload = await findAccessToken(services, id)
  if (!payload?.clientId || payload.exp === undefined) throw coreError('token_ended')
  const client = await findServedClient(services.database, payload.clientId)
  if (!client) throw coreError('token_ended')
  const scopes = new Set(payload.scope?.split(' '))
  const granted = permissions.filter((name) => scopes.has(name) && client.scopes.includes(name))
  const { tenantId } = client
  const oauth = { registeredClientId: client.id, clientVersion: client.version, tokenHash: hashSecret(id) }
  if (payload.accountId === undefined) {
    const actor = {
      kind: 'oauth_client' as const,
      tenantId,
      clientId: client.clientId,
      oauth,
      permissions: new Set(granted),
    }
    return { actor, expiresAtSeconds: payload.exp }
  }
  const subject = await findSubject(services.database, tenantId, payload.accountId)
  if (!subject) throw coreError('token_ended')
  const own = permissionsOfRoles(subject.roles, subject.ownPermissions)
  const { session, offline } = (payload.extra ?? {}) as { session?: string; offline?: boolean }
  const actor: UserActor = {
    kind: 'user',
    tenantId,
    userId: subject.userId,
    sessionId: session ?? '',
    clientUid: null,
    permissions: new Set(granted.filter((name) => own.has(name) || own.has(everyPermission))),
    accessVersion: subject.accessVersion,
    oauth: { ...oauth, offlineAccess: offline ?? false },
  }
  return { actor, expiresAtSeconds: payload.exp }
}
