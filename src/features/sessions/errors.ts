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
  session_required: { kind: 'forbidden', message: 'Only a signed-in user has a session: an API key has none.' },
})
export type SessionErrorCode = CodesOf<typeof sessionError>
