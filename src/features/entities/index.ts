/**
 * What can be imported, and by which names. Exports have a table of their own, of SQL and filters (exports/entity-store.ts);
 * exports/entities.test.ts keeps the names of both together.
 */
import { clientColumns, profileColumns } from './client-columns.ts'
import { customerColumns } from './customer-columns.ts'
import { accountingEntryColumns } from './entry-columns.ts'
import { invoiceColumns } from './invoice-columns.ts'
import type { Entity, EntityColumn, EntityName } from './schemas.ts'

export type { Entity, EntityColumn, EntityName } from './schemas.ts'
export { dataTypes, entityNames } from './schemas.ts'

export const entities: Readonly<Record<EntityName, Entity>> = {
  clients: {
    name: 'clients',
    label: { fr: 'Clients de la plateforme', en: 'Clients of the platform' },
    key: 'name',
    columns: clientColumns,
    hasOwnAttributes: false,
  },
  customers: {
    name: 'customers',
    label: { fr: 'Clients facturés', en: 'Customers' },
    key: 'code',
    columns: customerColumns,
    hasOwnAttributes: false,
  },
  invoices: {
    name: 'invoices',
    label: { fr: 'Factures', en: 'Invoices' },
    key: 'number',
    columns: invoiceColumns,
    hasOwnAttributes: false,
  },
  accounting_entries: {
    name: 'accounting_entries',
    label: { fr: 'Écritures comptables', en: 'Accounting entries' },
    key: null,
    columns: accountingEntryColumns,
    hasOwnAttributes: false,
  },
  profiles: {
    name: 'profiles',
    label: { fr: 'Profils', en: 'Profiles' },
    key: 'external_reference',
    columns: profileColumns,
    hasOwnAttributes: true,
  },
}

/** The column by its name, or by another name that it goes by. @returns null when the entity has none */
export function findColumn(entity: Entity, name: string): EntityColumn | null {
  const byName = entity.columns.find((column) => column.name === name || column.field === name)
  return byName ?? entity.columns.find((column) => column.aliases?.includes(name)) ?? null
}

/** What headers are compared by: letters and digits, in lower case, without accents ("N° de Client " is "ndeclient"). */
export function headerKey(header: string): string {
  return header
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

/** The column that a file's header most likely means, for imports. @returns null where none fits */
export function columnOfHeader(entity: Entity, header: string): EntityColumn | null {
  const key = headerKey(header)
  if (key === '') return null
  const importable = entity.columns.filter((column) => column.imported !== 'never')
  const named = (column: EntityColumn) => [column.name, column.field, column.label.fr, column.label.en]
  const others = (column: EntityColumn) => [...(column.aliases ?? []), ...column.synonyms]
  return (
    importable.find((column) => named(column).some((name) => headerKey(name) === key)) ??
    importable.find((column) => others(column).some((name) => headerKey(name) === key)) ??
    null
  )
}
