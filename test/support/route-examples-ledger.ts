/** AZALSCORE: the company, customers, invoices, accounting entries, the FEC. */
import type { TestApp } from './app.ts'
import { unique } from './prepared-client.ts'
import type { Example, ExampleOf } from './route-example.ts'

const nothing = (): Example => ({})
const unknown = '550e8400-e29b-41d4-a716-446655440000'
const word = (prefix: string) => unique(prefix).replaceAll(' ', '-')

export async function created(app: TestApp, token: string, path: string, body: object): Promise<{ id: string }> {
  const answer = await app.request(path, { method: 'POST', token, body })
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

export const newCustomer = () => ({ code: word('C'), name: 'Alpha', siret: '73282932000074', country_code: 'FR' })
const line = { description: 'Conseil', quantity: '2,5', unit_price: '1 000,00', vat_rate: 20 }
export const newInvoice = (customerId: string) => ({
  number: word('F'),
  customer_id: customerId,
  date: '31/01/2024',
  due_date: '2024-03-01',
  lines: [line],
})
export const newEntry = () => ({
  journal_code: 'VE',
  journal_label: 'Ventes',
  date: '31/01/2024',
  piece_ref: word('F'),
  label: 'Facture',
  lines: [
    { account_number: '411000', account_label: 'Clients', debit: '1 200,00' },
    { account_number: '707000', account_label: 'Ventes', credit: 1000 },
    { account_number: '445710', account_label: 'TVA', credit: '200.00' },
  ],
})

const customer = (app: TestApp, token: string) => created(app, token, '/api/v1/customers', newCustomer())
async function invoice(app: TestApp, token: string): Promise<string> {
  return (await created(app, token, '/api/v1/invoices', newInvoice((await customer(app, token)).id))).id
}
async function entry(app: TestApp, token: string): Promise<string> {
  return (await created(app, token, '/api/v1/accounting-entries', newEntry())).id
}

/** One row at least in every table of the ledger. */
export async function useLedger(app: TestApp, token: string): Promise<void> {
  await Promise.all([invoice(app, token), entry(app, token)])
  const body = { siren: '732829320' }
  const answer = await app.request('/api/v1/company', { method: 'PUT', token, body })
  if (answer.status !== 200) throw new Error(`company: ${answer.status} ${answer.text}`)
}

/** Two lines of one account that settle each other. */
async function settled(app: TestApp, token: string): Promise<{ entry_id: string; line_number: number }[]> {
  const account = { account_number: '411000', account_label: 'Clients' }
  const body = {
    ...newEntry(),
    lines: [
      { ...account, debit: 5 },
      { ...account, credit: 5 },
    ],
  }
  const { id } = await created(app, token, '/api/v1/accounting-entries', body)
  return [1, 2].map((line_number) => ({ entry_id: id, line_number }))
}

type Made = (app: TestApp, token: string) => Promise<string>

/** A route about one thing: with an unknown one, and with one that has been made. */
function about(parameter: string, make: Made, rest: () => Example = nothing): ExampleOf {
  return {
    caller: 'account',
    request: () => ({ path: { [parameter]: unknown }, ...rest() }),
    prepare: async ({ app, token }) => ({ path: { [parameter]: await make(app, token) }, ...rest() }),
  }
}

const aCustomer: Made = async (app, token) => (await customer(app, token)).id

export const ledgerExamples: Readonly<Record<string, ExampleOf>> = {
  getCompany: { caller: 'account', request: nothing },
  putCompany: { caller: 'account', request: () => ({ body: { siren: '732829320', fiscal_year_end: '12-31' } }) },

  listCustomers: { caller: 'account', request: () => ({ query: { page: '1', page_size: '10' } }) },
  createCustomer: { caller: 'account', request: () => ({ body: newCustomer() }) },
  getCustomer: about('customer_id', aCustomer),
  updateCustomer: about('customer_id', aCustomer, () => ({ body: { city: 'Lyon' } })),
  deleteCustomer: about('customer_id', aCustomer),

  listInvoices: { caller: 'account', request: () => ({ query: { status: 'paid', date_from: '01/01/2024' } }) },
  createInvoice: {
    caller: 'account',
    request: () => ({ body: newInvoice(unknown) }),
    prepare: async ({ app, token }) => ({ body: newInvoice(await aCustomer(app, token)) }),
  },
  getInvoice: about('invoice_id', invoice),
  updateInvoice: about('invoice_id', invoice, () => ({ body: { note: 'Merci' } })),
  changeInvoiceStatus: about('invoice_id', invoice, () => ({ body: { status: 'sent' } })),
  decideInvoice: about('invoice_id', invoice, () => ({ body: { decision: 'approved' } })),
  deleteInvoice: about('invoice_id', invoice),

  listAccountingEntries: { caller: 'account', request: () => ({ query: { status: 'draft', order: 'desc' } }) },
  createAccountingEntry: { caller: 'account', request: () => ({ body: newEntry() }) },
  getAccountingEntry: about('entry_id', entry),
  replaceAccountingEntry: about('entry_id', entry, () => ({ body: newEntry() })),
  deleteAccountingEntry: about('entry_id', entry),
  validateAccountingEntries: {
    caller: 'account',
    request: () => ({ body: { entry_ids: [unknown] } }),
    prepare: async ({ app, token }) => ({ body: { entry_ids: [await entry(app, token)] } }),
  },
  listAccountLines: { caller: 'account', request: () => ({ query: { account_number: '411000', lettered: 'false' } }) },
  letterAccountingEntries: {
    caller: 'account',
    request: () => ({ body: { lines: [1, 2].map((line_number) => ({ entry_id: unknown, line_number })) } }),
    prepare: async ({ app, token }) => ({ body: { lines: await settled(app, token) } }),
  },
  unletterAccountingEntries: {
    caller: 'account',
    request: () => ({ body: { account_number: '411000', code: 'ZZZZ' } }),
    prepare: async ({ app, token }) => {
      const code = word('L').slice(-20)
      const body = { lines: await settled(app, token), code }
      const answer = await app.request('/api/v1/accounting-entries/letter', { method: 'POST', token, body })
      if (answer.status !== 200) throw new Error(`lettering: ${answer.status} ${answer.text}`)
      return { body: { account_number: '411000', code } }
    },
  },
  checkFec: { caller: 'account', request: () => ({ body: { fiscal_year: 2024 } }) },
}
