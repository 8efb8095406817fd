import type { ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import { isSiret } from '#kernel/french-identifiers.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { CustomerChanges } from './schemas.ts'

/** @throws validation_failed when the SIRET's check digit is wrong */
export function requireValidSiret(siret: string | null | undefined): void {
  if (siret === null || siret === undefined || isSiret(siret)) return
  const detail: ErrorDetail = { path: ['body', 'siret'], ...valueFault('value_check_digit'), type: 'siret' }
  throw coreError('validation_failed', { details: [detail] })
}

/** Each field, the column that it is kept in, and what PostgreSQL calls its type. */
export const customerColumns = {
  code: ['code', 'text'],
  name: ['name', 'text'],
  email: ['email', 'text'],
  phone: ['phone', 'text'],
  siret: ['siret', 'text'],
  vatNumber: ['vat_number', 'text'],
  addressLine1: ['address_line1', 'text'],
  addressLine2: ['address_line2', 'text'],
  postalCode: ['postal_code', 'text'],
  city: ['city', 'text'],
  countryCode: ['country_code', 'text'],
  isActive: ['is_active', 'boolean'],
} as const satisfies Record<keyof CustomerChanges, readonly [column: string, type: string]>
export type CustomerField = keyof typeof customerColumns
export const customerFields = Object.keys(customerColumns) as CustomerField[]
