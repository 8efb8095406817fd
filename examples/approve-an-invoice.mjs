// The workflow that is there from the start: an invoice over 1,000 waits until one who may approve it has decided.
import { randomUUID } from 'node:crypto'
import { Clientele, session } from '@clientele/client'
import { baseUrl, staff, until } from './setting.mjs'

const account = staff()

// Nobody decides on what he submitted himself: somebody else has to.
const email = `approver-${Date.now()}@example.com`
const password = `plain horse ${randomUUID()}`
await account.post('/api/v1/users', { body: { email, display_name: 'Ada Approver', password, roles: ['admin'] } })
const tenantId = process.env.CLIENTELE_TENANT ?? 'tenant_001'
const approver = new Clientele({ baseUrl, credential: session({ username: email, password, tenantId }) })

const code = `W${Date.now()}`
const customer = await account.post('/api/v1/customers', { body: { code, name: 'Shoes & Co' } })
const invoice = await account.post('/api/v1/invoices', {
  body: {
    number: `F-${code}`,
    customer_id: customer.id,
    date: '2026-01-15',
    lines: [{ description: 'Shoes', quantity: 100, unit_price: '20.00', vat_rate: '20' }],
  },
})

const waiting = await until(
  () => approver.list('/api/v1/workflows/approvals/pending').toArray(),
  (all) => all.some((one) => one.entity_id === invoice.number),
)
const approval = waiting.find((one) => one.entity_id === invoice.number)
console.log(`to decide: ${approval?.entity_summary}`)
await approver.post('/api/v1/workflows/approvals/{approval_id}/decide', {
  params: { path: { approval_id: approval?.id ?? '' } },
  body: { approved: true, comment: 'As ordered' },
})

const approved = await until(
  () => account.get('/api/v1/invoices/{invoice_id}', { params: { path: { invoice_id: invoice.id } } }),
  ({ status }) => status === 'approved',
)
console.log(`the invoice is ${approved.status}`)
