import { Type } from 'typebox'
import { tellOfChange } from '#features/users/index.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { defineOperation, Refusal } from '#platform/operations/operation.ts'
import { mfaError } from './errors.ts'
import { ownFactors, renewBackupCodes, turnOff } from './operations.ts'
import * as passkeyStore from './passkey-store.ts'
import { checkRegistration, credentialResponse, registrationOptions } from './passkeys.ts'
import * as store from './store.ts'

const mostPasskeys = 10

export const requestPasskeyRegistration = defineOperation({
  name: 'mfa.passkey.request-registration',
  summary: 'What the browser needs to make a passkey (WebAuthn creation options); answered once, within 5 minutes.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  withoutMfaMay: true,
  needsStepUp: () => true,
  run: async (context) => {
    const owner = ownFactors(context)
    const email = await store.findEmail(context.tx, owner)
    const known = await passkeyStore.listPasskeys(context.tx, owner)
    if (known.length >= mostPasskeys) throw mfaError('passkey_limit_reached')
    return {
      userId: owner.userId,
      options: await registrationOptions(context, owner, { email, boundTo: owner.sessionId, known }),
    }
  },
  audit: (_input, result) => ({
    category: 'security',
    description: 'Registration of a passkey begun',
    target: { type: 'user', id: result.userId },
  }),
})

export const registerPasskey = defineOperation({
  name: 'mfa.passkey.register',
  summary: 'Registers the passkey that the browser has made; the first second factor comes with backup codes.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ name: Type.Optional(lineOfText(100)), credential: credentialResponse }),
  withoutMfaMay: true,
  needsStepUp: () => true,
  run: async (context, input) => {
    const owner = ownFactors(context)
    const { mfaEnabled } = await store.lockFactors(context.tx, owner)
    const passkey = await checkRegistration(context, owner, {
      boundTo: owner.sessionId,
      credential: input.credential,
    })
    if (!passkey) {
      return new Refusal(mfaError('passkey_refused'), {
        category: 'security',
        severity: 'warning',
        description: 'A passkey could not be verified',
        target: { type: 'user', id: owner.userId },
      })
    }
    const known = await passkeyStore.listPasskeys(context.tx, owner)
    if (known.length >= mostPasskeys) throw mfaError('passkey_limit_reached')
    const name = input.name?.trim() ?? `Passkey ${known.length + 1}`
    await passkeyStore.insertPasskey(context.tx, owner, { ...passkey, name })
    await store.setMfaEnabled(context.tx, owner, true)
    await store.markSteppedUp(context.tx, owner.tenantId, owner.sessionId, context.now)
    await tellOfChange(context, owner.userId, 'passkey_added')
    const backupCodes = mfaEnabled ? [] : await renewBackupCodes(context, owner)
    return { userId: owner.userId, id: passkey.id, name, createdAt: context.now, backupCodes }
  },
  audit: (_input, result) => ({
    category: 'security',
    action: 'mfa_enabled',
    description: 'Passkey registered',
    target: { type: 'user', id: result.userId },
    context: { method: 'passkey' },
  }),
})

export const deletePasskey = defineOperation({
  name: 'mfa.passkey.delete',
  summary: "Deletes one of the caller's passkeys, after a step-up.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ id: Type.String({ maxLength: 1400 }) }),
  needsStepUp: () => true,
  run: async (context, input) => {
    const owner = ownFactors(context)
    const { mfaRequired } = await store.lockFactors(context.tx, owner)
    const deleted = await passkeyStore.deletePasskey(context.tx, owner, input.id)
    if (!deleted) throw mfaError('passkey_not_found')
    const totp = await store.findTotp(context.tx, owner)
    const left = await passkeyStore.listPasskeys(context.tx, owner)
    const wasLast = left.length === 0 && !totp?.activatedAt
    if (wasLast && mfaRequired) throw mfaError('mfa_demanded')
    if (wasLast) await turnOff(context, owner)
    await tellOfChange(context, owner.userId, 'passkey_deleted')
    return { userId: owner.userId, mfaEnabled: !wasLast }
  },
  audit: (_input, result) => ({
    category: 'security',
    severity: 'warning',
    action: 'mfa_disabled',
    description: 'Passkey deleted',
    target: { type: 'user', id: result.userId },
    context: { method: 'passkey' },
  }),
})
