import { Type } from 'typebox'
import type { SignInCandidate } from '#features/users/index.ts'
import { emailKey, findCandidate, verifyPassword } from '#features/users/index.ts'
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import { uuid } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation, Refusal } from '#platform/operations/operation.ts'
import { sessionError } from './errors.ts'
import * as store from './store.ts'

const refreshLifetimeSeconds = 7 * 24 * 3600
const mostSessions = 5

const accessLifetime = Type.Integer({ minimum: 60, maximum: 3600 })

/** What a sign-in or a refresh gives. Times in seconds. */
export type Tokens = {
  sessionId: string
  accessToken: string
  refreshToken: string
  expiresInSeconds: number
}

async function issueTokens(
  context: OperationContext,
  session: { id: string; userId: string; clientUid: string | null },
  accessLifetimeSeconds: number,
): Promise<Tokens> {
  const refreshToken = generateToken('rt')
  await store.insertRefreshToken(context.tx, context.tenantId, {
    hash: hashSecret(refreshToken),
    sessionId: session.id,
    expiresAt: new Date(context.now.getTime() + refreshLifetimeSeconds * 1000),
  })
  const accessToken = await context.services.signingKeys.sign(
    {
      sub: session.userId,
      tid: context.tenantId,
      sid: session.id,
      ...(session.clientUid ? { client_uid: session.clientUid } : {}),
    },
    accessLifetimeSeconds,
  )
  return { sessionId: session.id, accessToken, refreshToken, expiresInSeconds: accessLifetimeSeconds }
}

export const signIn = definePhasedOperation({
  name: 'session.sign-in',
  summary: 'Signs a user in with user name and password.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({
    username: Type.String({ maxLength: 254 }),
    password: Type.String({ maxLength: 1024 }),
    /** Absent: the user name is looked for in all tenants. */
    tenantId: Type.Optional(Type.String({ maxLength: 64 })),
    /** Given: the token acts for this client only. */
    clientUid: Type.Optional(uuid),
    accessLifetimeSeconds: accessLifetime,
  }),
  prepare: async (context, input) => {
    const found = await store.findSignInCandidates(context.tx, emailKey(input.username), input.tenantId ?? null)
    const candidates: SignInCandidate[] = []
    for (const one of found) {
      await context.enterTenant(one.tenant_id)
      const candidate = await findCandidate(context.tx, one.tenant_id, one.id)
      if (candidate) candidates.push(candidate)
    }
    return candidates
  },
  perform: async (_work, input, candidates) => {
    if (candidates.length === 0) await verifyPassword(null, input.password)
    let tried = candidates[0] ?? null
    for (const candidate of candidates) {
      if (!(await verifyPassword(candidate.passwordHash, input.password))) continue
      if (candidate.canSignIn) return { user: candidate, tried: candidate }
      // The same person may still be let in elsewhere.
      tried = candidate
    }
    return { user: null, tried }
  },
  run: async (context, input, { user, tried }) => {
    if (!user) return refuseSignIn(context, input.tenantId, tried)
    const { tenantId, userId } = user
    await context.enterTenant(tenantId)
    if (!(await store.lockSigningInUser(context.tx, tenantId, user))) return refuseSignIn(context, tenantId, user)
    const clientUid = input.clientUid ?? null
    if (clientUid && !(await store.clientExists(context.tx, tenantId, clientUid))) {
      throw sessionError('sign_in_client_unknown')
    }
    const session = { id: newId('sess'), userId, clientUid }
    await store.insertSession(
      context.tx,
      tenantId,
      {
        ...session,
        expiresAt: new Date(context.now.getTime() + refreshLifetimeSeconds * 1000),
        ipAddress: context.origin.ipAddress,
        userAgent: context.origin.userAgent,
      },
      { most: mostSessions, now: context.now },
    )
    return issueTokens(context, session, input.accessLifetimeSeconds)
  },
  audit: (input, tokens) => ({
    category: 'authentication',
    action: 'login_success',
    description: 'Signed in',
    target: { type: 'session', id: tokens.sessionId },
    context: input.clientUid ? { client_id: input.clientUid } : {},
  }),
})

/** The tenant learns that somebody tried; the caller learns nothing about what was wrong. */
async function refuseSignIn(
  context: OperationContext,
  namedTenant: string | undefined,
  tried: { tenantId: string; userId: string } | null,
): Promise<Refusal> {
  const error = sessionError('sign_in_refused')
  const tenantId = tried?.tenantId ?? namedTenant
  if (tenantId !== undefined) {
    await context.enterTenant(tenantId)
    if (!tried && !(await store.tenantExists(context.tx, tenantId))) throw error
  }
  return new Refusal(error, {
    category: 'authentication',
    severity: 'warning',
    action: 'login_failure',
    description: 'Sign-in refused',
    ...(tried ? { target: { type: 'user', id: tried.userId } } : {}),
  })
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
    await context.enterTenant(owner.tenant_id)
    const outcome = await store.useRefreshToken(tx, owner.tenant_id, hash, now)
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
    const session = await store.findLiveSession(tx, owner.tenant_id, owner.session_id, now)
    if (outcome === 'expired' || !session) throw sessionError('refresh_token_invalid')
    await store.touchSession(tx, owner.tenant_id, session.id, now)
    return issueTokens(
      context,
      { id: session.id, userId: session.user_id, clientUid: session.client_id },
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
  run: async ({ tx, tenantId, actor, now }) => {
    if (actor.kind !== 'user') throw sessionError('session_required')
    await store.endSession(tx, tenantId, actor.sessionId, { reason: 'signed_out', now })
    return { sessionId: actor.sessionId }
  },
  audit: (_input, session) => ({
    category: 'authentication',
    action: 'logout',
    description: 'Signed out',
    target: { type: 'session', id: session.sessionId },
  }),
})
