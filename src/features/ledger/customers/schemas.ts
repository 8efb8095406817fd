import { Type } from 'typebox'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'
import { code, pageRequest } from '../schemas.ts'

const optional = <Schema extends Type.TSchema>(schema: Schema) => Type.Optional(nullable(schema))

const details = {
  email: optional(Type.String({ format: 'email', maxLength: 254 })),
  phone: optional(lineOfText(40)),
  /** 14 digits; the check digit is a rule. */
  siret: optional(Type.String({ pattern: '^[0-9]{14}$' })),
  /** Two letters of the country and its own number (Directive 2006/112/EC, article 215). */
  vatNumber: optional(Type.String({ pattern: '^[A-Z]{2}[0-9A-Z+*]{2,13}$' })),
  addressLine1: optional(lineOfText(255)),
  addressLine2: optional(lineOfText(255)),
  postalCode: optional(lineOfText(20)),
  city: optional(lineOfText(120)),
  /** ISO 3166-1, two letters. */
  countryCode: optional(Type.String({ pattern: '^[A-Z]{2}$' })),
  isActive: Type.Optional(Type.Boolean()),
}

export const newCustomer = Type.Object({ code: code(64), name: lineOfText(255), ...details })
export type NewCustomer = Type.Static<typeof newCustomer>

/** Absent = unchanged; null clears. */
export const customerChanges = Type.Object({
  code: Type.Optional(code(64)),
  name: Type.Optional(lineOfText(255)),
  ...details,
})
export type CustomerChanges = Type.Static<typeof customerChanges>

export const customerId = Type.Object({ customerId: uuid })

export const customerList = Type.Object({
  ...pageRequest,
  /** The beginning of the name, in any case: sorts by name. */
  name: Type.Optional(lineOfText(255)),
  code: Type.Optional(code(64)),
  siret: Type.Optional(Type.String({ pattern: '^[0-9]{14}$' })),
})
export type CustomerList = Type.Static<typeof customerList>

export type Customer = {
  id: string
  code: string
  name: string
  email: string | null
  phone: string | null
  siret: string | null
  vatNumber: string | null
  addressLine1: string | null
  addressLine2: string | null
  postalCode: string | null
  city: string | null
  countryCode: string | null
  isActive: boolean
  createdAt: Date
  updatedAt: Date
}
