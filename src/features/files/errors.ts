import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const fileError = defineErrors({
  file_infected: {
    kind: 'invalid',
    message: 'The virus scanner found something in this file, so it was not taken: send a clean copy.',
  },
  file_gone: { kind: 'not_found', message: 'The file is not there any more: send it again.' },
  range_not_satisfiable: {
    kind: 'invalid',
    message: 'The file has no bytes in this range: see Content-Range for its size.',
  },
})
export type FileErrorCode = CodesOf<typeof fileError>
