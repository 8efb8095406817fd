import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const notificationError = defineErrors({
  notification_not_found: { kind: 'not_found', message: 'Notification not found' },
  notification_user_required: {
    kind: 'forbidden',
    message: 'Notifications and preferences belong to users: sign in, without client_uid.',
  },
  notification_recipient_unknown: { kind: 'invalid', message: 'A recipient is not known: see the details.' },
  notification_client_unknown: { kind: 'invalid', message: 'There is no client of this client_uid.' },
  notification_variables_invalid: {
    kind: 'invalid',
    message: 'The variables do not fit the template: see the details.',
  },
  notification_limit_reached: {
    kind: 'rate_limited',
    message:
      'The account has sent as many notifications today as it may: wait until tomorrow (UTC), or raise the limit.',
  },
  notification_template_unknown: { kind: 'not_found', message: 'Template not found' },
  notification_template_invalid: { kind: 'invalid', message: 'The template cannot be used: see the details.' },
  notification_template_limit_reached: {
    kind: 'conflict',
    message: 'There are 200 templates, or 1,000 versions of this one, already: change or delete one.',
  },
  notification_preferences_invalid: { kind: 'invalid', message: 'The preferences do not fit: see the details.' },
  notification_settings_invalid: { kind: 'invalid', message: 'The settings do not fit: see the details.' },
  notification_suppression_unknown: { kind: 'not_found', message: 'This address is not suppressed.' },
  notification_feedback_unknown: { kind: 'not_found', message: 'There is no such source of bounces and complaints.' },
  notification_feedback_invalid: { kind: 'invalid', message: 'The source cannot be used: see the details.' },
  notification_feedback_limit_reached: { kind: 'conflict', message: 'There are 20 sources already: delete one.' },
  notification_feedback_refused: { kind: 'unauthenticated', message: 'The signature does not fit the message.' },
  notification_link_invalid: { kind: 'not_found', message: 'This link does not work: it may have been cut off.' },
})
export type NotificationErrorCode = CodesOf<typeof notificationError>
