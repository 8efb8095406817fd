/**
 * What is searched in the console is found through indexes, as the application's own role: row level security keeps conditions
 * that are not leakproof away from indexes, which a plan of the tables' owner does not show. In tables of 100,000 rows the rows
 * that a search reads are counted.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { searchClients } from '#features/clients/store.ts'
import { listCustomers } from '#features/ledger/customers/store.ts'
import { listInvoices } from '#features/ledger/invoices/store.ts'
import { lexemesOf, toTsquery } from '#features/profiles/sealing.ts'
import { listProfiles } from '#features/profiles/store.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { LedgerDatabase } from './support/ledger-database.ts'
import { openLedgerDatabase } from './support/ledger-database.ts'

const rows = 100_000
const tenantId = 'one'
let database: LedgerDatabase
before(async () => {
  database = await openLedgerDatabase()
  const { owner } = database
  const ask = (text: string, ...values: unknown[]) => owner.query(text, values)
  await ask(`insert into tenants (id, name) values ('one', 'One')`)
  const numbered = `generate_series(1, ${rows}) i`
  const id = `('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid`
  await ask(
    `insert into clients (tenant_id, id, name, siret)
     select 'one', ${id}, 'Client ' || md5(i::text), lpad((i * 7)::text, 14, '3') from ${numbered}`,
  )
  await ask(
    `insert into customers (tenant_id, id, code, name, siret)
     select 'one', ${id}, 'C' || i, 'Client ' || md5(i::text), lpad((i * 7)::text, 14, '3') from ${numbered}`,
  )
  await ask(
    `insert into invoices (tenant_id, id, number, customer_id, invoice_date, currency, status, net_amount, tax_amount, total_amount)
     select 'one', ${id}, 'F' || i, ${id}, date '2020-01-01' + i % 1000, 'EUR', 'sent', 1, 0, 1 from ${numbered}`,
  )
  const stored = { attributes: [{ name: 'lastname', value: 'everybody' }], sensitiveCiphertext: null }
  const everybody = lexemesOf({ tenantId, clientUid: 'c' }, stored, null)
  const one = lexemesOf(
    { tenantId, clientUid: 'c' },
    { ...stored, attributes: [{ name: 'firstname', value: 'word' }] },
    null,
  )
  await ask(
    `insert into profiles (tenant_id, client_id, status, external_reference, catalogue_version, attributes, search, created_at)
     select 'one', ${id}, case i % 2 when 0 then 'draft' else 'complete' end, 'ref-' || i, 0, '[]',
            array_to_tsvector($1::text[] || array(select w || md5(i::text) from unnest($2::text[]) w)),
            '2001-01-01'::timestamptz + i * interval '1 second' from ${numbered}`,
    everybody,
    one,
  )
  for (const table of ['clients', 'customers', 'invoices', 'profiles']) await ask(`analyze ${table}`)
})
after(() => database.close())

/** Rows of the table that this transaction has read so far. */
async function readSoFar(tx: Tx, table: string): Promise<number> {
  const counted = await sql<{ n: number }>`
    select (pg_stat_get_xact_tuples_returned(${table}::regclass)
            + pg_stat_get_xact_tuples_fetched(${table}::regclass))::integer as n`.execute(tx)
  return counted.rows[0]?.n ?? 0
}

type Searched = { found: number; read: number }

function searched(table: string, search: (tx: Tx) => Promise<number>): Promise<Searched> {
  return database.inTenant(tenantId, async (tx) => {
    const before = await readSoFar(tx, table)
    const found = await search(tx)
    return { found, read: (await readSoFar(tx, table)) - before }
  })
}

const md5Of = async (n: number) =>
  (await database.owner.query<{ hash: string }>('select md5($1::text) as hash', [String(n)])).rows[0]?.hash ?? ''

const clients = (search: string) =>
  searched('clients', async (tx) => {
    const { total } = await searchClients(tx, tenantId, { search, isActive: null, limit: 25, offset: 0 })
    return total
  })

const profiles = (query: string) =>
  searched('profiles', async (tx) => {
    const words = toTsquery({ tenantId, clientUid: null }, query)
    const filter = { clientUid: null, status: null, externalReference: null, createdAfter: null, createdBefore: null }
    const { profiles: found } = await listProfiles(tx, tenantId, { ...filter, words }, { limit: 25, offset: 0 })
    return found.length
  })

const customers = (filter: { name?: string; code?: string; siret?: string }) =>
  searched('customers', async (tx) => (await listCustomers(tx, tenantId, { limit: 25, ...filter })).rows.length)

const invoices = (filter: { number?: string; status?: 'rejected'; dateFrom?: string; dateTo?: string }) =>
  searched('invoices', async (tx) => (await listInvoices(tx, tenantId, { limit: 25, ...filter })).rows.length)

/** A row is counted once where the index names it, and once where it is read. */
function readsFew({ found, read }: Searched, expected: number): void {
  assert.equal(found, expected)
  assert.ok(read <= 3 * Math.max(found, 1) + 60, `${read} rows are read to find ${found}`)
}

test('clients by a part of the name, and by the beginning of the SIRET', async () => {
  const hash = await md5Of(4711)
  readsFew(await clients(hash.slice(3, 17)), 1)
  readsFew(await clients(`CLIENT ${hash.toUpperCase()}`), 1)
  readsFew(await clients('nobody has this'), 0)
  readsFew(await clients('333 333 333 32977'), 1)
  assert.equal((await clients('client')).found, rows)
})

test('profiles by beginnings of their words; a word that all have is found without reading all', async () => {
  const hash = await md5Of(4711)
  readsFew(await profiles(`word${hash.slice(0, 14)}`), 1)
  readsFew(await profiles('nobody'), 0)
  readsFew(await profiles('everybody'), 25)
})

test('customers by the beginning of the name, by code and by SIRET', async () => {
  const hash = await md5Of(4711)
  readsFew(await customers({ name: `client ${hash.slice(0, 14)}` }), 1)
  readsFew(await customers({ name: 'nobody' }), 0)
  readsFew(await customers({ name: 'client' }), 25)
  readsFew(await customers({ code: 'C4711' }), 1)
  readsFew(await customers({ siret: '33333333332977' }), 1)
})

test('invoices by number, and by days', async () => {
  readsFew(await invoices({ number: 'F4711' }), 1)
  readsFew(await invoices({ dateFrom: '2020-02-01', dateTo: '2020-02-02' }), 25)
})
