/** The shapes of attributes, of the catalogue that holds them, and of profiles. */
import { Type } from 'typebox'
import { lineOfText, nullable } from '#kernel/schemas.ts'

export const attributeTypes = ['string', 'integer', 'boolean', 'date', 'choice', 'file'] as const
export const validations = [
  'regex',
  'unique choice',
  'multiple choice',
  'min/max value',
  'min/max length',
  'min/max date',
] as const

export const attributeName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' })
const calendarDate = Type.String({ format: 'date' })
const length = Type.Integer({ minimum: 0, maximum: 10_000 })
const limit = Type.Number({ minimum: -9.223372036854776e18, maximum: 9.223372036854776e18 })
/** At most so many choices; all countries are 250. */
export const choices = Type.Array(lineOfText(200), { maxItems: 1000 })

/** What an administrator may change of an attribute at any time. Type and sensitivity stay: old values were stored by them. */
export const changeable = {
  displayedName: lineOfText(200),
  category: lineOfText(100),
  isRequired: Type.Boolean(),
  validation: nullable(Type.Enum(validations)),
  choices,
  /** RE2, for the whole value; used where validation is "regex". */
  pattern: nullable(Type.String({ minLength: 1, maxLength: 500 })),
  /** Characters; 0 = no limit. */
  minLength: length,
  maxLength: length,
  /** null = no limit. */
  minValue: nullable(limit),
  maxValue: nullable(limit),
  isEqualTo: nullable(lineOfText(1000)),
  minDate: nullable(calendarDate),
  maxDate: nullable(calendarDate),
  /** Of a file, in bytes. */
  maxSize: nullable(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
  /** Of a file: endings, separated by commas ("pdf", "pdf,jpg,png"). */
  acceptedFormat: nullable(Type.String({ pattern: '^[a-z0-9]{1,10}(?:, ?[a-z0-9]{1,10}){0,9}$' })),
}

export const attributeSchema = Type.Object({
  pk: Type.Integer({ minimum: 1 }),
  name: attributeName,
  type: Type.Enum(attributeTypes),
  sensitiveData: Type.Boolean(),
  isRetired: Type.Boolean(),
  ...changeable,
})
export type Attribute = Type.Static<typeof attributeSchema>

/** What an attribute is unless something else is said. */
export const plainAttribute: Omit<Attribute, 'pk' | 'name' | 'displayedName' | 'type' | 'category'> = {
  isRequired: false,
  validation: null,
  sensitiveData: false,
  isRetired: false,
  choices: [],
  pattern: null,
  minLength: 0,
  maxLength: 0,
  minValue: null,
  maxValue: null,
  isEqualTo: null,
  minDate: null,
  maxDate: null,
  maxSize: null,
  acceptedFormat: null,
}

/** Choosing `choice` of `attribute` makes `requires` required. */
export const requirementSchema = Type.Object({
  attribute: attributeName,
  choice: lineOfText(200),
  requires: attributeName,
})
export type Requirement = Type.Static<typeof requirementSchema>

export const definitionSchema = Type.Object({
  attributes: Type.Array(attributeSchema, { maxItems: 500 }),
  requirements: Type.Array(requirementSchema, { maxItems: 1000 }),
})
export type CatalogueDefinition = Type.Static<typeof definitionSchema>

/** One value of a profile; a list of choices has one entry a choice. */
export type Entry = { name: string; value: string }
/** null: a sensitive value that the reader may not see. */
export type ShownEntry = { name: string; value: string | null }

export type ProfileStatus = 'draft' | 'complete'

export type ProfileSummary = {
  pk: number
  clientUid: string
  status: ProfileStatus
  externalReference: string | null
  createdAt: Date
  updatedAt: Date
  submittedAt: Date | null
}

export type Profile = ProfileSummary & { entries: ShownEntry[] }

/** A file of a profile, described. */
export type ProfileDocument = {
  pk: number
  profilePk: number
  attribute: string
  /** Whether a virus scanner has seen it; infected ones are not kept. */
  status: 'clean' | 'not_scanned'
  uploadedAt: Date
  contentType: string
  size: number
  sha256: string
}

export const profilePk = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
