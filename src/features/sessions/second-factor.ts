/** The second half of a sign-in, and the step-up of a session that lasts. */
import { Type } from 'typebox'
import { assertionOptions, credentialResponse, proveAssertion, proveCode } from '#features/mfa/index.ts'
import { forgetFailures } from '#features/throttling/index.ts'
import { hashSecret } from '#kernel/api-key.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { sessionError } from './errors.ts'
import type { Tokens } from './issue.ts'
import { openSession } from './issue.ts'
import type { PendingSignIn } from './pending-store.ts'
import * as pendingStore from './pending-store.ts'
import { acceptsCode, hashOfCode } from './prove.ts'
import * as store from './store.ts'

const mfaToken = Type.String({ maxLength: 256 })
const method = Type.Union([Type.Literal('totp'), Type.Literal('backup_code')])
const codeInput = { userId: Type.String({ maxLength: 64 }), code: Type.String({ minLength: 1, maxLength: 64 }), method }

/** tokens: null when nothing was finished by it (a step-up, or the call without a credential). */
export type Verification = {
  success: boolean
  method: 'totp' | 'backup_code' | 'passkey'
  verifiedAt: Date | null
  userId: string
  tokens: Tokens | null
}

const verificationAudit = (result: Verification) => ({
  category: 'authentication' as const,
  ...(result.success
    ? {
        action: result.tokens ? 'login_success' : 'mfa_success',
        description: 'Second factor proven',
        provenUserId: result.userId,
      }
    : { action: 'mfa_failure', severity: 'warning' as const, description: 'A second factor was not proven' }),
  target: result.tokens ? { type: 'session', id: result.tokens.sessionId } : { type: 'user', id: result.userId },
  context: { method: result.method },
})

/** @throws mfa_sign_in_ended */
async function enterPending(context: OperationContext, token: string): Promise<PendingSignIn> {
  const located = await pendingStore.locateByToken(context.tx, hashSecret(token))
  if (!located) throw sessionError('mfa_sign_in_ended')
  await context.enterTenant(located.tenant_id)
  const pending = await pendingStore.lockPending(context.tx, located.tenant_id, located.id)
  if (!pending) throw sessionError('mfa_sign_in_ended')
  return pending
}

async function finish(context: OperationContext, pending: PendingSignIn): Promise<Tokens> {
  const { tx, tenantId } = context
  const signer = await store.lockSigner(tx, tenantId, pending.userId)
  if (!signer?.canSignIn) throw sessionError('mfa_sign_in_ended')
  await pendingStore.deletePending(tx, tenantId, pending.id)
  forgetFailures(context, {
    kind: 'password',
    subject: signer.emailKey,
    address: context.origin.ipAddress,
    isKnownAddress: true,
  })
  return openSession(context, { ...pending, isSteppedUp: true })
}

export const verifySecondFactor = defineOperation({
  name: 'session.verify-second-factor',
  summary: 'Proves a code for a pending sign-in; with its mfa_token it finishes the sign-in.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ ...codeInput, mfaToken: Type.Optional(mfaToken) }),
  run: async (context, input): Promise<Verification> => {
    const failure: Verification = {
      success: false,
      method: input.method,
      verifiedAt: null,
      userId: input.userId,
      tokens: null,
    }
    if (input.mfaToken === undefined) return proveWithoutCredential(context, input, failure)
    const pending = await enterPending(context, input.mfaToken)
    const given = { code: input.code, method: input.method }
    if (pending.userId !== input.userId || !(await acceptsCode(context, pending.userId, given))) {
      await pendingStore.countWrongCode(context.tx, context.tenantId, pending.id)
      return failure
    }
    return { ...failure, success: true, verifiedAt: context.now, tokens: await finish(context, pending) }
  },
  audit: (_input, result) => verificationAudit(result),
})

/** The document's own call. It gives nothing away and nothing out: only "right" or not, to where the sign-in came from. */
async function proveWithoutCredential(
  context: OperationContext,
  input: { userId: string; code: string; method: 'totp' | 'backup_code' },
  failure: Verification,
): Promise<Verification> {
  const { tx, origin, now } = context
  const located = await pendingStore.locateByAddress(tx, input.userId, origin.ipAddress)
  if (!located) return failure
  await context.enterTenant(located.tenant_id)
  const pending = await pendingStore.lockPending(tx, located.tenant_id, located.id)
  if (!pending) return failure
  const owner = { tenantId: located.tenant_id, userId: pending.userId }
  if (!(await proveCode(context, owner, { code: input.code, method: input.method }))) {
    await pendingStore.countWrongCode(tx, located.tenant_id, pending.id)
    return failure
  }
  await pendingStore.keepProvenCode(tx, located.tenant_id, pending.id, hashOfCode(pending.userId, input.code))
  return { ...failure, success: true, verifiedAt: now }
}

export const stepUp = defineOperation({
  name: 'session.step-up',
  summary: 'Proves the second factor again, for what asks for a recent proof.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object(codeInput),
  run: async (context, input): Promise<Verification> => {
    const { actor, tx, tenantId, now } = context
    if (actor.kind !== 'user') throw sessionError('session_required')
    const failure: Verification = {
      success: false,
      method: input.method,
      verifiedAt: null,
      userId: actor.userId,
      tokens: null,
    }
    if (input.userId !== actor.userId) return failure
    const given = { code: input.code, method: input.method }
    if (!(await proveCode(context, { tenantId, userId: actor.userId }, given))) return failure
    await store.markSteppedUp(tx, tenantId, actor.sessionId, now)
    return { ...failure, success: true, verifiedAt: now }
  },
  audit: (_input, result) => verificationAudit(result),
})

type AssertionRequest = { userId: string; options: object | null }

const assertionAudit = (result: AssertionRequest) => ({
  category: 'authentication' as const,
  action: 'mfa_challenge',
  description: 'Passkey asked for',
  target: { type: 'user', id: result.userId },
})

export const requestPasskeySignIn = defineOperation({
  name: 'session.request-passkey',
  summary: 'What the browser needs to finish a pending sign-in with a passkey (WebAuthn request options).',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ mfaToken }),
  run: async (context, input): Promise<AssertionRequest> => {
    const pending = await enterPending(context, input.mfaToken)
    const owner = { tenantId: context.tenantId, userId: pending.userId }
    return { userId: pending.userId, options: await assertionOptions(context, owner, pending.id) }
  },
  audit: (_input, result) => assertionAudit(result),
})

export const verifyPasskeySignIn = defineOperation({
  name: 'session.verify-passkey',
  summary: 'Finishes a pending sign-in with a passkey.',
  level: 'public',
  permission: null,
  effect: 'write',
  input: Type.Object({ mfaToken, credential: credentialResponse }),
  run: async (context, input): Promise<Verification> => {
    const pending = await enterPending(context, input.mfaToken)
    const owner = { tenantId: context.tenantId, userId: pending.userId }
    const verification = { method: 'passkey', userId: pending.userId } as const
    if (!(await proveAssertion(context, owner, { boundTo: pending.id, credential: input.credential }))) {
      await pendingStore.countWrongCode(context.tx, context.tenantId, pending.id)
      return { ...verification, success: false, verifiedAt: null, tokens: null }
    }
    return { ...verification, success: true, verifiedAt: context.now, tokens: await finish(context, pending) }
  },
  audit: (_input, result) => verificationAudit(result),
})

export const requestPasskeyStepUp = defineOperation({
  name: 'session.request-passkey-step-up',
  summary: "What the browser needs to prove the caller's passkey again.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  run: async (context): Promise<AssertionRequest> => {
    const { actor, tenantId } = context
    if (actor.kind !== 'user') throw sessionError('session_required')
    const owner = { tenantId, userId: actor.userId }
    return { userId: actor.userId, options: await assertionOptions(context, owner, actor.sessionId) }
  },
  audit: (_input, result) => assertionAudit(result),
})

export const verifyPasskeyStepUp = defineOperation({
  name: 'session.passkey-step-up',
  summary: 'Proves a passkey again, for what asks for a recent proof.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ credential: credentialResponse }),
  run: async (context, input): Promise<Verification> => {
    const { actor, tx, tenantId, now } = context
    if (actor.kind !== 'user') throw sessionError('session_required')
    const owner = { tenantId, userId: actor.userId }
    const success = await proveAssertion(context, owner, { boundTo: actor.sessionId, credential: input.credential })
    if (success) await store.markSteppedUp(tx, tenantId, actor.sessionId, now)
    return { success, method: 'passkey', userId: actor.userId, verifiedAt: success ? now : null, tokens: null }
  },
  audit: (_input, result) => verificationAudit(result),
})
