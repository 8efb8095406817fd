import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const apiKeyError = defineErrors({
  api_key_client_unknown: { kind: 'not_found', message: 'Client not found' },
  api_key_not_found: { kind: 'not_found', message: 'API key not found' },
  api_key_name_taken: { kind: 'conflict', message: 'The client already has an API key of this name.' },
  api_key_limit_reached: {
    kind: 'conflict',
    message: 'The client has as many API keys as it may have: revoke one first.',
  },
  api_key_scope_unknown: { kind: 'invalid', message: 'A scope is not one that an API key can have.' },
  api_key_scope_exceeds_own: { kind: 'forbidden', message: 'A key cannot give more than the caller may do itself.' },
  api_key_expiry_past: { kind: 'invalid', message: 'The expiry must be in the future.' },
  api_key_is_primary: {
    kind: 'conflict',
    message: "This is the client's primary key: regenerate it instead of deleting it.",
  },
})
export type ApiKeyErrorCode = CodesOf<typeof apiKeyError>
