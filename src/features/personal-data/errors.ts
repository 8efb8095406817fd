import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const personalDataError = defineErrors({
  personal_subject_not_found: {
    kind: 'not_found',
    message: 'There is no user, customer or profile of this type and id.',
  },
  erasure_not_found: { kind: 'not_found', message: 'There is no such erasure.' },
  erasure_under_way: { kind: 'conflict', message: 'This person is being erased already.' },
  erasure_import_running: {
    kind: 'conflict',
    message: 'An import is under way, which may bring the person back: erase after its end, or cancel it.',
  },
  retained_identity_not_found: {
    kind: 'not_found',
    message: 'No identity is kept for this customer: it was never erased, had no invoice, or the time is over.',
  },
  tenant_erasure_scheduled: { kind: 'conflict', message: 'The erasure of this tenant is scheduled already.' },
  tenant_erasure_not_scheduled: {
    kind: 'conflict',
    message: 'No erasure of this tenant is waiting: there is none, or it has begun.',
  },
})
export type PersonalDataErrorCode = CodesOf<typeof personalDataError>
