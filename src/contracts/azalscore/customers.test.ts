import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Caller } from './ledger.fixture.ts'
import { expectError, expectStatus, ledgerCaller } from './ledger.fixture.ts'

let app: TestApp
let call: Caller
before(async () => {
  app = await startTestApp()
  call = await ledgerCaller(app)
})
after(() => app.close())

type CustomerBody = { id: string; code: string; name: string; city: string | null; is_active: boolean }
type Page = { customers: CustomerBody[]; total: number | null; next_after: string | null }

const create = (code: string, rest: object = {}) =>
  expectStatus<CustomerBody>(call('POST', '/customers', { code, name: `Client ${code}`, ...rest }), 201)

test('a customer is created, shown, changed field by field, and deleted', async () => {
  const { id } = await create('CLI001', { city: 'Lyon', siret: '73282932000074' })
  await expectStatus(call('PATCH', `/customers/${id}`, { city: null, is_active: false }), 200)
  const shown = await expectStatus<CustomerBody>(call('GET', `/customers/${id}`), 200)
  assert.deepEqual([shown.code, shown.city, shown.is_active], ['CLI001', null, false])
  await expectStatus(call('DELETE', `/customers/${id}`), 200)
  await expectError(call('GET', `/customers/${id}`), 404, 'customer_not_found')
  await expectError(call('DELETE', `/customers/${id}`), 404, 'customer_not_found')
})

test('a code is a customer’s own, when two come at once too', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/customers', { code: 'SAME', name: 'One' })))
  assert.deepEqual(
    answers.map((answer) => answer.status).sort((a, b) => a - b),
    [201, 409, 409],
  )
  const { id } = await create('OTHER')
  await expectError(call('PATCH', `/customers/${id}`, { code: 'SAME' }), 409, 'customer_code_taken')
})

test('a SIRET with a wrong check digit is refused', async () => {
  const refused = call('POST', '/customers', { code: 'WRONG', name: 'One', siret: '73282932000075' })
  assert.match(await expectError(refused, 422, 'validation_failed'), /check digit/)
})

test('every customer is on exactly one page, by number and by cursor, forwards and backwards', async () => {
  for (let i = 0; i < 23; i++) await create(`P${i}`)
  const all = (await expectStatus<Page>(call('GET', '/customers?page_size=500'), 200)).customers.map(({ id }) => id)
  for (const order of ['asc', 'desc']) {
    const expected = order === 'asc' ? all : all.toReversed()
    const byNumber: string[] = []
    for (let page = 1; page <= Math.ceil(all.length / 4); page++) {
      const found = await expectStatus<Page>(call('GET', `/customers?page=${page}&page_size=4&order=${order}`), 200)
      assert.equal(found.total, all.length)
      byNumber.push(...found.customers.map(({ id }) => id))
    }
    assert.deepEqual(byNumber, expected)
    const byCursor: string[] = []
    let after = ''
    do {
      const found = await expectStatus<Page>(call('GET', `/customers?page_size=4&order=${order}${after}`), 200)
      byCursor.push(...found.customers.map(({ id }) => id))
      after = found.next_after === null ? '' : `&after=${found.next_after}`
    } while (after)
    assert.deepEqual(byCursor, expected)
  }
  const beyond = await expectStatus<Page>(call('GET', '/customers?page=1000'), 200)
  assert.deepEqual([beyond.customers, beyond.next_after], [[], null])
})

test('names are found by their beginning in any case, in order, page by page', async () => {
  for (const name of ['Éclair SARL', 'ÉCLAIR & Fils', 'éclaire', 'Éclat', 'Eclair']) await create(name, { name })
  const found: string[] = []
  let after = ''
  do {
    const path = `/customers?name=${encodeURIComponent('éCLAIR')}&page_size=2${after}`
    const page = await expectStatus<Page>(call('GET', path), 200)
    assert.equal(page.total, null)
    found.push(...page.customers.map(({ name }) => name))
    after = page.next_after === null ? '' : `&after=${page.next_after}`
  } while (after)
  assert.deepEqual(found, ['ÉCLAIR & Fils', 'Éclair SARL', 'éclaire'])
})

test('a cursor of another list, a broken one, and page with after are refused', async () => {
  const { next_after: cursor } = await expectStatus<Page>(call('GET', '/customers?page_size=1'), 200)
  for (const after of ['x', Buffer.from('[1]').toString('base64url'), `${cursor}&name=a`]) {
    await expectError(call('GET', `/customers?after=${after}`), 422, 'validation_failed')
  }
  await expectError(call('GET', `/customers?page=2&after=${cursor}`), 422, 'validation_failed')
})
