import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const importError = defineErrors({
  import_unreadable: { kind: 'invalid', message: 'The file is no table that can be read.' },
  import_file_not_found: {
    kind: 'not_found',
    message: 'There is no such file: send it to POST /api/v1/import/preview; it is kept for a day.',
  },
  import_mapping_invalid: {
    kind: 'invalid',
    message: 'The mapping does not fit the file or the entity: see the details.',
  },
  import_not_found: { kind: 'not_found', message: 'There is no such import.' },
  import_ended: { kind: 'conflict', message: 'The import has ended already.' },
  import_has_no_refusals: {
    kind: 'not_found',
    message: 'There is no file of refused rows: no row was refused, or the import has not ended.',
  },
  import_template_not_found: { kind: 'not_found', message: 'There is no such template.' },
  import_template_taken: { kind: 'conflict', message: 'There is a template of this name.' },
  import_template_built_in: {
    kind: 'conflict',
    message: 'This template is always there and cannot be changed: create your own from it.',
  },
  import_template_limit_reached: { kind: 'conflict', message: 'The account has 200 templates: delete one first.' },
})
export type ImportErrorCode = CodesOf<typeof importError>
