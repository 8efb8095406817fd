/** An input that fits, for every operation of the ledger and the FEC. */

const id = '550e8400-e29b-41d4-a716-446655440000'
const entry = {
  journalCode: 'VE',
  journalLabel: 'Ventes',
  date: '2024-01-31',
  pieceRef: 'F1',
  label: 'Facture',
  lines: [
    { accountNumber: '411000', accountLabel: 'Clients', debit: '10.00', credit: '0.00' },
    { accountNumber: '707000', accountLabel: 'Ventes', debit: '0.00', credit: '10.00' },
  ],
}

export const ledgerInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'company.view': () => ({}),
  'company.update': () => ({ siren: '732829320', fiscalYearEnd: '12-31', irregularYears: [] }),
  'customer.create': () => ({ code: 'another', name: 'Another' }),
  'customer.view': () => ({ customerId: id }),
  'customer.list': () => ({ limit: 10 }),
  'customer.update': () => ({ customerId: id, changes: { name: 'Renamed' } }),
  'customer.delete': () => ({ customerId: id }),
  'invoice.create': () => ({
    number: 'another',
    customerId: id,
    date: '2024-01-31',
    netAmount: '10.00',
    taxAmount: '2.00',
  }),
  'invoice.view': () => ({ invoiceId: id }),
  'invoice.list': () => ({ limit: 10 }),
  'invoice.update': () => ({ invoiceId: id, changes: { note: 'Another' } }),
  'invoice.change-status': () => ({ invoiceId: id, status: 'sent' }),
  'invoice.decide': () => ({ invoiceId: id, status: 'approved' }),
  'invoice.delete': () => ({ invoiceId: id }),
  'entry.create': () => entry,
  'entry.view': () => ({ entryId: id }),
  'entry.list': () => ({ limit: 10 }),
  'entry.list-account-lines': () => ({ limit: 10, accountNumber: '411000' }),
  'entry.update': () => ({ entryId: id, entry }),
  'entry.delete': () => ({ entryId: id }),
  'entry.validate': () => ({ entryIds: [id] }),
  'entry.letter': () => ({ lines: [1, 2].map((lineNumber) => ({ entryId: id, lineNumber })) }),
  'entry.unletter': () => ({ accountNumber: '411000', code: 'A' }),
  'fec.check': () => ({ fiscalYear: 2024 }),
}
