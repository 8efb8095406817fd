import { setTimeout as wait } from 'node:timers/promises'
import { Type } from 'typebox'
import { methodOf } from '#features/mfa/index.ts'
import type { Attempt } from '#features/throttling/index.ts'
import {
  countFailure,
  findStandings,
  forgetFailures,
  judgeStandings,
  networkOf,
  requireTurn,
  toStandings,
  turnOf,
} from '#features/throttling/index.ts'
import { emailKey, verifyPassword } from '#features/users/index.ts'
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import { uuid } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { definePhasedOperation, Refusal } from '#platform/operations/operation.ts'
import { sessionError } from './errors.ts'
import type { Tokens } from './issue.ts'
import { openSession } from './issue.ts'
import * as pendingStore from './pending-store.ts'
import { acceptsCode } from './prove.ts'
import { pendingLifetimeSeconds } from './rules.ts'
import { finishSignIn, takeTurn } from './sign-in-store.ts'
import * as store from './store.ts'

export const accessLifetime = Type.Integer({ minimum: 60, maximum: 3600 })

/** The password was right; `mfaToken` and a second factor finish the sign-in within five minutes. */
export type MfaPending = { userId: string; mfaToken: string; methods: string[]; expiresInSeconds: number }

export type SignInResult =
  | { outcome: 'signed_in'; userId: string; tokens: Tokens }
  | { outcome: 'mfa_pending'; userId: string; pending: MfaPending }

export const signIn = definePhasedOperation({
  name: 'session.sign-in',
  summary: 'Signs a user in with user name and password, and the second factor of who has one.',
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
    mfaCode: Type.Optional(Type.String({ maxLength: 64 })),
    /** Without a code, for a user who needs one: true leaves the sign-in pending, false refuses it (mfa_required). */
    mayPend: Type.Boolean(),
    accessLifetimeSeconds: accessLifetime,
  }),
  prepare: async (context, input) => {
    const { tx, origin } = context
    const subject = emailKey(input.username)
    const attempt: Attempt = { kind: 'password', subject, address: origin.ipAddress, isKnownAddress: false }
    // Round trips are what a sign-in pays beside the hash: there is one before it.
    const [candidates, standings] = await Promise.all([
      store.findSigners(tx, subject, {
        tenantId: input.tenantId ?? null,
        network: networkOf(origin.ipAddress),
      }),
      findStandings(tx, attempt),
    ])
    attempt.isKnownAddress = candidates.some((one) => one.isKnownAddress)
    const untroubled = standings.length === 0 && input.clientUid === undefined
    return { candidates, attempt, untroubled, ...judgeStandings(standings, attempt, context.now) }
  },
  perform: async (_work, input, { candidates, attempt, untroubled, holdMs }) => {
    if (holdMs > 0) await wait(holdMs)
    if (candidates.length === 0) await verifyPassword(null, input.password)
    let tried = candidates[0] ?? null
    for (const candidate of candidates) {
      if (!(await verifyPassword(candidate.passwordHash, input.password))) continue
      if (candidate.canSignIn) {
        const plain = { isTried: !untroubled || candidate.mfaEnabled }
        return { user: candidate, tried: candidate, attempt, plain }
      }
      // The same person may still be let in elsewhere.
      tried = candidate
    }
    return { user: null, tried, attempt, plain: { isTried: true } }
  },
  run: async (context, input, { user, tried, attempt, plain }): Promise<SignInResult | Refusal> => {
    if (!user) {
      await requireTurn(context.tx, attempt, context.now)
      return refuseSignIn(context, { namedTenant: input.tenantId, tried, attempt })
    }
    if (!plain.isTried) {
      // Once: what had changed meanwhile makes the unit of work be run again.
      plain.isTried = true
      return finishPlainly(context, input, { user, attempt })
    }
    const [, { signer, counted }] = await Promise.all([
      context.enterTenant(user.tenantId),
      takeTurn(context.tx, turnOf(attempt), user),
    ])
    const standings = toStandings(attempt, counted)
    judgeStandings(standings, attempt, context.now)
    // Deactivated, or given another password, while this one was being verified.
    if (!signer?.canSignIn || signer.passwordHash !== user.passwordHash) {
      return refuseSignIn(context, { namedTenant: input.tenantId, tried, attempt })
    }
    const clientUid = input.clientUid ?? null
    if (clientUid && !(await store.clientExists(context.tx, user.tenantId, clientUid))) {
      throw sessionError('sign_in_client_unknown')
    }
    const { userId } = user
    if (signer.mfaEnabled) {
      if (input.mfaCode === undefined) {
        if (!input.mayPend) return refuseSecondFactor(userId, sessionError('mfa_required'))
        return { outcome: 'mfa_pending', userId, pending: await pend(context, userId, { ...input, clientUid }) }
      }
      const given = { code: input.mfaCode, method: methodOf(input.mfaCode) }
      if (!(await acceptsCode(context, userId, given))) {
        return refuseSecondFactor(userId, sessionError('mfa_code_refused'))
      }
    }
    // Not before the second factor: the password alone must not buy new guesses.
    if (standings.some((one) => one.scope === 'pair')) forgetFailures(context, attempt)
    const tokens = await openSession(context, {
      userId,
      clientUid,
      accessLifetimeSeconds: input.accessLifetimeSeconds,
      isSteppedUp: signer.mfaEnabled,
    })
    return { outcome: 'signed_in', userId, tokens }
  },
  audit: (input, result) => ({
    category: 'authentication',
    ...(result.outcome === 'signed_in'
      ? {
          action: 'login_success',
          provenUserId: result.userId,
          description: 'Signed in',
          target: { type: 'session', id: result.tokens.sessionId },
        }
      : {
          action: 'mfa_challenge',
          description: 'Password right; second factor asked for',
          target: { type: 'user', id: result.userId },
        }),
    context: input.clientUid ? { client_id: input.clientUid } : {},
  }),
})

/** The sign-in of somebody without a second factor, against whom nothing is counted: one round trip, to the commit. */
async function finishPlainly(
  context: OperationContext,
  { accessLifetimeSeconds }: { accessLifetimeSeconds: number },
  { user, attempt }: { user: store.SignInCandidate; attempt: Attempt },
): Promise<SignInResult> {
  const { userId } = user
  context.enterTenantAtEnd(user.tenantId)
  const opening = { userId, clientUid: null, accessLifetimeSeconds, isSteppedUp: false }
  const tokens = await openSession(context, opening, (_tenantId, session, limits) =>
    finishSignIn(turnOf(attempt), user, session, limits),
  )
  return { outcome: 'signed_in', userId, tokens }
}

async function pend(
  context: OperationContext,
  userId: string,
  { clientUid, accessLifetimeSeconds }: { clientUid: string | null; accessLifetimeSeconds: number },
): Promise<MfaPending> {
  const mfaToken = generateToken('mfa')
  await pendingStore.insertPending(context.tx, context.tenantId, {
    id: newId('pend'),
    tokenHash: hashSecret(mfaToken),
    userId,
    clientUid,
    accessLifetimeSeconds,
    ipAddress: context.origin.ipAddress,
    now: context.now,
  })
  const methods = await store.listSecondFactors(context.tx, context.tenantId, userId)
  return { userId, mfaToken, methods, expiresInSeconds: pendingLifetimeSeconds }
}

function refuseSecondFactor(userId: string, error: ReturnType<typeof sessionError>): Refusal {
  const isMissing = error.code === 'mfa_required'
  return new Refusal(error, {
    category: 'authentication',
    severity: isMissing ? 'info' : 'warning',
    action: isMissing ? 'mfa_challenge' : 'mfa_failure',
    description: isMissing ? 'Password right; second factor asked for' : 'Sign-in refused: the code was wrong',
    target: { type: 'user', id: userId },
  })
}

/** The tenant learns that somebody tried; the caller learns nothing about what was wrong. */
async function refuseSignIn(
  context: OperationContext,
  {
    namedTenant,
    tried,
    attempt,
  }: { namedTenant: string | undefined; tried: { tenantId: string; userId: string } | null; attempt: Attempt },
): Promise<Refusal> {
  const counts = await countFailure(context.tx, attempt, context.now)
  const tenantId = tried?.tenantId ?? namedTenant ?? null
  // Of a tenant that does not exist there is no log; entering it is what makes the refusal be written to one.
  if (tenantId !== null && (await store.tenantExists(context.tx, tenantId))) await context.enterTenant(tenantId)
  return new Refusal(sessionError('sign_in_refused'), {
    category: 'authentication',
    severity: 'warning',
    action: 'login_failure',
    description: 'Sign-in refused',
    ...(tried ? { target: { type: 'user', id: tried.userId } } : {}),
    context: counts,
  })
}

/** For callers that take tokens or nothing. @throws mfa_required */
export function tokensOf(result: SignInResult): Tokens {
  if (result.outcome === 'mfa_pending') throw sessionError('mfa_required')
  return result.tokens
}
