/** The figures of each report against ones that are computed another way: row by row, in this file. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Database } from '#platform/db/database.ts'
import { withOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { builderOf } from './builders.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { fillTenant } from './filled-tenant.fixture.ts'
import { withFigures } from './reading-store.ts'
import { resolveParameters } from './requests.ts'
import type { BuilderId, Row } from './schemas.ts'
import { builderIds } from './schemas.ts'

type Raw = Record<string, string | null>
let testDatabase: TestDatabase
let database: Database
before(async () => {
  testDatabase = await createTestDatabase()
  await withOwner(testDatabase, async (owner) => {
    await owner.query("insert into tenants (id, name) values ('full', 'Full'), ('empty', 'Empty'), ('other', 'Other')")
    await fillTenant(owner, { tenantId: 'full', invoices: 1200, customers: 40 })
    await fillTenant(owner, { tenantId: 'other', invoices: 300, customers: 5 })
  })
  database = new Database({ connection: testDatabase.application, poolSize: 2 })
})
after(async () => {
  await database?.end()
  await testDatabase?.drop()
})

async function figuresOf(tenantId: string, id: BuilderId, parameters: Record<string, unknown>) {
  const resolved = resolveParameters(builtInTemplates[id], parameters, { now: new Date(), timeZone: 'Europe/Paris' })
  const builder = builderOf(id)
  const found: Record<string, Row[]> = {}
  const reading = withFigures(database, { tenantId, resolved }, async function* (figures) {
    for (const [name, dataset] of Object.entries(builder.datasets)) {
      const rows: Row[] = []
      for await (const group of figures.stream(name, dataset)) rows.push(...group)
      found[name] = rows
      // What the database gives must be what the columns promise.
      for (const row of rows.slice(0, 50)) {
        for (const column of dataset.columns) assert.ok(column.id in row, `${id}.${name}.${column.id}`)
      }
    }
    yield null
  })
  for await (const _ of reading) {
    // All is in `found`.
  }
  return found
}

const raw = (sql: string) =>
  withOwner(testDatabase, async (owner) =>
    (await owner.query<Raw>(`select row_to_json(t) as r from (${sql}) t`)).rows.map((row) => row.r as unknown as Raw),
  )

const cents = (text: string | number | null | undefined) => Math.round(Number(text ?? 0) * 100)
const sum = (rows: readonly Raw[], field: string) => rows.reduce((all, row) => all + cents(row[field]), 0)
const counts = ['sent', 'paid', 'overdue', 'approved']

async function soldInvoices(from: string, to: string, currency = 'EUR'): Promise<Raw[]> {
  const all = await raw(
    `select i.*, c.name as customer from invoices i join customers c using (tenant_id) where c.id = i.customer_id and i.tenant_id = 'full'`,
  )
  return all.filter(
    (row) =>
      counts.includes(row.status ?? '') &&
      row.currency === currency &&
      (row.invoice_date ?? '') >= from &&
      (row.invoice_date ?? '') <= to,
  )
}

test('monthly sales: totals, days, customers and the list agree with the invoices, cent by cent', async () => {
  const { totals, by_day, by_customer, by_status, trend, invoices } = await figuresOf('full', 'monthly_sales', {
    month: '2024-03',
  })
  const march = await soldInvoices('2024-03-01', '2024-03-31')
  const february = await soldInvoices('2024-02-01', '2024-02-29')
  const [row = {}] = totals ?? []
  assert.ok(march.length > 20)
  assert.equal(row.invoices, march.length)
  assert.equal(cents(row.total as string), sum(march, 'total_amount'))
  assert.equal(cents(row.net as string), sum(march, 'net_amount'))
  assert.equal(cents(row.tax as string), sum(march, 'tax_amount'))
  assert.equal(
    cents(row.paid as string),
    sum(
      march.filter((one) => one.status === 'paid'),
      'total_amount',
    ),
  )
  assert.equal(
    cents(row.unpaid as string),
    sum(
      march.filter((one) => one.status !== 'paid'),
      'total_amount',
    ),
  )
  assert.equal(row.customers, new Set(march.map((one) => one.customer_id)).size)
  assert.equal(cents(row.previous_total as string), sum(february, 'total_amount'))
  const change = ((sum(march, 'total_amount') - sum(february, 'total_amount')) * 100) / sum(february, 'total_amount')
  assert.ok(Math.abs(Number(row.change) - change) <= 0.051)
  assert.equal(row.other_currencies, (await soldInvoices('2024-03-01', '2024-03-31', 'USD')).length)
  assert.equal(by_day?.length, 31)
  for (const day of by_day ?? []) {
    assert.equal(
      cents(day.total as string),
      sum(
        march.filter((one) => one.invoice_date === day.day),
        'total_amount',
      ),
      String(day.day),
    )
  }
  const best = by_customer?.[0]
  assert.equal(
    cents(best?.total as string),
    sum(
      march.filter((one) => one.customer === best?.customer),
      'total_amount',
    ),
  )
  assert.equal(
    by_status?.find((one) => one.status === 'paid')?.invoices,
    march.filter((one) => one.status === 'paid').length,
  )
  assert.equal(trend?.length, 12)
  assert.equal(cents(trend?.at(-2)?.total as string), sum(february, 'total_amount'))
  assert.deepEqual(
    invoices?.map((one) => one.number),
    march
      .toSorted((a, b) => `${a.invoice_date}${a.number}`.localeCompare(`${b.invoice_date}${b.number}`, 'en'))
      .map((one) => one.number),
  )
})

test('weekly summary: this week, the one before and what is overdue agree with the invoices', async () => {
  const { totals, activity, by_delay, overdue, new_customers } = await figuresOf('full', 'weekly_summary', {
    week: '2024-W11',
  })
  const week = await soldInvoices('2024-03-11', '2024-03-17')
  const before = await soldInvoices('2024-03-04', '2024-03-10')
  const late = (await raw(`select * from invoices where tenant_id = 'full'`)).filter(
    (one) =>
      ['sent', 'overdue', 'approved'].includes(one.status ?? '') &&
      one.currency === 'EUR' &&
      (one.due_date ?? '') <= '2024-03-17',
  )
  const [row = {}] = totals ?? []
  assert.equal(cents(row.total as string), sum(week, 'total_amount'))
  assert.equal(cents(row.previous_total as string), sum(before, 'total_amount'))
  assert.equal(row.late, late.length)
  assert.equal(cents(row.late_total as string), sum(late, 'total_amount'))
  assert.equal(overdue?.length, late.length)
  assert.equal(
    (by_delay ?? []).reduce((all, one) => all + cents(one.total as string), 0),
    sum(late, 'total_amount'),
  )
  const created = (
    await raw(`select created_at at time zone 'Europe/Paris' as at from customers where tenant_id = 'full'`)
  ).filter(({ at }) => (at ?? '') >= '2024-03-11' && (at ?? '') < '2024-03-18')
  assert.equal(activity?.[0]?.new_customers, created.length)
  assert.equal(new_customers?.length, created.length)
})

test('client activity and analyses: counts by Paris days, scores from the analyses themselves', async () => {
  const period = { from: '2024-02-01', to: '2024-04-30' }
  const inside = ({ at }: Raw) => (at ?? '') >= '2024-02-01' && (at ?? '') < '2024-05-01'
  const of = async (column: string, table: string, more = '') =>
    (
      await raw(`select *, ${column} at time zone 'Europe/Paris' as at from ${table} where tenant_id = 'full' ${more}`)
    ).filter(inside)
  const clients = await figuresOf('full', 'client_activity', period)
  const [row = {}] = clients.totals ?? []
  assert.equal(row.profiles, (await of('created_at', 'profiles')).length)
  assert.equal(row.submitted, (await of('submitted_at', 'profiles', 'and submitted_at is not null')).length)
  const judged = await of('created_at', 'analyses')
  assert.equal(row.analyses, judged.length)
  assert.equal(clients.by_client?.length, 12)
  assert.equal(
    (clients.by_day ?? []).reduce((all, day) => all + Number(day.analyses), 0),
    judged.length,
  )
  const overview = await figuresOf('full', 'analyses_overview', period)
  const scores = judged
    .filter((one) => one.status === 'completed')
    .map((one) => Number(one.score))
    .sort((a, b) => a - b)
  const [found = {}] = overview.totals ?? []
  assert.equal(found.completed, scores.length)
  assert.equal(found.failed, judged.filter((one) => one.status === 'failed').length)
  assert.ok(Math.abs(Number(found.average) - scores.reduce((a, b) => a + b, 0) / scores.length) <= 0.051)
  const middle = (scores[Math.floor((scores.length - 1) / 2)] ?? 0) + (scores[Math.ceil((scores.length - 1) / 2)] ?? 0)
  assert.ok(Math.abs(Number(found.median) - middle / 2) <= 0.051)
  assert.deepEqual([found.lowest, found.highest], [scores[0], scores.at(-1)])
  for (const [i, band] of (overview.by_score ?? []).entries()) {
    assert.equal(
      band.analyses,
      scores.filter((score) => Math.min(9, Math.floor(score / 10)) === i).length,
      String(band.score),
    )
  }
  assert.equal(overview.analyses?.length, judged.length)
})

test('audit summary: events by severity and category, and every one that is worth a look', async () => {
  const found = await figuresOf('full', 'audit_summary', { from: '2024-03-01', to: '2024-03-31' })
  const events = (
    await raw(`select *, occurred_at at time zone 'Europe/Paris' as at from audit_events where tenant_id = 'full'`)
  ).filter(({ at }) => (at ?? '') >= '2024-03-01' && (at ?? '') < '2024-04-01')
  const [row = {}] = found.totals ?? []
  assert.equal(row.events, events.length)
  assert.equal(row.critical, events.filter((one) => one.severity === 'critical').length)
  assert.equal(row.failed_sign_ins, events.filter((one) => one.action === 'login_failure').length)
  assert.equal(row.actors, 5)
  assert.equal(found.notable?.length, events.filter((one) => one.severity !== 'info').length)
  for (const line of found.by_category ?? []) {
    assert.equal(line.events, events.filter((one) => one.category === line.category).length)
  }
  const security = await figuresOf('full', 'audit_summary', {
    from: '2024-03-01',
    to: '2024-03-31',
    category: 'security',
  })
  assert.equal(security.totals?.[0]?.events, events.filter((one) => one.category === 'security').length)
})

test('a tenant that has nothing has reports of zeros, and none of another tenant', async () => {
  for (const id of builderIds) {
    const parameters =
      id === 'monthly_sales'
        ? { month: '2024-03' }
        : id === 'weekly_summary'
          ? { week: '2024-W11' }
          : { from: '2024-03-01', to: '2024-03-31' }
    const found = await figuresOf('empty', id, parameters)
    for (const value of Object.values(found.totals?.[0] ?? {}))
      assert.ok(value === null || Number(value) === 0, `${id}: ${value}`)
  }
})
