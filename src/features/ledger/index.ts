export { updateCompany, viewCompany } from './company/operations.ts'
export type { FiscalCalendar, FiscalYear } from './company/rules.ts'
export { fiscalYear } from './company/rules.ts'
export type { Company } from './company/store.ts'
export { findCompany, readCalendar } from './company/store.ts'
export type { OnKnownCode } from './customers/bulk-store.ts'
export { customerRefusal, findCustomerCodes, insertCustomers } from './customers/bulk-store.ts'
export {
  createCustomer,
  deleteCustomer,
  listCustomers,
  updateCustomer,
  viewCustomer,
} from './customers/operations.ts'
export type { Customer, NewCustomer } from './customers/schemas.ts'
export { newCustomer } from './customers/schemas.ts'
export { entryRefusals, insertEntryLines } from './entries/bulk-store.ts'
export { letterEntries, unletterEntries, validateEntries } from './entries/closing-operations.ts'
export {
  createEntry,
  deleteEntry,
  listAccountLines,
  listEntries,
  updateEntry,
  viewEntry,
} from './entries/operations.ts'
export type { AccountLine, Entry, EntryLine, ImportedEntryLine } from './entries/schemas.ts'
export { importedEntryLine } from './entries/schemas.ts'
export type { LedgerErrorCode } from './errors.ts'
export { insertInvoices } from './invoices/bulk-store.ts'
export {
  changeInvoiceStatus,
  createInvoice,
  decideInvoice,
  deleteInvoice,
  listInvoices,
  setInvoiceStatus,
  updateInvoice,
  viewInvoice,
} from './invoices/operations.ts'
export type { ImportedInvoice, Invoice, InvoiceLine, InvoiceSummary } from './invoices/schemas.ts'
export { decidedStatuses, importedInvoice, invoiceStatus, invoiceStatuses } from './invoices/schemas.ts'
export type { Listed, RowOutcome } from './schemas.ts'
