import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const exportError = defineErrors({
  export_not_found: { kind: 'not_found', message: 'No export has this id: list them with GET /api/v1/export.' },
  export_not_ready: {
    kind: 'conflict',
    message: 'The export has no file: see its status (GET /api/v1/export/{export_id}).',
  },
  export_expired: {
    kind: 'not_found',
    message: 'The file was deleted, as every one is 24 hours after it was made: export again.',
  },
  export_ended: { kind: 'conflict', message: 'The export has ended already, so there is nothing to cancel.' },
  export_character_unwritable: {
    kind: 'invalid',
    message: 'The data have a character that the encoding lacks. Nothing was produced: export in utf-8.',
  },
  export_too_large: {
    kind: 'invalid',
    message: 'The file would be larger than the format or the platform allows: use filters, or csv instead of excel.',
  },
})
export type ExportErrorCode = CodesOf<typeof exportError>
