/** The one place where the authorization server meets sessions: signing in, the second factor, signing out. */
import type { KoaContextWithOIDC } from 'oidc-provider'
import { methodOf } from '#features/mfa/index.ts'
import { findSubject } from '#features/oauth/index.ts'
import { signIn, signOut, verifySecondFactor } from '#features/sessions/index.ts'
import { DomainError } from '#kernel/errors.ts'
import { anonymous } from '#platform/operations/actor.ts'
import type { Origin } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { fromAcr } from './client.ts'

/** The tokens of the session are nobody's: the browser gets oidc-provider's cookie, the client its own tokens. */
const accessLifetimeSeconds = 60

export type SignInOutcome =
  | { kind: 'signed_in'; userId: string; sessionId: string; methods: string[] }
  | { kind: 'second_factor'; userId: string; mfaToken: string }
  | { kind: 'refused'; code: string; retryAfterSeconds: number | undefined }

export type SecondFactor = { userId: string; mfaToken: string; code: string }

export async function signInToTenant(
  services: Services,
  given: { tenantId: string; username: string; password: string },
  origin: Origin,
): Promise<SignInOutcome> {
  return orRefused(async () => {
    const input = { ...given, mayPend: true, accessLifetimeSeconds }
    const result = await runForResult(services, signIn, input, { actor: anonymous, origin })
    if (result.outcome === 'mfa_pending') {
      return { kind: 'second_factor', userId: result.userId, mfaToken: result.pending.mfaToken }
    }
    return { kind: 'signed_in', userId: result.userId, sessionId: result.tokens.sessionId, methods: ['pwd'] }
  })
}

export async function proveSecondFactor(
  services: Services,
  given: SecondFactor,
  origin: Origin,
): Promise<SignInOutcome> {
  return orRefused(async () => {
    const input = { ...given, method: methodOf(given.code) }
    const result = await runForResult(services, verifySecondFactor, input, { actor: anonymous, origin })
    if (!result.success || !result.tokens) {
      return { kind: 'refused', code: 'mfa_code_refused', retryAfterSeconds: undefined }
    }
    return {
      kind: 'signed_in',
      userId: result.userId,
      sessionId: result.tokens.sessionId,
      methods: ['pwd', 'otp', 'mfa'],
    }
  })
}

async function orRefused(work: () => Promise<SignInOutcome>): Promise<SignInOutcome> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error
    return { kind: 'refused', code: error.code, retryAfterSeconds: error.retryAfterSeconds }
  }
}

/** Signing out at the end-session endpoint ends the session in the user's list too. Never throws: the sign-on is gone already. */
export async function signOutOfPlatform(services: Services, ctx: KoaContextWithOIDC): Promise<void> {
  const { session } = ctx.oidc
  const signOn = fromAcr(session?.acr)
  if (!signOn || !session?.accountId || !(session as { destroyed?: boolean }).destroyed) return
  try {
    const subject = await findSubject(services.database, signOn.tenantId, session.accountId)
    if (!subject) return
    const actor = {
      kind: 'user' as const,
      ...signOn,
      userId: subject.userId,
      clientUid: null,
      permissions: new Set<string>(),
      accessVersion: subject.accessVersion,
    }
    const origin = { requestId: 'end-session', ipAddress: null, userAgent: null, via: 'authorization-server' }
    await runForResult(services, signOut, {}, { actor, origin })
  } catch (error) {
    services.logger.info({ err: error }, 'the session had ended before its sign-out')
  }
}
