import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const throttlingError = defineErrors({
  /** The same for every name, known or not. */
  attempts_throttled: { kind: 'rate_limited', message: 'Too many failed attempts: wait before you try again.' },
})
export type ThrottlingErrorCode = CodesOf<typeof throttlingError>
