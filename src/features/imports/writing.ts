/** Records of an entity into the tables of the feature that owns it, and what each would be refused for. */

import { Compile } from 'typebox/compile'
import { clientRefusal, insertClients } from '#features/clients/index.ts'
import type { EntityName } from '#features/entities/index.ts'
import type { ImportedEntryLine, ImportedInvoice, NewCustomer, RowOutcome } from '#features/ledger/index.ts'
import {
  customerRefusal,
  importedInvoice,
  insertCustomers,
  insertEntryLines,
  insertInvoices,
} from '#features/ledger/index.ts'
import { insertProfiles } from '#features/profiles/index.ts'
import type { RowFault } from '#kernel/row-faults.ts'
import { shapeFault } from '#kernel/row-faults.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { ImportedRecord } from './mapping.ts'
import { attributePrefix } from './mapping.ts'
import type { OnExisting } from './schemas.ts'

type Writing = { onExisting: OnExisting; fields: readonly string[] }

type EntityWriter = {
  /** What whoever imports must be allowed to do besides. */
  permissions(writing: Writing): readonly string[]
  write(context: OperationContext, records: readonly ImportedRecord[], writing: Writing): Promise<RowOutcome[]>
  check(record: ImportedRecord): RowFault | null
}

const changing =
  (subject: string) =>
  ({ onExisting }: Writing) =>
    onExisting === 'update' ? [`${subject}:create`, `${subject}:update`] : [`${subject}:create`]

const invoiceValidator = Compile(importedInvoice)

export const toEntryLine = (record: ImportedRecord) =>
  ({ debit: '0.00', credit: '0.00', ...record }) as unknown as ImportedEntryLine

export const writers: Readonly<Record<EntityName, EntityWriter>> = {
  customers: {
    permissions: changing('customer'),
    write: ({ tx, tenantId, now }, records, { onExisting, fields }) => {
      const update = fields.filter((field) => field !== 'code') as never
      const onKnown = onExisting === 'update' ? { update } : ({ skip: true } as const)
      return insertCustomers(tx, tenantId, records as unknown as NewCustomer[], { onKnown, now })
    },
    check: (record) => refusalOf(customerRefusal(record as unknown as NewCustomer)),
  },
  clients: {
    permissions: changing('client'),
    write: ({ tx, tenantId, now }, records, { onExisting }) => {
      const onKnown = onExisting === 'update' ? 'update' : 'skip'
      return insertClients(tx, tenantId, records as never, { onKnown, now })
    },
    check: (record) => clientRefusal(record as never),
  },
  invoices: {
    permissions: changing('invoice'),
    write: ({ tx, tenantId, now }, records, { onExisting }) => {
      const onKnown = onExisting === 'update' ? 'update' : 'skip'
      return insertInvoices(tx, tenantId, records as unknown as ImportedInvoice[], { onKnown, now })
    },
    check: (record) => {
      if (invoiceValidator.Check(record)) return null
      const [first] = invoiceValidator.Errors(record)
      return { field: first?.instancePath.split('/')[1] ?? null, ...shapeFault(first) }
    },
  },
  accounting_entries: {
    // A validated entry is final.
    permissions: ({ fields }) => ['entry:create', ...(fields.includes('validatedOn') ? ['entry:validate'] : [])],
    write: ({ tx, tenantId, now }, records) => insertEntryLines(tx, tenantId, records.map(toEntryLine), now),
    // Only with the other lines of its entry (checking.ts).
    check: () => null,
  },
  profiles: {
    permissions: () => ['profile:create'],
    write: (context, records) =>
      insertProfiles(
        context,
        records.map(({ clientUid, externalReference, ...rest }) => ({
          clientUid: String(clientUid).toLowerCase(),
          externalReference: externalReference === undefined ? null : String(externalReference),
          attributes: Object.fromEntries(
            Object.entries(rest).map(([name, value]) => [name.slice(attributePrefix.length), String(value)]),
          ),
        })),
      ),
    // What fits is the tenant's own; known when it is written.
    check: () => null,
  },
}

function refusalOf(outcome: RowOutcome | null): RowFault | null {
  return outcome?.outcome === 'refused' ? outcome : null
}

/** Rows of one transaction, unless whoever imports asks for another number. */
export const defaultBatch = 2000
/** Lines of one entry are one batch, but not without end. */
export const longestBatch = 20_000

/** Lines of an entry go into one transaction: where one of them ends, another may begin. */
export function belongTogether(entity: EntityName, one: ImportedRecord | undefined, next: ImportedRecord): boolean {
  if (entity !== 'accounting_entries' || one === undefined || one.number === undefined) return false
  return one.journalCode === next.journalCode && one.number === next.number && one.date === next.date
}
