/** The one place where the authorization server meets sessions: signing in, the second factor, signing out. */
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Static } from 'typebox'
import type { credentialResponse } from '#features/mfa/index.ts'
import { methodOf } from '#features/mfa/index.ts'
import { findSubject } from '#features/oauth/index.ts'
import type { Verification } from '#features/sessions/index.ts'
import {
  requestPasskeySignIn,
  signIn,
  signOut,
  verifyPasskeySignIn,
  verifySecondFactor,
} from '#features/sessions/index.ts'
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
  | ({ kind: 'second_factor' } & Pending)
  | { kind: 'refused'; code: string; retryAfterSeconds: number | undefined }

/** A sign-in that waits for its second factor; methods: totp, passkey, backup_code. */
export type Pending = { userId: string; mfaToken: string; methods: readonly string[] }

export async function signInToTenant(
  services: Services,
  given: { tenantId: string; username: string; password: string },
  origin: Origin,
): Promise<SignInOutcome> {
  return orRefused(async () => {
    const input = { ...given, mayPend: true, accessLifetimeSeconds }
    const result = await runForResult(services, signIn, input, { actor: anonymous, origin })
    if (result.outcome === 'mfa_pending') {
      const { mfaToken, methods } = result.pending
      return { kind: 'second_factor', userId: result.userId, mfaToken, methods }
    }
    return { kind: 'signed_in', userId: result.userId, sessionId: result.tokens.sessionId, methods: ['pwd'] }
  })
}

export function proveSecondFactor(
  services: Services,
  { userId, mfaToken, code }: { userId: string; mfaToken: string; code: string },
  origin: Origin,
): Promise<SignInOutcome> {
  return orRefused(async () => {
    const input = { userId, mfaToken, code, method: methodOf(code) }
    const result = await runForResult(services, verifySecondFactor, input, { actor: anonymous, origin })
    return outcomeOf(result, { refusal: 'mfa_code_refused', methods: ['pwd', 'otp', 'mfa'] })
  })
}

/** What the browser needs to prove a passkey, as JSON; null when it cannot be asked for now; "ended": sign in again. */
export async function passkeyOptions(
  services: Services,
  mfaToken: string,
  origin: Origin,
): Promise<{ options: string | null } | 'ended'> {
  try {
    const { options } = await runForResult(services, requestPasskeySignIn, { mfaToken }, { actor: anonymous, origin })
    return { options: options && JSON.stringify(options) }
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error
    return error.code === 'mfa_sign_in_ended' ? 'ended' : { options: null }
  }
}

/** `credential` as it came: the operation checks its shape. */
export function provePasskey(
  services: Services,
  given: { mfaToken: string; credential: unknown },
  origin: Origin,
): Promise<SignInOutcome> {
  return orRefused(async () => {
    const input = { mfaToken: given.mfaToken, credential: given.credential as Static<typeof credentialResponse> }
    const result = await runForResult(services, verifyPasskeySignIn, input, { actor: anonymous, origin })
    return outcomeOf(result, { refusal: 'passkey_refused', methods: ['pwd', 'pop', 'mfa'] })
  }, 'passkey_refused')
}

/** `methods` as RFC 8176 names them. */
function outcomeOf(result: Verification, { refusal, methods }: { refusal: string; methods: string[] }): SignInOutcome {
  if (!result.success || !result.tokens) return { kind: 'refused', code: refusal, retryAfterSeconds: undefined }
  return { kind: 'signed_in', userId: result.userId, sessionId: result.tokens.sessionId, methods }
}

/** `unfit`: what input that an operation does not take at all counts as. */
async function orRefused(work: () => Promise<SignInOutcome>, unfit?: string): Promise<SignInOutcome> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error
    const code = error.kind === 'invalid' && unfit !== undefined ? unfit : error.code
    return { kind: 'refused', code, retryAfterSeconds: error.retryAfterSeconds }
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
