import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const userError = defineErrors({
  user_not_found: { kind: 'not_found', message: 'User not found' },
  user_email_taken: { kind: 'conflict', message: 'A user with this e-mail address exists already.' },
  user_role_unknown: { kind: 'invalid', message: 'A role is not known.' },
  password_too_short: { kind: 'invalid', message: 'The password must have at least 12 characters.' },
  password_too_long: { kind: 'invalid', message: 'The password must have at most 256 characters.' },
  password_too_common: {
    kind: 'invalid',
    message: 'This password is among the most common ones: choose another, for example several unrelated words.',
  },
})
export type UserErrorCode = CodesOf<typeof userError>
