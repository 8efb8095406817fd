import { Type } from 'typebox'
import { hashSecret } from '#kernel/api-key.ts'
import type { Actor, UserActor } from '#platform/operations/actor.ts'
import { defineOperation, Refusal } from '#platform/operations/operation.ts'
import { sessionError } from './errors.ts'
import { issueTokens } from './issue.ts'
import * as ownStore from './own-session-store.ts'
import { accessLifetime } from './sign-in.ts'
import * as store from './store.ts'

function requireUser(actor: Actor): UserActor {
  if (actor.kind !== 'user') throw sessionError('session_required')
  return actor
}

export const refreshSession = defineOperation({
  name: 'session.refresh',
  summary: 'Exchanges a refresh token, once, for new tokens.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ refreshToken: Type.String({ maxLength: 256 }), accessLifetimeSeconds: accessLifetime }),
  run: async (context, input) => {
    const { tx, now } = context
    const hash = hashSecret(input.refreshToken)
    const owner = await store.findTenantOfRefreshToken(tx, hash)
    if (!owner) throw sessionError('refresh_token_invalid')
    // One round trip, in this order.
    const [, outcome, session] = await Promise.all([
      context.enterTenant(owner.tenant_id),
      store.useRefreshToken(tx, owner.tenant_id, hash, now),
      store.findLiveSession(tx, owner.tenant_id, owner.session_id, now),
    ])
    if (outcome === 'spent') {
      // Somebody has a copy. Nobody can tell who is the thief, so the session ends for both (RFC 9700, 4.14.2).
      await store.endSession(tx, owner.tenant_id, owner.session_id, { reason: 'refresh_token_reused', now })
      return new Refusal(sessionError('refresh_token_reused'), {
        category: 'security',
        severity: 'critical',
        action: 'refresh_token_reused',
        description: 'A refresh token was used twice; the session has been ended',
        target: { type: 'session', id: owner.session_id },
      })
    }
    if (outcome === 'expired' || !session) throw sessionError('refresh_token_invalid')
    context.write(store.touchSession(tx, owner.tenant_id, session.id, now))
    return issueTokens(
      context,
      { id: session.id, userId: session.user_id, clientUid: session.client_id, expiresAt: session.expires_at },
      input.accessLifetimeSeconds,
    )
  },
  audit: (_input, tokens) => ({
    category: 'authentication',
    action: 'token_refreshed',
    description: 'Tokens refreshed',
    target: { type: 'session', id: tokens.sessionId },
  }),
})

export const signOut = defineOperation({
  name: 'session.sign-out',
  summary: "Ends the caller's session; its tokens stop at once.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  inactiveClientMay: true,
  withoutMfaMay: true,
  run: async ({ tx, tenantId, actor, now }) => {
    const { sessionId } = requireUser(actor)
    await store.endSession(tx, tenantId, sessionId, { reason: 'signed_out', now })
    return { sessionId }
  },
  audit: (_input, session) => ({
    category: 'authentication',
    action: 'logout',
    description: 'Signed out',
    target: { type: 'session', id: session.sessionId },
  }),
})

/** A session as its user sees it. */
export type SessionView = ownStore.OwnSession & { isCurrent: boolean }

export const listSessions = defineOperation({
  name: 'session.list',
  summary: "Lists the caller's sessions that can still be used, the one used last first.",
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({}),
  inactiveClientMay: true,
  withoutMfaMay: true,
  run: async ({ tx, tenantId, actor, now }) => {
    const user = requireUser(actor)
    const found = await ownStore.listSessions(tx, tenantId, user, now)
    const sessions: SessionView[] = found.map((one) => ({ ...one, isCurrent: one.id === user.sessionId }))
    return { sessions }
  },
})

export const endOwnSession = defineOperation({
  name: 'session.end',
  summary: "Ends one of the caller's sessions; its tokens stop at once.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ sessionId: Type.String({ maxLength: 64 }) }),
  inactiveClientMay: true,
  withoutMfaMay: true,
  run: async ({ tx, tenantId, actor, now }, input) => {
    const { userId, clientUid } = requireUser(actor)
    const isLive = await ownStore.isSessionLive(tx, tenantId, { userId, clientUid, sessionId: input.sessionId, now })
    if (isLive === null) throw sessionError('session_not_found')
    const ended = isLive && (await store.endSession(tx, tenantId, input.sessionId, { reason: 'ended_by_user', now }))
    if (!ended) throw sessionError('session_already_ended')
    return { sessionId: input.sessionId }
  },
  audit: (_input, session) => ({
    category: 'authentication',
    action: 'session_revoked',
    description: 'Session ended by its user',
    target: { type: 'session', id: session.sessionId },
  }),
})

export const endOtherSessions = defineOperation({
  name: 'session.end-others',
  summary: "Ends all of the caller's sessions but the one of this call.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  inactiveClientMay: true,
  withoutMfaMay: true,
  run: async ({ tx, tenantId, actor, now }) => {
    const { userId, clientUid, sessionId } = requireUser(actor)
    const owner = { userId, clientUid, sessionId }
    return { userId, ended: await ownStore.endOtherSessions(tx, tenantId, owner, { reason: 'ended_by_user', now }) }
  },
  audit: (_input, result) => ({
    category: 'authentication',
    action: 'sessions_revoked',
    description: 'All other sessions ended by their user',
    target: { type: 'user', id: result.userId },
    context: { ended: result.ended },
  }),
})
