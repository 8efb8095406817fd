import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deleteClient } from '#features/clients/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { inDatabase } from '#test/support/identity.ts'
import { testOrigin } from '#test/support/prepared-client.ts'
import type { Caller } from './ledger.fixture.ts'
import { expectError, expectStatus, ledgerCaller } from './ledger.fixture.ts'

let app: TestApp
let call: Caller
let customer: string
before(async () => {
  app = await startTestApp()
  call = await ledgerCaller(app)
  customer = (await expectStatus<{ id: string }>(call('POST', '/customers', { code: 'C1', name: 'Alpha' }), 201)).id
})
after(() => app.close())

type InvoiceBody = {
  id: string
  number: string
  status: string
  date: string
  client_uid: string | null
  net_amount: string
  tax_amount: string
  total_amount: string
  lines: { net_amount: string; quantity: string }[]
}

let numbers = 0
const create = (rest: object = {}) =>
  call('POST', '/invoices', {
    number: `F-${++numbers}`,
    customer_id: customer,
    date: '2024-01-31',
    ...('lines' in rest ? {} : { net_amount: 100, tax_amount: '20,00' }),
    ...rest,
  })
const created = (rest: object = {}) => expectStatus<InvoiceBody>(create(rest), 201)

test('amounts follow from the lines, with one rounding of VAT for each rate', async () => {
  const line = (quantity: unknown, unit_price: unknown, vat_rate: unknown) => ({
    description: 'Conseil',
    quantity,
    unit_price,
    vat_rate,
  })
  // Each line's VAT rounded alone would be 3 times 0.07; of their sum it is 0.20.
  const lines = [
    line(1, '0,33', 20),
    line(1, 0.33, '20,0'),
    line('1.000', '0.3300', 20),
    line('2,5', '1 000,00', '5,5'),
  ]
  const invoice = await created({ date: '31/01/2024', lines })
  assert.deepEqual(
    [invoice.date, invoice.net_amount, invoice.tax_amount, invoice.total_amount],
    ['2024-01-31', '2500.99', '137.70', '2638.69'],
  )
  assert.deepEqual(
    invoice.lines.map((one) => one.net_amount),
    ['0.33', '0.33', '0.33', '2500.00'],
  )
})

test('amounts beside lines, one without the other, too many decimals and days that are none are refused', async () => {
  const line = { description: 'x', quantity: 1, unit_price: 1, vat_rate: 20 }
  await expectError(create({ lines: [line], net_amount: 1 }), 422, 'invoice_amounts_invalid')
  await expectError(create({ lines: [] }), 422, 'invoice_amounts_invalid')
  const refused = await expectError(create({ net_amount: '1,234', date: '31/02/2024' }), 422, 'validation_failed')
  assert.match(refused, /net_amount/)
  assert.match(refused, /body\.date/)
  const large = { ...line, quantity: 999_999_999, unit_price: 999_999_999 }
  await expectError(create({ lines: [large] }), 422, 'invoice_amounts_invalid')
})

test('an invoice names a customer and a client of the own tenant; a deleted client leaves it behind', async () => {
  const unknown = '550e8400-e29b-41d4-a716-446655440000'
  await expectError(create({ customer_id: unknown }), 422, 'invoice_customer_unknown')
  await expectError(create({ client_uid: unknown }), 422, 'invoice_client_unknown')
  const client = await app.createClient()
  const invoice = await created({ client_uid: client })
  const actor = { kind: 'system', tenantId: firstTenant, name: 'test' } as const
  await runForResult(app.runtime.services, deleteClient, { clientUid: client }, { actor, origin: testOrigin })
  const shown = await expectStatus<InvoiceBody>(call('GET', `/invoices/${invoice.id}`), 200)
  assert.equal(shown.client_uid, null)
})

test('an invoice goes its way, and each step tells its event', async () => {
  const { id } = await created()
  const move = (status: string) => call('POST', `/invoices/${id}/status`, { status })
  await expectError(move('paid'), 409, 'invoice_status_refused')
  await expectStatus(call('POST', `/invoices/${id}/decision`, { decision: 'approved' }), 200)
  await expectError(call('PATCH', `/invoices/${id}`, { note: 'x' }), 409, 'invoice_not_draft')
  await expectStatus(move('sent'), 200)
  await expectStatus(move('overdue'), 200)
  await expectStatus(move('paid'), 200)
  for (const status of ['draft', 'sent', 'cancelled']) await expectError(move(status), 409, 'invoice_status_refused')
  await expectError(call('DELETE', `/invoices/${id}`), 409, 'invoice_not_draft')
  const events = await inDatabase(app, (database) =>
    database.query<{ type: string }>(`select type from domain_events where data->>'id' = $1 order by id`, [id]),
  )
  assert.deepEqual(
    events.rows.map((row) => row.type),
    ['invoice.created', 'invoice.approved', 'invoice.sent', 'invoice.overdue', 'invoice.paid'],
  )
})

test('of two who decide at once, one decides', async () => {
  const { id } = await created()
  const decide = (decision: string) => call('POST', `/invoices/${id}/decision`, { decision })
  const answers = await Promise.all(['approved', 'rejected', 'approved', 'rejected'].map(decide))
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1)
})

test('a changed draft has its new lines only, and a deleted one none', async () => {
  const line = { description: 'x', quantity: 1, unit_price: 10, vat_rate: 20 }
  const { id } = await created({ lines: [line, line] })
  const changed = await expectStatus<InvoiceBody>(call('PATCH', `/invoices/${id}`, { lines: [line] }), 200)
  assert.deepEqual([changed.lines.length, changed.total_amount], [1, '12.00'])
  const flat = await expectStatus<InvoiceBody>(call('PATCH', `/invoices/${id}`, { net_amount: 5, tax_amount: 0 }), 200)
  assert.deepEqual([flat.lines.length, flat.total_amount], [0, '5.00'])
  await expectStatus(call('DELETE', `/invoices/${id}`), 200)
  const left = await inDatabase(app, (database) =>
    database.query('select 1 from invoice_lines where invoice_id = $1', [id]),
  )
  assert.equal(left.rowCount, 0)
})

test('a customer with an invoice is not deleted, also when the invoice comes at the same time', async () => {
  for (let round = 0; round < 10; round++) {
    const body = { code: `race-${round}`, name: 'Race' }
    const { id } = await expectStatus<{ id: string }>(call('POST', '/customers', body), 201)
    const [invoice, deletion] = await Promise.all([create({ customer_id: id }), call('DELETE', `/customers/${id}`)])
    if (invoice.status === 201) assert.equal(deletion.status, 409, deletion.text)
    else assert.deepEqual([invoice.status, deletion.status], [422, 200])
  }
})

test('invoices are listed by date with every filter, page by page', async () => {
  const { id } = await expectStatus<{ id: string }>(call('POST', '/customers', { code: 'L', name: 'Liste' }), 201)
  for (const day of ['05', '03', '04', '03', '01']) await created({ customer_id: id, date: `2023-06-${day}` })
  const list = async (query: string) => {
    const page = await expectStatus<{ invoices: InvoiceBody[]; next_after: string | null }>(
      call('GET', `/invoices?customer_id=${id}&${query}`),
      200,
    )
    return { days: page.invoices.map((one) => one.date.slice(-2)), next: page.next_after }
  }
  assert.deepEqual((await list('')).days, ['01', '03', '03', '04', '05'])
  assert.deepEqual((await list('order=desc&page=2&page_size=2')).days, ['03', '03'])
  assert.deepEqual((await list('date_from=03/06/2023&date_to=2023-06-04')).days, ['03', '03', '04'])
  assert.deepEqual((await list('status=paid')).days, [])
  const first = await list('page_size=2&status=draft')
  assert.deepEqual((await list(`page_size=9&status=draft&after=${first.next}`)).days, ['03', '04', '05'])
})
