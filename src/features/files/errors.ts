import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const fileError = defineErrors({
  file_infected: {
    kind: 'invalid',
    message: 'The virus scanner found something in this file, so it was not taken: send a clean copy.',
  },
  file_gone: { kind: 'not_found', message: 'The file is not there any more: send it again.' },
})
export type FileErrorCode = CodesOf<typeof fileError>
