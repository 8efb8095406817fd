/** Who is calling: one principal for all contracts, jobs and the command line. */
import type { Statement } from '../db/statement-batch.ts'

export type Actor = AnonymousActor | UserActor | ApiKeyActor | SystemActor

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

/** The client that a client-level credential acts for; null at account level. */
export function clientOf(actor: Actor): string | null {
  return actor.kind === 'user' || actor.kind === 'api_key' ? actor.clientUid : null
}

/** The statement that begins the actor's units of work: sets the tenant, refuses what was revoked meanwhile. */
export function entranceOf(actor: Actor, options: { inactiveClientMay: boolean }): Statement | null {
  switch (actor.kind) {
    case 'anonymous':
      return null
    case 'system':
      return { text: 'select enter_tenant($1)', values: [actor.tenantId] }
    case 'user':
      return {
        text: 'select enter_session($1, $2, $3, $4, $5)',
        values: [actor.tenantId, actor.sessionId, actor.accessVersion, actor.clientUid, options.inactiveClientMay],
      }
    case 'api_key':
      return {
        text: 'select enter_api_key($1, $2, $3)',
        values: [actor.tenantId, actor.apiKeyId, options.inactiveClientMay],
      }
  }
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
        ...(actor.clientUid ? { client_id: actor.clientUid } : {}),
      }
    case 'api_key':
      return { type: 'api_key', api_key_id: actor.apiKeyId, client_id: actor.clientUid }
  }
}
