/** What a column of an entity is: pure data, from which imports, exports and their documents are made. */

/** What a value is read as, and written as. */
export const dataTypes = [
  'string',
  'integer',
  'decimal',
  'date',
  'boolean',
  'email',
  'siret',
  'siren',
  'iban',
  'enum',
] as const
export type DataType = (typeof dataTypes)[number]

export type EntityColumn = {
  /** As the wire, a mapping's target and an export call it. */
  readonly name: string
  /** As the feature that owns it calls it. */
  readonly field: string
  readonly type: DataType
  readonly label: { readonly fr: string; readonly en: string }
  /** Headers that files of other programs have for it, beside name, field and labels; compared by `headerKey`. */
  readonly synonyms: readonly string[]
  /** Other names that a mapping or an export may use for it, such as those of the document's examples. */
  readonly aliases?: readonly string[]
  /** Of an enum. */
  readonly values?: readonly string[]
  /** never: it is made by us, and only exported. */
  readonly imported: 'required' | 'optional' | 'never'
  readonly exported: boolean
}

export const entityNames = ['clients', 'customers', 'invoices', 'accounting_entries', 'profiles'] as const
export type EntityName = (typeof entityNames)[number]

export type Entity = {
  readonly name: EntityName
  readonly label: { readonly fr: string; readonly en: string }
  /** The column that says which row is the same one: upsert finds it by this. null: entries, where it is several. */
  readonly key: string | null
  readonly columns: readonly EntityColumn[]
  /** Columns that are no column's of ours are the tenant's attributes of profiles. */
  readonly hasOwnAttributes: boolean
}
