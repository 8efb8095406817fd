import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { ledgerError } from '../errors.ts'
import { listPage } from '../list-store.ts'
import type { Listed } from '../schemas.ts'
import type { Invoice, InvoiceLine, InvoiceList, InvoiceStatus, InvoiceSummary } from './schemas.ts'

type SummaryRow = {
  id: string
  number: string
  customer_id: string
  customer_code: string
  customer_name: string
  client_id: string | null
  invoice_date: string
  due_date: string | null
  currency: string
  status: InvoiceStatus
  net_amount: string
  tax_amount: string
  total_amount: string
  note: string | null
  created_at: Date
  updated_at: Date
}

/** `t` is the invoice, `c` its customer. */
const columns = sql.raw(`t.id, t.number, t.customer_id, c.code as customer_code, c.name as customer_name, t.client_id,
  t.invoice_date::text as invoice_date, t.due_date::text as due_date, t.currency, t.status, t.net_amount, t.tax_amount,
  t.total_amount, t.note, t.created_at, t.updated_at`)
const customer = sql.raw('join customers c on c.tenant_id = t.tenant_id and c.id = t.customer_id')

const numberTaken = { invoices_number_unique: () => ledgerError('invoice_number_taken') }

function toSummary(row: SummaryRow): InvoiceSummary {
  return {
    id: row.id,
    number: row.number,
    customerId: row.customer_id,
    customerCode: row.customer_code,
    customerName: row.customer_name,
    clientId: row.client_id,
    date: row.invoice_date,
    dueDate: row.due_date,
    currency: row.currency,
    status: row.status,
    netAmount: row.net_amount,
    taxAmount: row.tax_amount,
    totalAmount: row.total_amount,
    note: row.note,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Nobody deletes what the invoice names before it is written. @throws invoice_customer_unknown, invoice_client_unknown */
export async function lockParties(
  tx: Tx,
  tenantId: string,
  parties: { customerId?: string; clientId?: string | null },
): Promise<void> {
  const locked = (table: 'customers' | 'clients', id: string) =>
    tx
      .selectFrom(table)
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .forKeyShare()
      .executeTakeFirst()
  if (parties.customerId !== undefined && !(await locked('customers', parties.customerId))) {
    throw ledgerError('invoice_customer_unknown')
  }
  if (parties.clientId && !(await locked('clients', parties.clientId))) throw ledgerError('invoice_client_unknown')
}

export type InvoiceRow = Omit<InvoiceSummary, 'customerCode' | 'customerName' | 'createdAt' | 'updatedAt'>

function toColumns(invoice: Partial<InvoiceRow>) {
  const { customerId, clientId, date, dueDate, netAmount, taxAmount, totalAmount, ...same } = invoice
  return {
    ...same,
    ...(customerId === undefined ? {} : { customer_id: customerId }),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(date === undefined ? {} : { invoice_date: date }),
    ...(dueDate === undefined ? {} : { due_date: dueDate }),
    ...(netAmount === undefined ? {} : { net_amount: netAmount }),
    ...(taxAmount === undefined ? {} : { tax_amount: taxAmount }),
    ...(totalAmount === undefined ? {} : { total_amount: totalAmount }),
  }
}

export async function insertInvoice(
  tx: Tx,
  tenantId: string,
  { invoice, lines, now }: { invoice: InvoiceRow; lines: readonly InvoiceLine[]; now: Date },
): Promise<void> {
  const row = { tenant_id: tenantId, ...toColumns(invoice), created_at: now, updated_at: now }
  await onConstraint(
    tx
      .insertInto('invoices')
      .values(row as never)
      .execute(),
    numberTaken,
  )
  await insertLines(tx, tenantId, invoice.id, lines)
}

async function insertLines(tx: Tx, tenantId: string, id: string, lines: readonly InvoiceLine[]): Promise<void> {
  if (lines.length === 0) return
  await sql`
    insert into invoice_lines (tenant_id, invoice_id, line_number, description, quantity, unit_price, vat_rate, net_amount)
    select ${tenantId}, ${id}::uuid, * from unnest(
      ${lines.map((line) => line.lineNumber)}::integer[], ${lines.map((line) => line.description)}::text[],
      ${lines.map((line) => line.quantity)}::numeric[], ${lines.map((line) => line.unitPrice)}::numeric[],
      ${lines.map((line) => line.vatRate)}::numeric[], ${lines.map((line) => line.netAmount)}::numeric[])`.execute(tx)
}

export async function findInvoice(tx: Tx, tenantId: string, id: string): Promise<Invoice | null> {
  const [found, lines] = await Promise.all([
    sql<SummaryRow>`select ${columns} from invoices t ${customer} where t.tenant_id = ${tenantId} and t.id = ${id}`.execute(
      tx,
    ),
    tx
      .selectFrom('invoice_lines')
      .select(['line_number', 'description', 'quantity', 'unit_price', 'vat_rate', 'net_amount'])
      .where('tenant_id', '=', tenantId)
      .where('invoice_id', '=', id)
      .orderBy('line_number')
      .execute(),
  ])
  const row = found.rows[0]
  if (!row) return null
  return {
    ...toSummary(row),
    lines: lines.map((line) => ({
      lineNumber: line.line_number,
      description: line.description,
      quantity: line.quantity,
      unitPrice: line.unit_price,
      vatRate: line.vat_rate,
      netAmount: line.net_amount,
    })),
  }
}

/** Until the end of the unit of work nobody else changes the invoice. @returns its status, null where there is none */
export async function lockInvoice(tx: Tx, tenantId: string, id: string): Promise<InvoiceStatus | null> {
  const row = await tx
    .selectFrom('invoices')
    .select('status')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? (row.status as InvoiceStatus) : null
}

/** Of a locked invoice; lines replace all that were there. */
export async function updateInvoice(
  tx: Tx,
  tenantId: string,
  id: string,
  { changes, lines, now }: { changes: Partial<InvoiceRow>; lines?: readonly InvoiceLine[] | undefined; now: Date },
): Promise<void> {
  await onConstraint(
    tx
      .updateTable('invoices')
      .set({ ...toColumns(changes), updated_at: now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute(),
    numberTaken,
  )
  if (!lines) return
  await deleteLines(tx, tenantId, id)
  await insertLines(tx, tenantId, id, lines)
}

async function deleteLines(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.deleteFrom('invoice_lines').where('tenant_id', '=', tenantId).where('invoice_id', '=', id).execute()
}

/** Of a locked invoice. */
export async function deleteInvoice(tx: Tx, tenantId: string, id: string): Promise<void> {
  await deleteLines(tx, tenantId, id)
  await tx.deleteFrom('invoices').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}

/** By date. */
export async function listInvoices(tx: Tx, tenantId: string, list: InvoiceList): Promise<Listed<InvoiceSummary>> {
  const found = await listPage<SummaryRow>(
    tx,
    {
      tenantId,
      table: 'invoices',
      primaryKey: ['id'],
      key: [
        { expression: sql`t.invoice_date`, type: 'date' },
        { expression: sql`t.id`, type: 'uuid' },
      ],
      filters: [
        ...(list.status === undefined ? [] : [sql`t.status = ${list.status}`]),
        ...(list.customerId === undefined ? [] : [sql`t.customer_id = ${list.customerId}`]),
        ...(list.clientId === undefined ? [] : [sql`t.client_id = ${list.clientId}`]),
        ...(list.number === undefined ? [] : [sql`t.number = ${list.number}`]),
        ...(list.dateFrom === undefined ? [] : [sql`t.invoice_date >= ${list.dateFrom}::date`]),
        ...(list.dateTo === undefined ? [] : [sql`t.invoice_date <= ${list.dateTo}::date`]),
      ],
      columns,
      joins: customer,
      keyOf: (row) => [row.invoice_date, row.id],
    },
    list,
  )
  return { ...found, rows: found.rows.map(toSummary) }
}
