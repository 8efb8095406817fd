import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { ledgerError } from '../errors.ts'
import { listPage } from '../list-store.ts'
import type { Listed } from '../schemas.ts'
import { customerColumns, customerFields } from './rules.ts'
import type { Customer, CustomerChanges, CustomerList } from './schemas.ts'

type CustomerRow = {
  id: string
  code: string
  name: string
  email: string | null
  phone: string | null
  siret: string | null
  vat_number: string | null
  address_line1: string | null
  address_line2: string | null
  postal_code: string | null
  city: string | null
  country_code: string | null
  is_active: boolean
  created_at: Date
  updated_at: Date
}

const columns = [
  'id',
  'code',
  'name',
  'email',
  'phone',
  'siret',
  'vat_number',
  'address_line1',
  'address_line2',
  'postal_code',
  'city',
  'country_code',
  'is_active',
  'created_at',
  'updated_at',
] as const

const codeTaken = { customers_code_unique: () => ledgerError('customer_code_taken') }

function toCustomer(row: CustomerRow): Customer {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    email: row.email,
    phone: row.phone,
    siret: row.siret,
    vatNumber: row.vat_number,
    addressLine1: row.address_line1,
    addressLine2: row.address_line2,
    postalCode: row.postal_code,
    city: row.city,
    countryCode: row.country_code,
    isActive: row.is_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** The named fields by their columns. */
function toColumns(changes: CustomerChanges): Record<string, string | boolean | null> {
  const named = customerFields.filter((field) => changes[field] !== undefined)
  return Object.fromEntries(named.map((field) => [customerColumns[field][0], changes[field] ?? null]))
}

/** Written with the end of the transaction. */
export function insertCustomer({ tx, write, tenantId }: OperationContext, customer: Customer): void {
  const { id, createdAt, updatedAt, ...fields } = customer
  const row = { tenant_id: tenantId, id, created_at: createdAt, updated_at: updatedAt, ...toColumns(fields) }
  write(tx.insertInto('customers').values(row as never), codeTaken)
}

export async function findCustomer(tx: Tx, tenantId: string, id: string): Promise<Customer | null> {
  const row = await tx
    .selectFrom('customers')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toCustomer(row) : null
}

/** Sorts after every text that begins with the one before it, in the collation "C". */
const beyondEveryText = '\u{10FFFF}'

export async function listCustomers(tx: Tx, tenantId: string, list: CustomerList): Promise<Listed<Customer>> {
  const byName = list.name !== undefined
  // The name in small letters.
  const nameKey = sql`t.name_key`
  const found = await listPage<CustomerRow & { name_key: string }>(
    tx,
    {
      tenantId,
      table: 'customers',
      primaryKey: ['id'],
      key: [
        ...(byName ? [{ expression: sql`(${nameKey})`, type: 'text' as const }] : []),
        { expression: sql`t.id`, type: 'uuid' },
      ],
      filters: [
        ...(byName
          ? [
              sql`(${nameKey}) >= lower(${list.name}::text)`,
              sql`(${nameKey}) < lower(${list.name}::text) || ${beyondEveryText}::text`,
            ]
          : []),
        ...(list.code === undefined ? [] : [sql`t.code = ${list.code}`]),
        ...(list.siret === undefined ? [] : [sql`t.siret = ${list.siret}`]),
      ],
      columns: sql`${sql.join(columns.map((column) => sql.ref(`t.${column}`)))}, ${nameKey} as name_key`,
      keyOf: (row) => (byName ? [row.name_key, row.id] : [row.id]),
    },
    list,
  )
  return { ...found, rows: found.rows.map(toCustomer) }
}

/** @returns the customer as it is now, or null where there is none */
export async function updateCustomer(
  tx: Tx,
  tenantId: string,
  id: string,
  { changes, now }: { changes: CustomerChanges; now: Date },
): Promise<Customer | null> {
  const row = await onConstraint(
    tx
      .updateTable('customers')
      .set({ ...toColumns(changes), updated_at: now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returning(columns)
      .executeTakeFirst(),
    codeTaken,
  )
  return row ? toCustomer(row) : null
}

/**
 * Deletes a customer that no invoice names. Whoever writes an invoice locks its customer until he commits (FOR KEY SHARE):
 * after the lock here, the second statement sees every invoice there is, and no new one can come.
 * @throws customer_in_use
 */
export async function deleteCustomer(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const locked = await tx
    .selectFrom('customers')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!locked) return false
  const deleted = await sql`
    delete from customers c where c.tenant_id = ${tenantId} and c.id = ${id}
       and not exists (select from invoices i where i.tenant_id = ${tenantId} and i.customer_id = ${id})`.execute(tx)
  if (deleted.numAffectedRows === 0n) throw ledgerError('customer_in_use')
  return true
}
