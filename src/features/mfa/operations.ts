import { Type } from 'typebox'
import { tellOfChange } from '#features/users/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation, Refusal } from '#platform/operations/operation.ts'
import { generateBackupCodes, hashBackupCode } from './backup-codes.ts'
import { openTotp, proveCode, proveFirstCode } from './codes.ts'
import { mfaError } from './errors.ts'
import * as passkeyStore from './passkey-store.ts'
import { methodOf } from './rules.ts'
import type { Owner } from './store.ts'
import * as store from './store.ts'
import { newAuthenticator } from './totp.ts'

const code = Type.String({ minLength: 1, maxLength: 64 })

/** The caller's own second factors; only he himself, at account level. @throws session_required, account_level_required */
export function ownFactors({
  actor,
  tenantId,
}: Pick<OperationContext, 'actor' | 'tenantId'>): Owner & { sessionId: string } {
  if (actor.kind !== 'user') throw mfaSessionRequired()
  if (actor.clientUid !== null) throw coreError('account_level_required')
  return { tenantId, userId: actor.userId, sessionId: actor.sessionId }
}

function mfaSessionRequired() {
  return coreError('permission_missing', { message: 'Only a signed-in user has second factors: an API key has none.' })
}

function wrongCode(owner: Owner): Refusal {
  return new Refusal(mfaError('mfa_code_wrong'), {
    category: 'authentication',
    severity: 'warning',
    action: 'mfa_failure',
    description: 'A code was wrong',
    target: { type: 'user', id: owner.userId },
  })
}

/** New codes in force. @returns them, to be shown once */
export async function renewBackupCodes({ tx }: OperationContext, owner: Owner): Promise<string[]> {
  const codes = generateBackupCodes()
  const hashes = codes.map((one) => hashBackupCode(owner, one))
  await store.replaceBackupCodes(tx, owner, { hashes, isPending: false })
  return codes
}

export const setUpTotp = definePhasedOperation({
  name: 'mfa.totp.set-up',
  summary: 'Makes the secret of an authenticator and ten backup codes, shown once; in force after the first code.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  withoutMfaMay: true,
  needsStepUp: () => true,
  prepare: async (context) => store.findEmail(context.tx, ownFactors(context)),
  perform: (_work, _input, email) => newAuthenticator(email),
  run: async (context, _input, { secret, qrCode }) => {
    const owner = ownFactors(context)
    await store.lockFactors(context.tx, owner)
    if ((await store.findTotp(context.tx, owner))?.activatedAt) throw mfaError('mfa_already_active')
    await store.replaceTotp(context.tx, owner, context.services.secrets.encrypt(secret))
    const backupCodes = generateBackupCodes()
    const hashes = backupCodes.map((one) => hashBackupCode(owner, one))
    await store.replaceBackupCodes(context.tx, owner, { hashes, isPending: true })
    return { userId: owner.userId, secret, qrCode, backupCodes }
  },
  audit: (_input, result) => ({
    category: 'security',
    description: 'Set-up of an authenticator begun',
    target: { type: 'user', id: result.userId },
  }),
})

export const activateTotp = defineOperation({
  name: 'mfa.totp.activate',
  summary: 'Turns the authenticator on with a first code.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ code }),
  withoutMfaMay: true,
  run: async (context, input) => {
    const owner = ownFactors(context)
    await store.lockFactors(context.tx, owner)
    const totp = await store.findTotp(context.tx, owner)
    if (!totp) throw mfaError('mfa_not_set_up')
    if (totp.activatedAt) throw mfaError('mfa_already_active')
    const secret = openTotp(context.services, totp)
    if (!(await proveFirstCode(context, owner, secret, input.code))) return wrongCode(owner)
    await store.activateTotp(context.tx, owner, context.now)
    await store.activatePendingBackupCodes(context.tx, owner)
    await store.setMfaEnabled(context.tx, owner, true)
    await store.markSteppedUp(context.tx, owner.tenantId, owner.sessionId, context.now)
    await tellOfChange(context, owner.userId, 'authenticator_on')
    return { userId: owner.userId, activatedAt: context.now }
  },
  audit: (_input, result) => ({
    category: 'security',
    action: 'mfa_enabled',
    description: 'Authenticator turned on',
    target: { type: 'user', id: result.userId },
    context: { method: 'totp' },
  }),
})

/** What the user can prove himself with. */
export type MfaMethods = {
  totp: { configuredAt: Date | null }
  backupCodes: { remaining: number }
  passkeys: passkeyStore.Passkey[]
}

export const listMfaMethods = defineOperation({
  name: 'mfa.methods',
  summary: "Lists the caller's second factors.",
  level: 'self',
  permission: null,
  effect: 'quick read',
  input: Type.Object({}),
  withoutMfaMay: true,
  run: async (context) => {
    const owner = ownFactors(context)
    const [totp, remaining, passkeys] = await Promise.all([
      store.findTotp(context.tx, owner),
      store.countBackupCodes(context.tx, owner),
      passkeyStore.listPasskeys(context.tx, owner),
    ])
    const methods: MfaMethods = {
      totp: { configuredAt: totp?.activatedAt ?? null },
      backupCodes: { remaining },
      passkeys,
    }
    return methods
  },
})

export const disableTotp = defineOperation({
  name: 'mfa.totp.disable',
  summary: 'Turns the authenticator off, with a fresh code of it or a backup code.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ code }),
  run: async (context, input) => {
    const owner = ownFactors(context)
    const { mfaRequired } = await store.lockFactors(context.tx, owner)
    if (!(await store.findTotp(context.tx, owner))?.activatedAt) throw mfaError('mfa_not_active')
    const passkeys = await passkeyStore.listPasskeys(context.tx, owner)
    if (mfaRequired && passkeys.length === 0) throw mfaError('mfa_demanded')
    const given = { code: input.code, method: methodOf(input.code) }
    if (!(await proveCode(context, owner, given))) return wrongCode(owner)
    await store.deleteTotp(context.tx, owner)
    if (passkeys.length === 0) await turnOff(context, owner)
    await tellOfChange(context, owner.userId, 'authenticator_off')
    return { userId: owner.userId, mfaEnabled: passkeys.length > 0 }
  },
  audit: (_input, result) => ({
    category: 'security',
    severity: 'warning',
    action: 'mfa_disabled',
    description: 'Authenticator turned off',
    target: { type: 'user', id: result.userId },
    context: { method: 'totp' },
  }),
})

/** The last method has gone. */
export async function turnOff({ tx }: OperationContext, owner: Owner): Promise<void> {
  await store.deleteBackupCodes(tx, owner)
  await store.setMfaEnabled(tx, owner, false)
}

export const createBackupCodes = defineOperation({
  name: 'mfa.backup-codes.create',
  summary: 'Replaces the backup codes, with a fresh code or after a step-up; the new ones are shown once.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ code: Type.Optional(code) }),
  needsStepUp: (input) => input.code === undefined,
  run: async (context, input) => {
    const owner = ownFactors(context)
    const { mfaEnabled } = await store.lockFactors(context.tx, owner)
    if (!mfaEnabled) throw mfaError('mfa_not_active')
    if (input.code !== undefined) {
      const given = { code: input.code, method: methodOf(input.code) }
      if (!(await proveCode(context, owner, given))) return wrongCode(owner)
    }
    await tellOfChange(context, owner.userId, 'backup_codes_replaced')
    return { userId: owner.userId, backupCodes: await renewBackupCodes(context, owner) }
  },
  audit: (_input, result) => ({
    category: 'security',
    severity: 'warning',
    description: 'Backup codes replaced',
    target: { type: 'user', id: result.userId },
  }),
})
