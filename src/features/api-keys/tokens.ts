/** Access tokens that are bought with an API key: another form of the key, which ends with it. */
import { LRUCache } from 'lru-cache'
import { Type } from 'typebox'
import { clientPermissions } from '#features/access/index.ts'
import type { Attempt } from '#features/throttling/index.ts'
import { countFailure, requireAttempt } from '#features/throttling/index.ts'
import { generateToken, hashSecret, isWellFormedApiKey } from '#kernel/api-key.ts'
import { coreError } from '#kernel/errors.ts'
import type { ApiKeyActor } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, Refusal } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import * as store from './token-store.ts'

const accessLifetimeSeconds = 3600
const refreshLifetimeSeconds = 7 * 24 * 3600
/** Longer than any of ours, so that another kind of token hears that it is the wrong one. */
const secret = Type.String({ minLength: 1, maxLength: 4096 })

export type KeyAccess = { apiKeyId: string; clientUid: string; accessToken: string; accessExpiresAt: Date }
export type KeyTokens = KeyAccess & { refreshToken: string; refreshExpiresAt: Date }

export const exchangeKey = defineOperation({
  name: 'api-key.exchange',
  summary: 'Exchanges an API key for an access token of an hour and a refresh token of a week.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ apiKey: secret }),
  run: async (context, { apiKey }): Promise<KeyTokens | Refusal> => {
    const { tx, now } = context
    await requireAttempt(tx, attemptOf(context), now)
    const key = isWellFormedApiKey(apiKey) ? await store.locateKey(tx, hashSecret(apiKey)) : null
    if (!key) return refuse(context, 'The API key is not valid.')
    await enterWithKey(context, key)
    const refreshToken = generateToken('rt')
    const refreshExpiresAt = new Date(now.getTime() + refreshLifetimeSeconds * 1000)
    const token = { hash: hashSecret(refreshToken), apiKeyId: key.apiKeyId, expiresAt: refreshExpiresAt }
    store.insertRefreshToken(context, token)
    return { ...(await issueAccess(context, key)), refreshToken, refreshExpiresAt }
  },
  audit: (_input, tokens) => ({
    category: 'authentication',
    action: 'login_success',
    description: 'API key exchanged for tokens',
    target: { type: 'api_key', id: tokens.apiKeyId },
    context: { client_id: tokens.clientUid },
  }),
})

export const refreshKeyAccess = defineOperation({
  name: 'api-key.refresh-access',
  summary: 'Gives a new access token for a refresh token that was bought with an API key.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ refreshToken: secret }),
  run: async (context, { refreshToken }): Promise<KeyAccess | Refusal> => {
    const { tx, now } = context
    await requireAttempt(tx, attemptOf(context), now)
    const token = await store.locateRefreshToken(tx, hashSecret(refreshToken))
    if (!token || token.expiresAt <= now) {
      return refuse(context, 'The refresh token is not valid or has expired: send your API key again.')
    }
    await enterWithKey(context, token)
    return issueAccess(context, token)
  },
  audit: (_input, access) => ({
    category: 'authentication',
    action: 'token_refreshed',
    description: 'Access token refreshed',
    target: { type: 'api_key', id: access.apiKeyId },
    context: { client_id: access.clientUid },
  }),
})

/** Of one address: keys and tokens are too long to be guessed, but whoever tries must not keep the database busy. */
function attemptOf({ origin }: OperationContext): Attempt {
  return { kind: 'link', subject: 'api-key', address: origin.ipAddress, isKnownAddress: true }
}

async function refuse(context: OperationContext, message: string): Promise<Refusal> {
  const counts = await countFailure(context.tx, attemptOf(context), context.now)
  return new Refusal(coreError('unauthenticated', { message }), {
    category: 'authentication',
    severity: 'warning',
    action: 'login_failure',
    description: 'Tokens refused',
    context: counts,
  })
}

/** @throws api_key_ended, client_inactive, tenant_suspended */
async function enterWithKey(context: OperationContext, key: store.LocatedKey): Promise<void> {
  await context.enterTenant(key.tenantId)
  await store.enterApiKey(context.tx, key)
}

async function issueAccess({ services, now }: OperationContext, key: store.LocatedKey): Promise<KeyAccess> {
  const claims = { sub: key.clientUid, tid: key.tenantId, key: key.apiKeyId }
  return {
    apiKeyId: key.apiKeyId,
    clientUid: key.clientUid,
    accessToken: await services.signingKeys.sign(claims, accessLifetimeSeconds),
    accessExpiresAt: new Date(now.getTime() + accessLifetimeSeconds * 1000),
  }
}

type Remembered = { actor: ApiKeyActor; expiresAtSeconds: number }

/** What a token says never changes, nor do a key's scopes; whether the key holds is asked by every entrance. */
const remembered = new WeakMap<object, LRUCache<string, Remembered>>()

/** Whether the text may be such a token: a JWT that names an API key. */
export function looksLikeKeyToken(token: string): boolean {
  const [, payload] = token.split('.')
  if (payload === undefined) return false
  try {
    return 'key' in (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object)
  } catch {
    return false
  }
}

/** @throws token_expired, unauthenticated, api_key_ended */
export async function actorOfKeyToken(services: Services, token: string): Promise<ApiKeyActor> {
  let cache = remembered.get(services.database)
  if (!cache) {
    cache = new LRUCache({ max: 20_000 })
    remembered.set(services.database, cache)
  }
  const known = cache.get(token)
  if (known) {
    if (known.expiresAtSeconds <= services.clock.now().getTime() / 1000) throw coreError('token_expired')
    return known.actor
  }
  const claims = await services.signingKeys.verifyOfKey(token)
  const key = await store.findScopes(services.database, claims.tid, claims.key)
  if (!key) throw coreError('api_key_ended')
  const actor: ApiKeyActor = {
    kind: 'api_key',
    tenantId: claims.tid,
    apiKeyId: claims.key,
    clientUid: claims.sub,
    permissions: new Set(key.scopes ?? clientPermissions),
  }
  cache.set(token, { actor, expiresAtSeconds: claims.exp })
  return actor
}
