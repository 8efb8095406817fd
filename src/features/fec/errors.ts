import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const fecError = defineErrors({
  fec_refused: {
    kind: 'invalid',
    message: 'The ledger of the fiscal year cannot become an FEC: see the details. Nothing was produced.',
  },
  fec_siren_refused: {
    kind: 'invalid',
    message:
      'The SIREN must have 9 digits with a valid check digit, and be the one of your company (GET /api/v1/company).',
  },
})
export type FecErrorCode = CodesOf<typeof fecError>
