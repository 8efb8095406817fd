import { Type } from 'typebox'

export const formats = ['csv', 'excel', 'json', 'jsonl'] as const
export type Format = (typeof formats)[number]

export const entityTypes = ['clients', 'customers', 'invoices', 'accounting_entries', 'profiles'] as const
export type EntityType = (typeof entityTypes)[number]

/**
 * text: free, so a spreadsheet might take it for a formula; word: of ours, such as an id or a status; json: a list or an object;
 * decimal: canonical text; day: YYYY-MM-DD; moment: UTC.
 */
export type ColumnKind = 'text' | 'word' | 'integer' | 'decimal' | 'day' | 'moment' | 'boolean' | 'json'
/** days: from or up to a day; one: equal to one of several. */
export type FilterKind = 'text' | 'uuid' | 'day' | 'boolean' | 'integer' | readonly string[]

/** What a caller may name of an entity. */
export type Described = {
  readonly columns: Readonly<Record<string, { readonly kind: ColumnKind }>>
  readonly filters: Readonly<Record<string, { readonly kind: FilterKind }>>
}

export const direction = Type.Enum(['asc', 'desc'])
const name = Type.String({ minLength: 1, maxLength: 64 })
export const order = Type.Object({ column: name, direction })
export type Order = Type.Static<typeof order>

export const csvEncodings = ['utf-8', 'utf-8-bom', 'windows-1252'] as const
export const csvDelimiters = [',', ';', '\t', '|'] as const
export const csvOptions = Type.Object({
  delimiter: Type.Optional(Type.Enum(csvDelimiters)),
  encoding: Type.Optional(Type.Enum(csvEncodings)),
  /** Before the decimals. */
  decimalMark: Type.Optional(Type.Enum(['.', ','])),
})

const filterValue = Type.Union([Type.String({ maxLength: 255 }), Type.Number(), Type.Boolean()])
export const exportRequest = Type.Object({
  entityType: Type.Enum(entityTypes),
  format: Type.Enum(formats),
  filters: Type.Optional(Type.Record(name, Type.Union([filterValue, Type.Array(filterValue, { maxItems: 100 })]))),
  columns: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 100 })),
  order: Type.Optional(Type.Array(order, { maxItems: 3 })),
  csv: Type.Optional(csvOptions),
})
export type ExportRequest = Type.Static<typeof exportRequest>

/** A request that fits its entity: every name known, every value in its canonical form. */
export type CheckedRequest = {
  entityType: EntityType
  format: Format
  columns: string[]
  filters: { name: string; values: string[] }[]
  order: Order[]
  csv: { delimiter: string; encoding: (typeof csvEncodings)[number]; decimalMark: '.' | ',' }
}

export type FecRequest = {
  fiscalYear: number
  siren: string
  encoding: 'iso-8859-15' | 'utf-8'
  startsOn: string
  endsOn: string
}

/** Of a person: everything about it; of a tenant: everything. */
export const archiveTypes = ['person', 'tenant'] as const
export type ArchiveType = (typeof archiveTypes)[number]
export type PersonRequest = { subjectType: 'user' | 'customer' | 'profile'; subjectId: string }

export type Status = 'pending' | 'running' | 'ready' | 'failed' | 'cancelled'

/** An export as it is kept. */
export type Export = {
  id: string
  entityType: EntityType | 'fec' | ArchiveType
  format: Format | 'fec' | 'zip'
  request: CheckedRequest | FecRequest | PersonRequest | Record<string, never>
  /** expired: the file has been deleted */
  status: Status | 'expired'
  rowsExpected: number | null
  rowsWritten: number
  failure: string | null
  failureDetails: { message: string; path?: string[] }[]
  fileName: string
  fileId: string | null
  fileSize: number | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  expiresAt: Date | null
}
