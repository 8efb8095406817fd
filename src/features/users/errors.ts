import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const userError = defineErrors({
  user_not_found: { kind: 'not_found', message: 'User not found' },
  user_email_taken: { kind: 'conflict', message: 'A user with this e-mail address exists already.' },
  user_role_unknown: { kind: 'invalid', message: 'A role is not known.' },
  user_above_caller: { kind: 'forbidden', message: 'This user has permissions that you do not have yourself.' },
  last_owner: {
    kind: 'conflict',
    message: 'The account needs at least one active owner: make somebody else an owner first.',
  },
  current_password_wrong: { kind: 'invalid', message: 'The current password is wrong.' },
  one_time_link_invalid: {
    kind: 'not_found',
    message: 'The link has been used, replaced or has expired: ask for a new one.',
  },
  invitation_not_found: { kind: 'not_found', message: 'Invitation not found' },
  mail_not_configured: {
    kind: 'unavailable',
    message: 'The platform cannot send e-mail yet: its operator must set CLIENTELE_MAIL.',
  },
  mail_not_accepted: {
    kind: 'upstream',
    message: "The platform's mail provider did not take the message: try again, or tell the operator.",
  },
  password_too_short: { kind: 'invalid', message: 'The password must have at least 12 characters.' },
  password_too_long: { kind: 'invalid', message: 'The password must have at most 256 characters.' },
  password_too_common: {
    kind: 'invalid',
    message: 'This password is among the most common ones: choose another, for example several unrelated words.',
  },
})
export type UserErrorCode = CodesOf<typeof userError>
