/** Our addition: the invoices that the document exports and approves. */
import { Type } from 'typebox'
import type { Invoice } from '#features/ledger/index.ts'
import {
  changeInvoiceStatus,
  createInvoice,
  decideInvoice,
  deleteInvoice,
  listInvoices,
  updateInvoice,
  viewInvoice,
} from '#features/ledger/index.ts'
import { uuid } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'
import { DayIn, readEdge } from './edge-values.ts'
import { given } from './given.ts'
import {
  fieldsOf,
  InvoiceAnswer,
  InvoiceChanges,
  InvoiceSummaryAnswer,
  NewInvoice,
  presentInvoice,
  presentSummary,
  status,
} from './invoice-models.ts'
import { pageMembers, pageOf, pageQuery, presentPage } from './ledger-lists.ts'

const path = Type.Object({ invoice_id: uuid })
const present = (invoice: Invoice): WireAnswer => ({ status: 200, body: presentInvoice(invoice) })
const success = { status: 200, description: 'The invoice as it is now', schema: InvoiceAnswer }

export function invoiceRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/invoices',
    operationId: 'listInvoices',
    operation: listInvoices,
    request: {
      query: Type.Object({
        ...pageQuery,
        status: Type.Optional(status),
        customer_id: Type.Optional(uuid),
        client_uid: Type.Optional(uuid),
        number: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        date_from: Type.Optional(DayIn),
        date_to: Type.Optional(DayIn),
      }),
    },
    input: ({ query }) =>
      readEdge((edge) => ({
        ...pageOf(query),
        ...given({
          status: query.status,
          customerId: query.customer_id,
          clientId: query.client_uid,
          number: query.number,
          dateFrom: edge.optionalDay(['query', 'date_from'], query.date_from),
          dateTo: edge.optionalDay(['query', 'date_to'], query.date_to),
        }),
      })),
    present: (page) => ({ status: 200, body: { invoices: page.rows.map(presentSummary), ...presentPage(page) } }),
    success: {
      status: 200,
      description: 'Invoices by date, without their lines',
      schema: Type.Object({ invoices: Type.Array(InvoiceSummaryAnswer), ...pageMembers }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/invoices',
    operationId: 'createInvoice',
    operation: createInvoice,
    request: { body: NewInvoice },
    input: ({ body }) =>
      readEdge((edge) => ({
        ...fieldsOf(body, edge),
        number: body.number,
        customerId: body.customer_id,
        date: edge.day(['body', 'date'], body.date),
      })),
    present: (invoice) => ({ status: 201, body: presentInvoice(invoice) }),
    success: { status: 201, description: 'The invoice, a draft', schema: InvoiceAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/invoices/:invoice_id',
    operationId: 'getInvoice',
    operation: viewInvoice,
    request: { path },
    input: ({ path: { invoice_id } }) => ({ invoiceId: invoice_id }),
    present,
    success: { status: 200, description: 'The invoice with its lines', schema: InvoiceAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/invoices/:invoice_id',
    operationId: 'updateInvoice',
    operation: updateInvoice,
    request: { path, body: InvoiceChanges },
    input: ({ path: { invoice_id }, body }) =>
      readEdge((edge) => ({ invoiceId: invoice_id, changes: fieldsOf(body, edge) })),
    present,
    success,
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/invoices/:invoice_id/status',
    operationId: 'changeInvoiceStatus',
    operation: changeInvoiceStatus,
    request: {
      path,
      body: Type.Object({ status: Type.Enum(['draft', 'sent', 'paid', 'overdue', 'cancelled']) }),
    },
    input: ({ path: { invoice_id }, body }) => ({ invoiceId: invoice_id, status: body.status }),
    present,
    success,
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/invoices/:invoice_id/decision',
    operationId: 'decideInvoice',
    operation: decideInvoice,
    request: { path, body: Type.Object({ decision: Type.Enum(['approved', 'rejected']) }) },
    input: ({ path: { invoice_id }, body }) => ({ invoiceId: invoice_id, status: body.decision }),
    present,
    success,
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/invoices/:invoice_id',
    operationId: 'deleteInvoice',
    operation: deleteInvoice,
    request: { path },
    input: ({ path: { invoice_id } }) => ({ invoiceId: invoice_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The draft is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
