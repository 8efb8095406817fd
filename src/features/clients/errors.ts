import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const clientError = defineErrors({
  client_not_found: { kind: 'not_found', message: 'Client not found' },
  client_name_taken: { kind: 'conflict', message: 'Client name already exists' },
  siret_invalid: { kind: 'invalid', message: 'The SIRET must have 14 digits with a valid check digit.' },
  registration_closed: {
    kind: 'forbidden',
    message: 'Self-registration is closed: create the client with an account-level token.',
  },
  registration_limited: {
    kind: 'rate_limited',
    message: 'Too many registrations from this address: try again later, or sign in and create the client.',
  },
})
export type ClientErrorCode = CodesOf<typeof clientError>
