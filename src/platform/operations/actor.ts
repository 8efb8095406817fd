/** Who is calling: one principal for all contracts, jobs and the command line. */
import type { Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'

export type Actor = AnonymousActor | UserActor | ApiKeyActor | OAuthClientActor | SystemActor

export type AnonymousActor = { readonly kind: 'anonymous' }

export type UserActor = {
  readonly kind: 'user'
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
  /** Set: the token acts for this client only. */
  readonly clientUid: string | null
  readonly permissions: ReadonlySet<string>
  /** Roles and status as of this version of the user; the entrance refuses an older one. */
  readonly accessVersion: number
  /** Set: the user is not here himself, a registered client acts for him by a token of the authorization server. */
  readonly oauth?: OAuthToken & { readonly offlineAccess: boolean }
}

/** An access token of the authorization server and the registered client that got it. */
export type OAuthToken = {
  readonly registeredClientId: string
  /** Settings and scopes as of this version of the registered client; the entrance refuses an older one. */
  readonly clientVersion: number
  readonly tokenHash: Buffer
}

/** A registered client on its own behalf (client credentials). */
export type OAuthClientActor = {
  readonly kind: 'oauth_client'
  readonly tenantId: string
  readonly clientId: string
  readonly oauth: OAuthToken
  readonly permissions: ReadonlySet<string>
}

export type ApiKeyActor = {
  readonly kind: 'api_key'
  readonly tenantId: string
  readonly apiKeyId: string
  readonly clientUid: string
  readonly permissions: ReadonlySet<string>
}

/** A job, or the operator at the command line. */
export type SystemActor = { readonly kind: 'system'; readonly tenantId: string; readonly name: string }

export const anonymous: AnonymousActor = { kind: 'anonymous' }

/** The permission that contains all others. */
export const everyPermission = '*'

export function holdsPermission(actor: Actor, permission: string | null): boolean {
  if (permission === null || actor.kind === 'system') return true
  if (actor.kind === 'anonymous') return false
  return actor.permissions.has(permission) || actor.permissions.has(everyPermission)
}

/** Whether the credential is an OAuth access token: good for what its scopes name, and for nothing that no scope names. */
export function isLimitedToScopes(actor: Actor): boolean {
  return actor.kind === 'oauth_client' || (actor.kind === 'user' && actor.oauth !== undefined)
}

/** The client that a client-level credential acts for; null at account level. */
export function clientOf(actor: Actor): string | null {
  return actor.kind === 'user' || actor.kind === 'api_key' ? actor.clientUid : null
}

/** What an operation asks of the caller's credential at the moment of its run. */
export type EntranceConditions = { inactiveClientMay: boolean; withoutMfaMay: boolean; needsStepUp: boolean }

/** The statement that begins the actor's units of work: sets the tenant, refuses what was revoked meanwhile. */
export function entranceOf(actor: Actor, conditions: EntranceConditions): Statement | null {
  switch (actor.kind) {
    case 'anonymous':
      return null
    case 'system':
      return tenantEntrance(actor.tenantId)
    case 'oauth_client':
      return {
        text: 'select enter_oauth_client($1, $2, $3, $4)',
        values: [actor.tenantId, ...tokenParameters(actor.oauth)],
      }
    case 'user':
      if (actor.oauth) {
        return {
          text: 'select enter_oauth_user($1, $2, $3, $4, $5, $6, $7, $8, $9)',
          values: [
            actor.tenantId,
            ...tokenParameters(actor.oauth),
            actor.userId,
            actor.accessVersion,
            actor.sessionId,
            actor.oauth.offlineAccess,
            conditions.needsStepUp,
          ],
        }
      }
      return entranceOfSession(actor, conditions)
    case 'api_key':
      return {
        text: 'select enter_api_key($1, $2, $3)',
        values: [actor.tenantId, actor.apiKeyId, conditions.inactiveClientMay],
      }
  }
}

function entranceOfSession(actor: UserActor, conditions: EntranceConditions): Statement {
  const session = [actor.tenantId, actor.sessionId, actor.accessVersion]
  const { inactiveClientMay, withoutMfaMay, needsStepUp } = conditions
  if (actor.clientUid === null && !withoutMfaMay && !needsStepUp) {
    return { text: 'select enter_session($1, $2, $3)', values: session }
  }
  return {
    text: 'select enter_session($1, $2, $3, $4, $5, $6, $7)',
    values: [...session, actor.clientUid, inactiveClientMay, withoutMfaMay, needsStepUp],
  }
}

function tokenParameters(token: OAuthToken): unknown[] {
  return [token.registeredClientId, token.clientVersion, token.tokenHash]
}

/** The actor as the audit log keeps it. */
export function describeActor(actor: Actor): Record<string, string> {
  switch (actor.kind) {
    case 'anonymous':
      return { type: 'anonymous' }
    case 'system':
      return { type: 'system', name: actor.name }
    case 'user':
      return {
        type: 'user',
        user_id: actor.userId,
        session_id: actor.sessionId,
        ...(actor.oauth ? { registered_client_id: actor.oauth.registeredClientId } : {}),
        ...(actor.clientUid ? { client_id: actor.clientUid } : {}),
      }
    case 'oauth_client':
      return {
        type: 'oauth_client',
        registered_client_id: actor.oauth.registeredClientId,
        oauth_client_id: actor.clientId,
      }
    case 'api_key':
      return { type: 'api_key', api_key_id: actor.apiKeyId, client_id: actor.clientUid }
  }
}

export function requirePublic(actor: Actor): void {
  if (actor.kind !== 'anonymous') throw new Error('only public operations enter a tenant')
}
