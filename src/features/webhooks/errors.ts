import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const webhookError = defineErrors({
  webhook_client_unknown: { kind: 'not_found', message: 'Client not found' },
  webhook_secret_missing: { kind: 'not_found', message: 'The client has no webhook secret.' },
  webhook_not_found: { kind: 'not_found', message: 'Webhook Not Found' },
  webhook_url_invalid: { kind: 'invalid', message: 'The URL cannot be a webhook: see the details.' },
  webhook_url_taken: { kind: 'conflict', message: 'Another webhook has this URL already: change that one.' },
  webhook_limit_reached: {
    kind: 'conflict',
    message: 'There are 20 webhooks already: one webhook can get several events.',
  },
  webhook_not_enabled: {
    kind: 'conflict',
    message: 'The webhook is paused or disabled: resume it (POST .../resume/) first.',
  },
  webhook_delivery_not_found: { kind: 'not_found', message: 'Delivery Not Found' },
  webhook_event_gone: { kind: 'conflict', message: 'The event is not kept any more: it cannot be sent again.' },
  webhook_replay_not_found: { kind: 'not_found', message: 'Replay Not Found' },
  webhook_replay_running: {
    kind: 'conflict',
    message: 'Failed deliveries of this webhook are being sent again already: wait until that is done.',
  },
})
export type WebhookErrorCode = CodesOf<typeof webhookError>
