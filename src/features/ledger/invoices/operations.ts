import { Type } from 'typebox'
import { newUuid } from '#kernel/ids.ts'
import { uuid } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { ledgerError } from '../errors.ts'
import { defaultCurrency, invoiceContent, isEditable, mayFollow } from './rules.ts'
import type { Invoice, InvoiceChanges, InvoiceStatus } from './schemas.ts'
import { decidedStatuses, invoiceChanges, invoiceId, invoiceList, newInvoice } from './schemas.ts'
import * as store from './store.ts'

async function existing({ tx, tenantId }: Pick<OperationContext, 'tx' | 'tenantId'>, id: string): Promise<Invoice> {
  const invoice = await store.findInvoice(tx, tenantId, id)
  if (!invoice) throw ledgerError('invoice_not_found')
  return invoice
}

async function lockedStatus({ tx, tenantId }: OperationContext, id: string): Promise<InvoiceStatus> {
  const status = await store.lockInvoice(tx, tenantId, id)
  if (!status) throw ledgerError('invoice_not_found')
  return status
}

const eventData = (invoice: Invoice) => ({
  id: invoice.id,
  number: invoice.number,
  status: invoice.status,
  total_amount: invoice.totalAmount,
  currency: invoice.currency,
})

export const createInvoice = defineOperation({
  name: 'invoice.create',
  summary: 'Creates an invoice as a draft; with lines, its amounts follow from them.',
  level: 'account',
  permission: 'invoice:create',
  effect: 'write',
  input: newInvoice,
  run: async (context, input): Promise<Invoice> => {
    const { tx, tenantId, now } = context
    const { amounts, lines } = invoiceContent(input)
    await store.lockParties(tx, tenantId, input)
    const row = {
      id: newUuid(),
      number: input.number,
      customerId: input.customerId,
      clientId: input.clientId ?? null,
      date: input.date,
      dueDate: input.dueDate ?? null,
      currency: input.currency ?? defaultCurrency,
      status: 'draft' as const,
      note: input.note ?? null,
      ...amounts,
    }
    await store.insertInvoice(tx, tenantId, { invoice: row, lines, now })
    const invoice = await existing(context, row.id)
    context.emit({ type: 'invoice.created', clientId: invoice.clientId, data: eventData(invoice) })
    return invoice
  },
  audit: (_input, invoice) => ({ description: 'Invoice created', target: { type: 'invoice', id: invoice.id } }),
})

export const viewInvoice = defineOperation({
  name: 'invoice.view',
  summary: 'Shows an invoice with its lines.',
  level: 'account',
  permission: 'invoice:view',
  effect: 'quick read',
  input: invoiceId,
  run: (context, input) => existing(context, input.invoiceId),
})

export const listInvoices = defineOperation({
  name: 'invoice.list',
  summary: "Lists the tenant's invoices by date, without lines.",
  level: 'account',
  permission: 'invoice:view',
  effect: 'read',
  input: invoiceList,
  run: ({ tx, tenantId }, input) => store.listInvoices(tx, tenantId, input),
})

function contentOf(changes: InvoiceChanges) {
  const { lines, netAmount, taxAmount } = changes
  if (lines === undefined && netAmount === undefined && taxAmount === undefined) return null
  return invoiceContent(changes)
}

export const updateInvoice = defineOperation({
  name: 'invoice.update',
  summary: 'Changes the named fields of a draft or rejected invoice; lines replace all lines.',
  level: 'account',
  permission: 'invoice:update',
  effect: 'write',
  input: Type.Object({ invoiceId: uuid, changes: invoiceChanges }),
  run: async (context, { invoiceId: id, changes }) => {
    const { tx, tenantId, now } = context
    const content = contentOf(changes)
    if (!isEditable(await lockedStatus(context, id))) throw ledgerError('invoice_not_draft')
    await store.lockParties(tx, tenantId, changes)
    const { lines: _lines, netAmount: _net, taxAmount: _tax, ...fields } = changes
    await store.updateInvoice(tx, tenantId, id, {
      changes: { ...fields, ...content?.amounts },
      lines: content?.lines,
      now,
    })
    const invoice = await existing(context, id)
    const fieldNames = Object.keys(changes)
    context.emit({
      type: 'invoice.updated',
      clientId: invoice.clientId,
      data: { ...eventData(invoice), fields: fieldNames },
    })
    return invoice
  },
  audit: (input) => ({
    description: 'Invoice changed',
    target: { type: 'invoice', id: input.invoiceId },
    context: { fields: Object.keys(input.changes) },
  }),
})

/**
 * Moves an invoice on, for the operations below and for workflows; the event is named after the status: invoice.paid.
 * @throws invoice_not_found, invoice_status_refused
 */
export async function setInvoiceStatus(context: OperationContext, id: string, status: InvoiceStatus): Promise<Invoice> {
  const before = await lockedStatus(context, id)
  if (!mayFollow(before, status)) {
    throw ledgerError('invoice_status_refused', { message: `An invoice that is ${before} cannot become ${status}.` })
  }
  const { tx, tenantId, now } = context
  await store.updateInvoice(tx, tenantId, id, { changes: { status }, now })
  const invoice = await existing(context, id)
  const type = status === 'draft' ? 'invoice.reopened' : `invoice.${status}`
  context.emit({ type, clientId: invoice.clientId, data: { ...eventData(invoice), previous_status: before } })
  return invoice
}

function statusOperation<const Statuses extends readonly InvoiceStatus[]>(
  name: 'change-status' | 'decide',
  permission: string,
  statuses: Statuses,
) {
  return defineOperation({
    name: `invoice.${name}`,
    summary:
      name === 'decide'
        ? 'Approves or rejects an invoice.'
        : 'Moves an invoice on: sent, paid, overdue, cancelled, or a rejected one back to draft.',
    level: 'account',
    permission,
    effect: 'write',
    input: Type.Object({ invoiceId: uuid, status: Type.Enum(statuses) }),
    run: (context, input) => setInvoiceStatus(context, input.invoiceId, input.status),
    audit: (input) => ({
      description: `Invoice ${input.status}`,
      target: { type: 'invoice', id: input.invoiceId },
      context: { status: input.status },
    }),
  })
}

export const changeInvoiceStatus = statusOperation('change-status', 'invoice:update', [
  'draft',
  'sent',
  'paid',
  'overdue',
  'cancelled',
])
export const decideInvoice = statusOperation('decide', 'invoice:approve', decidedStatuses)

export const deleteInvoice = defineOperation({
  name: 'invoice.delete',
  summary: 'Deletes a draft.',
  level: 'account',
  permission: 'invoice:delete',
  effect: 'write',
  input: invoiceId,
  run: async (context, { invoiceId: id }) => {
    if ((await lockedStatus(context, id)) !== 'draft') throw ledgerError('invoice_not_draft')
    await store.deleteInvoice(context.tx, context.tenantId, id)
    context.emit({ type: 'invoice.deleted', clientId: null, data: { id } })
    return { id }
  },
  audit: (input) => ({
    severity: 'warning',
    description: 'Invoice deleted',
    target: { type: 'invoice', id: input.invoiceId },
  }),
})
