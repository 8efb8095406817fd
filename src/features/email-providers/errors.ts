import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const emailProviderError = defineErrors({
  email_client_unknown: { kind: 'not_found', message: 'Client not found' },
  email_config_invalid: { kind: 'invalid', message: 'Invalid e-mail configuration' },
  email_config_missing: { kind: 'not_found', message: 'Email configuration not found' },
  email_config_exists: {
    kind: 'conflict',
    message: 'Email configuration already exists: change it with PUT',
  },
})
export type EmailProviderErrorCode = CodesOf<typeof emailProviderError>
