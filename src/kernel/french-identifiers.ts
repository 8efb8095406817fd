// The two modules and not the package's index, which loads the identifiers of 90 countries (0.2 s of the start).
import { validate as validateSiren } from 'stdnum/lib/cjs/fr/siren.js'
import { validate as validateSiret } from 'stdnum/lib/cjs/fr/siret.js'

/**
 * Whether the text is a SIREN, the number of a French company in INSEE's register: 9 digits, without separators, of
 * which the last is a Luhn check digit. Says nothing about the company's existence.
 */
export function isSiren(text: string): boolean {
  // The library skips separators and maps other scripts' digits; what is stored must be the plain digits.
  return /^[0-9]{9}$/.test(text) && validateSiren(text).isValid
}

/**
 * Whether the text is a SIRET, the number of a company's site: 14 digits, without separators, with a Luhn check digit.
 * La Poste (SIREN 356000000) has more sites than Luhn leaves numbers: there, except for the head office
 * 35600000000048, the sum of the digits is a multiple of 5.
 */
export function isSiret(text: string): boolean {
  return /^[0-9]{14}$/.test(text) && validateSiret(text).isValid
}
