import { Type } from 'typebox'
import { lineOfText, nullable, textOf, uuid } from '#kernel/schemas.ts'
import { amount, code, currency, day, pageRequest } from '../schemas.ts'

export const invoiceStatuses = ['draft', 'sent', 'paid', 'overdue', 'approved', 'rejected', 'cancelled'] as const
export type InvoiceStatus = (typeof invoiceStatuses)[number]
/** Those that somebody has to be allowed to give: invoice:approve. */
export const decidedStatuses = ['approved', 'rejected'] as const
export const invoiceStatus = Type.Enum(invoiceStatuses)

export const newInvoiceLine = Type.Object({
  description: lineOfText(500),
  quantity: Type.String({ pattern: '^-?[0-9]{1,9}\\.[0-9]{3}$' }),
  unitPrice: Type.String({ pattern: '^-?[0-9]{1,9}\\.[0-9]{4}$' }),
  /** Percent */
  vatRate: Type.String({ pattern: '^[0-9]{1,2}\\.[0-9]{2}$' }),
})
export type NewInvoiceLine = Type.Static<typeof newInvoiceLine>

const fields = {
  customerId: uuid,
  clientId: Type.Optional(nullable(uuid)),
  date: day,
  dueDate: Type.Optional(nullable(day)),
  currency: Type.Optional(currency),
  note: Type.Optional(nullable(textOf(2000))),
  /** With lines, the amounts follow from them; without, both must be given. */
  lines: Type.Optional(Type.Array(newInvoiceLine, { maxItems: 1000 })),
  netAmount: Type.Optional(amount),
  taxAmount: Type.Optional(amount),
}

export const newInvoice = Type.Object({ number: code(64), ...fields })

/** Absent = unchanged; null clears; lines, or amounts, replace those that were there. */
export const invoiceChanges = Type.Partial(newInvoice)
export type InvoiceChanges = Type.Static<typeof invoiceChanges>

/** An invoice as an import brings it: by its customer's code, with its amounts, without lines. */
export const importedInvoice = Type.Object({
  number: code(64),
  customerCode: code(64),
  date: day,
  dueDate: Type.Optional(nullable(day)),
  currency: Type.Optional(currency),
  status: Type.Optional(invoiceStatus),
  netAmount: amount,
  taxAmount: amount,
  note: Type.Optional(nullable(textOf(2000))),
})
export type ImportedInvoice = Type.Static<typeof importedInvoice>

export const invoiceId = Type.Object({ invoiceId: uuid })

export const invoiceList = Type.Object({
  ...pageRequest,
  status: Type.Optional(invoiceStatus),
  customerId: Type.Optional(uuid),
  clientId: Type.Optional(uuid),
  number: Type.Optional(code(64)),
  dateFrom: Type.Optional(day),
  dateTo: Type.Optional(day),
})
export type InvoiceList = Type.Static<typeof invoiceList>

export type InvoiceAmounts = { netAmount: string; taxAmount: string; totalAmount: string }
export type InvoiceLine = NewInvoiceLine & { lineNumber: number; netAmount: string }

/** As lists show it: without lines. */
export type InvoiceSummary = InvoiceAmounts & {
  id: string
  number: string
  customerId: string
  customerCode: string
  customerName: string
  clientId: string | null
  date: string
  dueDate: string | null
  currency: string
  status: InvoiceStatus
  note: string | null
  createdAt: Date
  updatedAt: Date
}
export type Invoice = InvoiceSummary & { lines: InvoiceLine[] }
