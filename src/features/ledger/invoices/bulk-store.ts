/** Invoices by the thousand, for imports: with their amounts, without lines. */
import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { newUuids } from '#kernel/ids.ts'
import { rowFault, shapeFault } from '#kernel/row-faults.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { RowOutcome } from '../schemas.ts'
import { defaultCurrency, importedAmounts } from './rules.ts'
import type { ImportedInvoice, InvoiceAmounts } from './schemas.ts'
import { importedInvoice } from './schemas.ts'

/** What happens to a row whose number is there already: nothing, or it is written over, where it is still a draft. */
export type OnKnownNumber = 'skip' | 'update'

type Sent = { row: ImportedInvoice; amounts: InvoiceAmounts; first: number; id: string }

const validator = Compile(importedInvoice)
const inserted: RowOutcome = { outcome: 'inserted' }
const updated: RowOutcome = { outcome: 'updated' }
const exists: RowOutcome = { outcome: 'exists' }

/**
 * Inserts invoices, in the order given: of two rows with one number the second finds the first. Customers are found by
 * their code, and stay until the unit of work has ended.
 * @returns the outcome of each row, in the same order; "exists" also where an invoice is no longer to be changed
 */
export async function insertInvoices(
  tx: Tx,
  tenantId: string,
  rows: readonly ImportedInvoice[],
  { onKnown, now }: { onKnown: OnKnownNumber; now: Date },
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = new Array(rows.length)
  const customers = await lockCustomers(tx, tenantId, rows)
  const sent = new Map<string, Sent>()
  const ids = newUuids(rows.length)
  rows.forEach((row, i) => {
    const refusal = refusalOf(row, customers)
    const amounts = refusal ? null : importedAmounts(row.netAmount, row.taxAmount)
    if (refusal || !amounts) {
      outcomes[i] = refusal ?? { outcome: 'refused', field: 'netAmount', ...rowFault('row_amounts_large') }
      return
    }
    const before = sent.get(row.number)
    if (!before) sent.set(row.number, { row, amounts, first: i, id: ids[i] as string })
    else if (onKnown === 'update' && (before.row.status ?? 'draft') === 'draft') {
      Object.assign(before, { row, amounts })
      outcomes[i] = updated
    } else outcomes[i] = exists
  })
  if (sent.size === 0) return outcomes
  const own = [...sent.values()]
  const written = await send(tx, tenantId, own, { customers, onKnown, now })
  for (const { id, first, row } of own) {
    const known = written.get(row.number)
    outcomes[first] = known === undefined ? exists : known === id ? inserted : updated
  }
  return outcomes
}

/** Code -> id of the customers that the rows name. */
async function lockCustomers(tx: Tx, tenantId: string, rows: readonly ImportedInvoice[]): Promise<Map<string, string>> {
  const codes = [...new Set(rows.map((row) => row.customerCode).filter((code) => typeof code === 'string'))]
  const found = await sql<{ code: string; id: string }>`
    select code, id from customers where tenant_id = ${tenantId} and code = any (${codes}::text[])
     order by id for key share`.execute(tx)
  return new Map(found.rows.map(({ code, id }) => [code, id]))
}

function refusalOf(row: ImportedInvoice, customers: ReadonlyMap<string, string>): RowOutcome | null {
  if (!validator.Check(row)) {
    const [first] = validator.Errors(row)
    const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties
    const field = missing?.[0] ?? first?.instancePath.split('/')[1] ?? null
    return { outcome: 'refused', field, ...shapeFault(first) }
  }
  if (!customers.has(row.customerCode)) {
    return { outcome: 'refused', field: 'customerCode', ...rowFault('row_customer_unknown') }
  }
  return null
}

/** @returns number -> id of what was inserted or written over */
async function send(
  tx: Tx,
  tenantId: string,
  own: readonly Sent[],
  { customers, onKnown, now }: { customers: ReadonlyMap<string, string>; onKnown: OnKnownNumber; now: Date },
): Promise<Map<string, string>> {
  const text = (pick: (one: Sent) => string | null | undefined) => own.map((one) => pick(one) ?? null)
  const columns = sql.raw(
    'id, number, customer_id, invoice_date, due_date, currency, status, net_amount, tax_amount, total_amount, note',
  )
  // Lines that an overwritten draft had would contradict its new amounts.
  const written = await sql<{ number: string; id: string }>`
    with written as (
      insert into invoices as t (tenant_id, created_at, updated_at, ${columns})
      select ${tenantId}, ${now}::timestamptz, ${now}::timestamptz, ${columns}
        from unnest(
          ${text((one) => one.id)}::uuid[], ${text((one) => one.row.number)}::text[],
          ${text((one) => customers.get(one.row.customerCode))}::uuid[], ${text((one) => one.row.date)}::date[],
          ${text((one) => one.row.dueDate)}::date[], ${text((one) => one.row.currency ?? defaultCurrency)}::text[],
          ${text((one) => one.row.status ?? 'draft')}::text[], ${text((one) => one.amounts.netAmount)}::numeric[],
          ${text((one) => one.amounts.taxAmount)}::numeric[], ${text((one) => one.amounts.totalAmount)}::numeric[],
          ${text((one) => one.row.note)}::text[]) as new (${columns})
      on conflict (tenant_id, number) ${onKnown === 'skip' ? sql`do nothing` : overwrite}
      returning number, id
    ), cleared as (
      delete from invoice_lines l using written w where l.tenant_id = ${tenantId} and l.invoice_id = w.id
    )
    select number, id from written`.execute(tx)
  return new Map(written.rows.map(({ number, id }) => [number, id]))
}

const overwrite = sql.raw(`do update set customer_id = excluded.customer_id, invoice_date = excluded.invoice_date,
  due_date = excluded.due_date, currency = excluded.currency, status = excluded.status, net_amount = excluded.net_amount,
  tax_amount = excluded.tax_amount, total_amount = excluded.total_amount, note = excluded.note,
  updated_at = excluded.updated_at where t.status = 'draft'`)
