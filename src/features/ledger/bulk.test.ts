/** The inserts that imports use, on a real database, against what one row after the other would have given. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { LedgerDatabase } from '#test/support/ledger-database.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'
import type { ImportedEntryLine, ImportedInvoice, NewCustomer, OnKnownCode, RowOutcome } from './index.ts'
import { insertCustomers, insertEntryLines, insertInvoices } from './index.ts'

let ledger: LedgerDatabase
before(async () => {
  ledger = await openLedgerDatabase()
})
after(() => ledger.close())

const now = new Date('2024-06-01T00:00:00Z')
let tenants = 0
const newTenant = () => `tenant_bulk_${++tenants}`
const words = (outcomes: readonly RowOutcome[]) =>
  outcomes.map((one) => (one.outcome === 'refused' ? `${one.field}` : one.outcome))

const customer: fc.Arbitrary<NewCustomer> = fc.record(
  {
    code: fc.constantFrom('A', 'B', 'C', 'D', ' bad', ''),
    name: fc.constantFrom('Alpha', 'Bêta "SA"', '{x,\\y}', 'NULL'),
    city: fc.constantFrom('Lyon', null),
    siret: fc.constantFrom('73282932000074', '73282932000075', null),
    isActive: fc.boolean(),
  },
  { requiredKeys: ['code', 'name'] },
)
const onKnown = fc.constantFrom<OnKnownCode>({ skip: true }, { update: ['name', 'city'] })

async function customersOf(tenantId: string) {
  const found = await ledger.owner.query(
    'select code, name, city, siret, is_active from customers where tenant_id = $1 order by code',
    [tenantId],
  )
  return found.rows
}

test('many customers at once give the outcomes and the table that one after the other gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(customer, { maxLength: 8 }), { maxLength: 3 }),
      onKnown,
      async (batches, known) => {
        const [together, alone] = [newTenant(), newTenant()]
        const outcomes: RowOutcome[] = []
        for (const rows of batches) {
          outcomes.push(
            ...(await ledger.inTenant(together, (tx) => insertCustomers(tx, together, rows, { onKnown: known, now }))),
          )
        }
        const expected: RowOutcome[] = []
        for (const row of batches.flat()) {
          expected.push(
            ...(await ledger.inTenant(alone, (tx) => insertCustomers(tx, alone, [row], { onKnown: known, now }))),
          )
        }
        assert.deepEqual(outcomes, expected)
        assert.deepEqual(await customersOf(together), await customersOf(alone))
      },
    ),
    { numRuns: 40 },
  )
})

test('the number of customers is counted once for every one that went in', async () => {
  const tenantId = newTenant()
  const rows = ['A', 'B', 'A', ''].map((code) => ({ code, name: 'x' }))
  for (let i = 0; i < 2; i++) {
    await ledger.inTenant(tenantId, (tx) => insertCustomers(tx, tenantId, rows, { onKnown: { skip: true }, now }))
  }
  const counted = await ledger.owner.query(
    `select sum(difference)::int as n from row_counts where tenant_id = $1 and relation = 'customers'`,
    [tenantId],
  )
  assert.equal(counted.rows[0]?.n, 2)
})

test('of two imports of the same customers at once each row goes in once, and neither fails', async () => {
  const tenantId = newTenant()
  const rows = Array.from({ length: 500 }, (_, i) => ({ code: `C${i}`, name: 'x' }))
  const insert = (own: NewCustomer[]) =>
    ledger.inTenant(tenantId, (tx) => insertCustomers(tx, tenantId, own, { onKnown: { skip: true }, now }))
  const [one, two] = await Promise.all([insert(rows), insert(rows)])
  const count = (outcomes: readonly RowOutcome[]) => outcomes.filter((row) => row.outcome === 'inserted').length
  assert.equal(count(one) + count(two), 500)
  assert.equal((await customersOf(tenantId)).length, 500)
})

const invoice = (rest: Partial<ImportedInvoice> = {}): ImportedInvoice => ({
  number: 'F1',
  customerCode: 'A',
  date: '2024-01-31',
  netAmount: '100.00',
  taxAmount: '20.00',
  ...rest,
})

test('invoices find their customers by code; what is final is not written over', async () => {
  const tenantId = newTenant()
  await ledger.inTenant(tenantId, (tx) =>
    insertCustomers(tx, tenantId, [{ code: 'A', name: 'Alpha' }], { onKnown: { skip: true }, now }),
  )
  const insert = (rows: ImportedInvoice[], known: 'skip' | 'update' = 'update') =>
    ledger.inTenant(tenantId, (tx) => insertInvoices(tx, tenantId, rows, { onKnown: known, now }))
  const rows = [
    invoice(),
    invoice({ number: 'F2', customerCode: 'Z' }),
    invoice({ number: 'F3', status: 'paid' }),
    invoice({ netAmount: '1.00' }),
    invoice({ number: 'F4', netAmount: '1,00' }),
    invoice({ number: 'F5', date: '2024-02-30' }),
    invoice({ number: 'F6', netAmount: '9999999999999.99', taxAmount: '0.01' }),
  ]
  assert.deepEqual(words(await insert(rows)), [
    'inserted',
    'customerCode',
    'inserted',
    'updated',
    'netAmount',
    'date',
    'netAmount',
  ])
  assert.deepEqual(words(await insert([invoice({ netAmount: '7.00' })], 'skip')), ['exists'])
  assert.deepEqual(words(await insert([invoice({ netAmount: '7.00' }), invoice({ number: 'F3' })])), [
    'updated',
    'exists',
  ])
  const found = await ledger.owner.query(
    'select number, total_amount from invoices where tenant_id = $1 order by number',
    [tenantId],
  )
  assert.deepEqual(found.rows, [
    { number: 'F1', total_amount: '27.00' },
    { number: 'F3', total_amount: '120.00' },
  ])
})

const lines = (number: string, rest: Partial<ImportedEntryLine> = {}): ImportedEntryLine[] =>
  (['debit', 'credit'] as const).map((side) => ({
    journalCode: 'VE',
    journalLabel: 'Ventes',
    number,
    date: '2024-01-31',
    accountNumber: side === 'debit' ? '411000' : '707000',
    accountLabel: 'Compte',
    pieceRef: 'F1',
    pieceDate: '2024-01-31',
    label: 'Facture',
    debit: side === 'debit' ? '10.00' : '0.00',
    credit: side === 'credit' ? '10.00' : '0.00',
    ...rest,
  }))

test('entries go in whole or not at all, whatever order their lines come in, and once', async () => {
  const tenantId = newTenant()
  const insert = (rows: ImportedEntryLine[]) =>
    ledger.inTenant(tenantId, (tx) => insertEntryLines(tx, tenantId, rows, now))
  const [a, b] = [lines('VE01', { validatedOn: '2024-02-01' }), lines('VE02')]
  const [first, second] = lines('VE03')
  const rows = [
    ...[a[0], b[0], b[1], a[1]],
    ...[first, { ...second, credit: '9.00' }],
    ...[lines('VE04')[0], { ...lines('VE04')[1], accountNumber: 'C411' }],
    ...[lines('VE05')[0], { ...lines('VE05')[1], date: '2024-02-01' }],
    ...lines('VE'),
  ] as ImportedEntryLine[]
  const outcome = [
    'inserted',
    'inserted',
    'inserted',
    'inserted',
    'debit',
    'debit',
    'null',
    'accountNumber',
    'date',
    'date',
  ]
  assert.deepEqual(words(await insert(rows)), [...outcome, 'number', 'number'])
  // The same place in the sequence, written otherwise.
  assert.deepEqual(words(await insert([...lines('VE1'), ...lines('VE003')])), [
    'exists',
    'exists',
    'inserted',
    'inserted',
  ])
  const kept = await ledger.owner.query(
    `select entry_number, array_agg(line_number order by line_number) as lines, count(validated_on)::int as validated
       from accounting_entries where tenant_id = $1 group by 1 order by 1`,
    [tenantId],
  )
  assert.deepEqual(kept.rows, [
    { entry_number: 'VE003', lines: [1, 2], validated: 0 },
    { entry_number: 'VE01', lines: [1, 2], validated: 2 },
    { entry_number: 'VE02', lines: [1, 2], validated: 0 },
  ])
})

test('of two imports of the same entries at once each goes in once', async () => {
  const tenantId = newTenant()
  const rows = Array.from({ length: 200 }, (_, i) => lines(String(i + 1))).flat()
  const insert = () => ledger.inTenant(tenantId, (tx) => insertEntryLines(tx, tenantId, rows, now))
  const outcomes = (await Promise.all([insert(), insert()])).flat()
  assert.equal(outcomes.filter((one) => one.outcome === 'inserted').length, 400)
  const kept = await ledger.owner.query('select count(*)::int as n from accounting_entries where tenant_id = $1', [
    tenantId,
  ])
  assert.equal(kept.rows[0]?.n, 400)
})
