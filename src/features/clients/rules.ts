import { isSiret } from '#kernel/french-identifiers.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { clientError } from './errors.ts'

/** @throws siret_invalid when the check digit is wrong (INSEE: Luhn, with La Poste's exception) */
export function requireValidSiret(siret: string | null | undefined): void {
  if (siret === null || siret === undefined || isSiret(siret)) return
  throw clientError('siret_invalid', {
    details: [
      {
        path: ['body', 'siret'],
        ...valueFault('value_check_digit'),
        type: 'value_error.siret',
      },
    ],
  })
}

/** Names are compared as people see them: composed characters, no blanks around. */
export function normalizeName(name: string): string {
  return name.normalize('NFC').trim()
}
