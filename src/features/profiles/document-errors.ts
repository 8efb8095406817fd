import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const documentError = defineErrors({
  document_not_found: { kind: 'not_found', message: 'Document Not Found' },
  document_limit_reached: {
    kind: 'conflict',
    message: 'The profile has as many documents as a profile takes: delete one before you send another.',
  },
})
export type DocumentErrorCode = CodesOf<typeof documentError>
