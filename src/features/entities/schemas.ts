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
  /** As the wire and a mapping's target call it; exports call it so, or by an alias (exports/entities.test.ts). */
  readonly name: string
  /** As the feature that owns it calls it. */
  readonly field: string
  readonly type: DataType
  readonly label: { readonly fr: string; readonly en: string }
  /** Headers that files of other programs have for it, beside name, field and labels; compared by `headerKey`. */
  readonly synonyms: readonly string[]
  /** Other names that a mapping may use for it, and exports have, such as those of the document's examples. */
  readonly aliases?: readonly string[]
  /** Of an enum. */
  readonly values?: readonly string[]
  /** never: it is made by us; a file may have it, as exports do. */
  readonly imported: 'required' | 'optional' | 'never'
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
