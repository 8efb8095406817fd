import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const webhookError = defineErrors({
  webhook_client_unknown: { kind: 'not_found', message: 'Client not found' },
  webhook_secret_missing: { kind: 'not_found', message: 'The client has no webhook secret.' },
})
export type WebhookErrorCode = CodesOf<typeof webhookError>
