/** From a credential to the actor, the same for all contracts. */
import { actorOfApiKey, actorOfKeyToken, looksLikeKeyToken } from '#features/api-keys/index.ts'
import { actorOfOAuthToken, forgetOAuthToken, looksLikeOAuthToken } from '#features/oauth/index.ts'
import { actorOfAccessToken, forgetAccessToken, isKnownAccessToken } from '#features/sessions/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { anonymous } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'

export type PresentedCredentials = {
  /** The Authorization header. */
  authorization: string | undefined
  /** The X-API-Key header. */
  apiKey: string | undefined
}

const bearer = /^Bearer +([\w.~+/-]+=*)$/i

/** Anonymous when nothing is presented. @throws unauthenticated, token_expired, session_ended for what does not hold */
export async function authenticate(services: Services, presented: PresentedCredentials): Promise<Actor> {
  const { authorization, apiKey } = presented
  if (authorization !== undefined && authorization !== '') {
    const token = bearer.exec(authorization)?.[1]
    if (!token) throw coreError('unauthenticated')
    if (isKnownAccessToken(services, token)) return actorOfAccessToken(services, token)
    if (looksLikeKeyToken(token)) return actorOfKeyToken(services, token)
    return looksLikeOAuthToken(token) ? actorOfOAuthToken(services, token) : actorOfAccessToken(services, token)
  }
  if (apiKey !== undefined && apiKey !== '') return actorOfApiKey(services, apiKey)
  return anonymous
}

/** After a StaleActorError: what is remembered of this credential is outdated. */
export function forget(services: Services, { authorization }: PresentedCredentials): void {
  const token = authorization === undefined ? undefined : bearer.exec(authorization)?.[1]
  if (!token) return
  forgetAccessToken(services, token)
  forgetOAuthToken(services, token)
}
