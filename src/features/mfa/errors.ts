import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const mfaError = defineErrors({
  mfa_user_not_found: { kind: 'not_found', message: 'User not found' },
  mfa_user_above_caller: { kind: 'forbidden', message: 'This user has permissions that you do not have yourself.' },
  mfa_code_wrong: {
    kind: 'invalid',
    message: 'The code is wrong, or was used before: wait for the next one of your authenticator.',
  },
  mfa_already_active: {
    kind: 'conflict',
    message:
      'An authenticator is active already: turn it off (POST /api/v1/mfa/totp/disable) before you set up another.',
  },
  mfa_secret_lost: {
    kind: 'conflict',
    message:
      'Your authenticator cannot be verified any more, since the key of its secret is lost: use a backup code or a passkey and set it up again, or have an administrator reset it.',
  },
  mfa_not_set_up: {
    kind: 'conflict',
    message: 'There is no authenticator to activate: set one up first (POST /api/v1/mfa/totp/setup).',
  },
  mfa_not_active: { kind: 'not_found', message: 'This method is not active for you.' },
  mfa_demanded: {
    kind: 'conflict',
    message: 'Your account demands multi-factor authentication: set up another method before you remove this one.',
  },
  passkey_not_found: { kind: 'not_found', message: 'Passkey not found' },
  passkey_known: { kind: 'conflict', message: 'This passkey is registered already.' },
  passkey_limit_reached: { kind: 'conflict', message: 'You have ten passkeys: delete one before you add another.' },
  passkey_refused: {
    kind: 'invalid',
    message: 'The passkey could not be verified, or the request for it has expired: start again.',
  },
})
export type MfaErrorCode = CodesOf<typeof mfaError>
