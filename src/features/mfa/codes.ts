/** Judging a code: throttled, each works once. */
import type { Attempt } from '#features/throttling/index.ts'
import { countFailure, forgetFailures, isKnownAddress, requireTurn } from '#features/throttling/index.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { hashBackupCode } from './backup-codes.ts'
import { mfaError } from './errors.ts'
import type { CodeMethod } from './rules.ts'
import type { Owner } from './store.ts'
import { findTotp, useBackupCode, useStep } from './store.ts'
import { findStep } from './totp.ts'

type Given = { code: string; method: CodeMethod }

async function attemptOf({ tx, origin }: OperationContext, owner: Owner): Promise<Attempt> {
  const address = origin.ipAddress
  return {
    kind: 'code',
    subject: `${owner.tenantId}/${owner.userId}`,
    address,
    isKnownAddress: await isKnownAddress(tx, owner.tenantId, owner.userId, address),
  }
}

/**
 * Whether the code is right and new; a right one is used up by this, a wrong one is counted. The unit of work must be
 * committed either way.
 * @throws attempts_throttled
 */
export async function proveCode(context: OperationContext, owner: Owner, given: Given): Promise<boolean> {
  return throttled(context, owner, () => useCode(context, owner, given))
}

/** The same for an authenticator that is being set up. */
export async function proveFirstCode(context: OperationContext, owner: Owner, secret: string, code: string) {
  return throttled(context, owner, () => useTotp(context, owner, { secret, code }))
}

async function throttled(context: OperationContext, owner: Owner, use: () => Promise<boolean>): Promise<boolean> {
  const attempt = await attemptOf(context, owner)
  await requireTurn(context.tx, attempt, context.now)
  const accepted = await use()
  if (accepted) forgetFailures(context, attempt)
  else await countFailure(context.tx, attempt, context.now)
  return accepted
}

async function useCode(context: OperationContext, owner: Owner, { code, method }: Given): Promise<boolean> {
  const { tx, now, services } = context
  if (method === 'backup_code') return useBackupCode(tx, owner, hashBackupCode(owner, code), now)
  const totp = await findTotp(tx, owner)
  if (!totp?.activatedAt) return false
  return useTotp(context, owner, { secret: openTotp(services, totp), code })
}

/** @throws mfa_secret_lost: its user cannot give it again, but by other means */
export function openTotp({ secrets }: Pick<Services, 'secrets'>, { secretCiphertext }: { secretCiphertext: string }) {
  try {
    return secrets.decrypt(secretCiphertext).toString('utf8')
  } catch (error) {
    throw isContentLost(error) ? mfaError('mfa_secret_lost', { cause: error.cause }) : error
  }
}

async function useTotp(
  { tx, now }: OperationContext,
  owner: Owner,
  { secret, code }: { secret: string; code: string },
) {
  const step = findStep(secret, code, now)
  return step !== null && (await useStep(tx, owner, step))
}
