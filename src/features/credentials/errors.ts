import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const credentialError = defineErrors({
  credential_client_unknown: { kind: 'not_found', message: 'Client not found' },
  credential_not_configured: { kind: 'not_found', message: 'This client has no such configuration yet: set it first.' },
  credential_url_invalid: { kind: 'invalid', message: 'The URL must be absolute, https and without a user name.' },
  encryption_key_required: {
    kind: 'invalid',
    message: 'Encryption mode "double" needs the header X-Encryption-Key: a base64-encoded AES-256 key (32 bytes).',
  },
  encryption_key_malformed: {
    kind: 'invalid',
    message: 'The encryption key must be 32 bytes in base64 (44 characters).',
  },
  encryption_key_wrong: { kind: 'invalid', message: 'The encryption key does not open the stored secret.' },
  nothing_to_rotate: { kind: 'not_found', message: 'The client has no secret in encryption mode "double".' },
})
export type CredentialErrorCode = CodesOf<typeof credentialError>
