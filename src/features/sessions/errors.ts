import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const sessionError = defineErrors({
  /** One answer for a wrong user, password or tenant: it must not tell which. */
  sign_in_refused: { kind: 'unauthenticated', message: 'User name, password or tenant is wrong.' },
  refresh_token_invalid: {
    kind: 'unauthenticated',
    message: 'The refresh token is not valid or has expired: sign in again.',
  },
  refresh_token_reused: {
    kind: 'unauthenticated',
    message: 'The refresh token was used before; the session has been ended for safety: sign in again.',
  },
  sign_in_client_unknown: { kind: 'not_found', message: 'Client not found' },
  /** Only for callers that ask for tokens or nothing (FactPulse); others get a pending sign-in. */
  mfa_required: {
    kind: 'unauthenticated',
    message: 'This user signs in with a second factor: send the code of the authenticator as mfa_code.',
  },
  mfa_code_refused: {
    kind: 'unauthenticated',
    message: 'The code is wrong, or was used before: wait for the next one of your authenticator.',
  },
  mfa_sign_in_ended: {
    kind: 'unauthenticated',
    message: 'The sign-in has expired or had too many wrong codes: sign in again.',
  },
  session_not_found: { kind: 'not_found', message: 'Session not found' },
  session_already_ended: { kind: 'conflict', message: 'The session has ended already.' },
  session_required: { kind: 'forbidden', message: 'Only a signed-in user has a session: an API key has none.' },
})
export type SessionErrorCode = CodesOf<typeof sessionError>
