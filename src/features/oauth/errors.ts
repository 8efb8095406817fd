import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const oauthError = defineErrors({
  oauth_client_not_found: { kind: 'not_found', message: 'There is no registered client of this id.' },
  oauth_consent_not_found: { kind: 'not_found', message: 'You have not allowed this client anything.' },
  oauth_client_id_taken: {
    kind: 'conflict',
    message: 'A registered client of this clientId or id exists already on this server: choose another.',
  },
  oauth_client_invalid: { kind: 'invalid', message: 'The registered client does not fit: see the details.' },
  oauth_client_scope_exceeds_own: {
    kind: 'forbidden',
    message: 'A registered client cannot have scopes that go further than your own permissions.',
  },
})
export type OAuthErrorCode = CodesOf<typeof oauthError>
