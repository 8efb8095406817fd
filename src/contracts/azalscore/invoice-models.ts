/** Invoices on the wire. */
import { Type } from 'typebox'
import type { Invoice, InvoiceSummary } from '#features/ledger/index.ts'
import { invoiceStatus } from '#features/ledger/index.ts'
import { lineOfText, nullable, textOf, uuid } from '#kernel/schemas.ts'
import type { EdgeReader } from './edge-values.ts'
import { Amount, AmountIn, Day, DayIn, Moment, money } from './edge-values.ts'
import { given } from './given.ts'

export const status = invoiceStatus

const Line = Type.Object({
  description: lineOfText(500),
  quantity: AmountIn,
  unit_price: AmountIn,
  vat_rate: Type.Union([Type.String({ maxLength: 10 }), Type.Number()], {
    description: 'Percent, such as 20 or "5,5"',
  }),
})

export const NewInvoice = Type.Object({
  number: Type.String({ minLength: 1, maxLength: 64 }),
  customer_id: uuid,
  client_uid: Type.Optional(nullable(uuid)),
  date: DayIn,
  due_date: Type.Optional(nullable(DayIn)),
  currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$' })),
  note: Type.Optional(nullable(textOf(2000))),
  lines: Type.Optional(Type.Array(Line, { maxItems: 1000, description: 'net_amount and tax_amount follow from them' })),
  net_amount: Type.Optional(AmountIn),
  tax_amount: Type.Optional(AmountIn),
})
export const InvoiceChanges = Type.Partial(NewInvoice)

const quantity = { scale: 3, wholeDigits: 9 }
const price = { scale: 4, wholeDigits: 9 }
const rate = { scale: 2, wholeDigits: 2 }

/** Only what was given. */
export function fieldsOf(body: Type.Static<typeof InvoiceChanges>, edge: EdgeReader) {
  const lines = body.lines?.map((line, i) => {
    const at = (member: string) => ['body', 'lines', String(i), member]
    return {
      description: line.description,
      quantity: edge.amount(at('quantity'), line.quantity, quantity),
      unitPrice: edge.amount(at('unit_price'), line.unit_price, price),
      vatRate: edge.amount(at('vat_rate'), line.vat_rate, rate),
    }
  })
  return given({
    number: body.number,
    customerId: body.customer_id,
    clientId: body.client_uid,
    date: edge.optionalDay(['body', 'date'], body.date),
    dueDate: edge.optionalDay(['body', 'due_date'], body.due_date),
    currency: body.currency,
    note: body.note,
    lines,
    netAmount: edge.optionalAmount(['body', 'net_amount'], body.net_amount, money),
    taxAmount: edge.optionalAmount(['body', 'tax_amount'], body.tax_amount, money),
  })
}

const summary = {
  id: uuid,
  number: Type.String(),
  customer_id: uuid,
  customer_code: Type.String(),
  customer_name: Type.String(),
  client_uid: nullable(uuid),
  date: Day,
  due_date: nullable(Day),
  currency: Type.String(),
  status,
  net_amount: Amount,
  tax_amount: Amount,
  total_amount: Amount,
  note: nullable(Type.String()),
  created_at: Moment,
  updated_at: Moment,
}
export const InvoiceSummaryAnswer = Type.Object(summary)
export const InvoiceAnswer = Type.Object({
  ...summary,
  lines: Type.Array(
    Type.Object({
      line_number: Type.Integer(),
      description: Type.String(),
      quantity: Amount,
      unit_price: Amount,
      vat_rate: Amount,
      net_amount: Amount,
    }),
  ),
})

export const presentSummary = (invoice: InvoiceSummary) => ({
  id: invoice.id,
  number: invoice.number,
  customer_id: invoice.customerId,
  customer_code: invoice.customerCode,
  customer_name: invoice.customerName,
  client_uid: invoice.clientId,
  date: invoice.date,
  due_date: invoice.dueDate,
  currency: invoice.currency,
  status: invoice.status,
  net_amount: invoice.netAmount,
  tax_amount: invoice.taxAmount,
  total_amount: invoice.totalAmount,
  note: invoice.note,
  created_at: invoice.createdAt.toISOString(),
  updated_at: invoice.updatedAt.toISOString(),
})

export const presentInvoice = (invoice: Invoice) => ({
  ...presentSummary(invoice),
  lines: invoice.lines.map((line) => ({
    line_number: line.lineNumber,
    description: line.description,
    quantity: line.quantity,
    unit_price: line.unitPrice,
    vat_rate: line.vatRate,
    net_amount: line.netAmount,
  })),
})
