import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const checkError = defineErrors({
  check_not_found: { kind: 'not_found', message: 'There is no such verification or validation.' },
  check_ended: { kind: 'conflict', message: 'It has ended already, so there is nothing to cancel.' },
})
export type CheckErrorCode = CodesOf<typeof checkError>
