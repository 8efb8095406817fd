import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { inDatabase } from '#test/support/identity.ts'
import type { Caller, EntryBody } from './ledger.fixture.ts'
import { expectError, expectStatus, ledgerCaller, sale } from './ledger.fixture.ts'

let app: TestApp
let call: Caller
before(async () => {
  app = await startTestApp()
  call = await ledgerCaller(app)
})
after(() => app.close())

const create = (body: object) => expectStatus<EntryBody>(call('POST', '/accounting-entries', body), 201)
const validate = (body: object) =>
  expectStatus<{ validated: { id: string; number: string }[]; may_have_more: boolean }>(
    call('POST', '/accounting-entries/validate', body),
    200,
  )
const view = (id: string) => expectStatus<EntryBody>(call('GET', `/accounting-entries/${id}`), 200)

test('an entry is taken as the French write it, and given back in canonical form', async () => {
  const entry = await create(sale('31/12/2024', '1 234,56'))
  assert.deepEqual([entry.fiscal_year, entry.number, entry.validated_on], [2024, null, null])
  assert.deepEqual(
    entry.lines.map(({ debit, credit, label }) => [debit, credit, label]),
    [
      ['1234.56', '0.00', 'Facture'],
      ['0.00', '1234.56', 'Facture'],
    ],
  )
})

test('entries that are not balanced, or whose lines do not fit, are refused with what is wrong', async () => {
  const [debit, credit] = sale('2024-01-01').lines
  const refused = (lines: object[]) => call('POST', '/accounting-entries', { ...sale('2024-01-01'), lines })
  assert.match(
    await expectError(refused([debit as object, { ...credit, credit: 99.99 }]), 422, 'entry_unbalanced'),
    /0\.01/,
  )
  for (const wrong of [
    { debit: 0 },
    { debit: 5, credit: 5 },
    { debit: -100 },
    { currency: 'USD' },
    { auxiliary_label: 'x' },
  ]) {
    await expectError(refused([{ ...debit, ...wrong }, credit as object]), 422, 'entry_line_invalid')
  }
  for (const wrong of [{ account_number: '41' }, { account_number: 'C411' }, { label: 'a\tb' }, { debit: 'x' }]) {
    await expectError(refused([{ ...debit, ...wrong }, credit as object]), 422, 'validation_failed')
  }
})

test('numbers follow one another in each journal and year, in the order of the dates, also for many at once', async () => {
  const days = ['2022-03-03', '2022-03-01', '2022-03-02']
  const made = await Promise.all(days.flatMap((day) => ['N1', 'N2'].map((journal) => create(sale(day, 1, journal)))))
  await Promise.all(made.map(({ id }) => validate({ entry_ids: [id] })))
  const numbers = await inDatabase(app, (database) =>
    database.query<{ journal_code: string; numbers: string[] }>(
      `select journal_code, array_agg(entry_number order by number_sequence) as numbers from accounting_entries
        where journal_code in ('N1', 'N2') and line_number = 1 group by 1 order by 1`,
    ),
  )
  assert.deepEqual(
    numbers.rows.map((row) => row.numbers),
    [
      ['1', '2', '3'],
      ['1', '2', '3'],
    ],
  )
  for (const day of ['2021-02-02', '2021-02-01', '2023-01-01']) await create(sale(day, 1, 'N1'))
  const { validated, may_have_more } = await validate({ up_to: '31/12/2021', journal_code: 'N1' })
  assert.deepEqual([validated.map((one) => one.number), may_have_more], [['1', '2'], false])
})

test('an entry is found by its number, in one journal or in all', async () => {
  const days = ['2009-01-01', '2008-01-01']
  for (const journal of ['F1', 'F2']) for (const day of days) await create(sale(day, 1, journal))
  for (const journal of ['F1', 'F2']) await validate({ up_to: '31/12/2009', journal_code: journal })
  const found = async (query: string) => {
    const path = `/accounting-entries?date_to=2009-12-31&${query}`
    const { entries } = await expectStatus<{ entries: EntryBody[] }>(call('GET', path), 200)
    return entries.length
  }
  assert.equal(await found('number=1&journal_code=F1'), 2)
  assert.equal(await found('number=1&date_from=2009-01-01'), 2)
  assert.equal(await found('number=1&journal_code=F2&date_from=2009-01-01'), 1)
  assert.equal(await found('number=2'), 0)
})

test('a number is lost to nobody: who fails to validate leaves no gap', async () => {
  const [first, second] = [await create(sale('2020-01-01', 1, 'GAP')), await create(sale('2020-01-02', 1, 'GAP'))]
  const unknown = '550e8400-e29b-41d4-a716-446655440000'
  const together = call('POST', '/accounting-entries/validate', { entry_ids: [first.id, unknown] })
  await expectError(together, 404, 'entry_not_found')
  await Promise.all([first, second].map(({ id }) => validate({ entry_ids: [id] })))
  const numbers = [(await view(first.id)).number, (await view(second.id)).number]
  assert.deepEqual(
    numbers.sort((a, b) => Number(a) - Number(b)),
    ['1', '2'],
  )
})

test('a validated entry is changed and deleted by nobody, its owner in the database included', async () => {
  const { id } = await create(sale('2024-02-01'))
  await validate({ entry_ids: [id] })
  await expectError(call('PUT', `/accounting-entries/${id}`, sale('2024-02-02')), 409, 'entry_validated')
  await expectError(call('DELETE', `/accounting-entries/${id}`), 409, 'entry_validated')
  await expectError(call('POST', '/accounting-entries/validate', { entry_ids: [id] }), 409, 'entry_validated')
  await inDatabase(app, async (database) => {
    for (const statement of [
      'delete from accounting_entries where entry_id = $1',
      'update accounting_entries set debit = debit + 1 where entry_id = $1 and debit > 0',
      'update accounting_entries set validated_on = null where entry_id = $1',
      `update accounting_entries set label = 'Autre' where entry_id = $1`,
      `update accounting_entries set entry_number = '99', number_sequence = 99 where entry_id = $1`,
    ]) {
      await assert.rejects(
        database.query(statement, [id]),
        { constraint: 'accounting_entries_validated_are_final' },
        statement,
      )
    }
    await assert.rejects(database.query('truncate accounting_entries'), { code: '42501' })
  })
})

test('a draft is replaced as a whole and deleted; of replacing and validating at once the entry is whole', async () => {
  const { id } = await create(sale('2024-03-01', 10))
  const replaced = await expectStatus<EntryBody>(call('PUT', `/accounting-entries/${id}`, sale('2023-03-01', 20)), 200)
  assert.deepEqual([replaced.id, replaced.fiscal_year, replaced.lines[0]?.debit], [id, 2023, '20.00'])
  await expectStatus(call('DELETE', `/accounting-entries/${id}`), 200)
  await expectError(call('GET', `/accounting-entries/${id}`), 404, 'entry_not_found')
  for (let round = 0; round < 8; round++) {
    const raced = await create(sale('2024-03-02', 10, 'RACE'))
    const [put] = await Promise.all([
      call('PUT', `/accounting-entries/${raced.id}`, sale('2024-03-02', 20, 'RACE')),
      call('POST', '/accounting-entries/validate', { entry_ids: [raced.id] }),
    ])
    const { lines } = await view(raced.id)
    assert.deepEqual([lines.length, lines[0]?.debit === lines[1]?.credit], [2, true])
    if (put.status === 200) assert.equal(lines[0]?.debit, '20.00')
  }
})

test('lines that settle each other are lettered, validated or not, and others are refused', async () => {
  const account = (amounts: object) => ({ account_number: '467100', account_label: 'Tiers', ...amounts })
  const entry = await create({
    ...sale('2024-04-01'),
    lines: [account({ debit: 10 }), account({ credit: 10 }), account({ debit: 7 }), account({ credit: 7 })],
  })
  await validate({ entry_ids: [entry.id] })
  const letter = (numbers: number[], code?: string) =>
    call('POST', '/accounting-entries/letter', {
      lines: numbers.map((line_number) => ({ entry_id: entry.id, line_number })),
      ...(code ? { code } : {}),
    })
  await expectError(letter([1, 4]), 422, 'lettering_refused')
  await expectError(letter([1, 9]), 404, 'lettering_lines_unknown')
  assert.equal((await expectStatus<{ lettering: string }>(letter([1, 2]), 200)).lettering, 'A')
  await expectError(letter([1, 2]), 404, 'lettering_lines_unknown')
  await expectError(letter([3, 4], 'A'), 409, 'lettering_code_taken')
  assert.equal((await expectStatus<{ lettering: string }>(letter([3, 4]), 200)).lettering, 'B')
  const open = await expectStatus<{ lines: unknown[] }>(
    call('GET', '/accounting-entries/lines?account_number=467100&lettered=false'),
    200,
  )
  assert.deepEqual(open.lines, [])
  await expectStatus(call('POST', '/accounting-entries/unletter', { account_number: '467100', code: 'A' }), 200)
  const again = { account_number: '467100', code: 'A' }
  await expectError(call('POST', '/accounting-entries/unletter', again), 404, 'lettering_unknown')
  assert.deepEqual(
    (await view(entry.id)).lines.map((line) => line.lettering),
    [null, null, 'B', 'B'],
  )
})

test('entries are listed by date, journal and state, and accounts line by line, page by page', async () => {
  for (const day of ['2019-01-03', '2019-01-01', '2019-01-02']) await create(sale(day, 1, 'LST'))
  type Page = { entries: EntryBody[]; lines: { entry_id: string }[]; total: number | null; next_after: string | null }
  const walk = async (path: string) => {
    const pages: Page[] = []
    let after = ''
    do {
      const page = await expectStatus<Page>(call('GET', `${path}${after}`), 200)
      pages.push(page)
      after = page.next_after === null ? '' : `&after=${page.next_after}`
    } while (after)
    return pages
  }
  const listed = (await walk('/accounting-entries?journal_code=LST&status=draft&page_size=2')).flatMap(
    (page) => page.entries,
  )
  assert.deepEqual(
    listed.map((entry) => [entry.lines.length, entry.lines[0]?.debit]),
    Array(3).fill([2, '1.00']),
  )
  const lines = await walk(
    '/accounting-entries/lines?account_number=411000&date_from=2019-01-01&date_to=03/01/2019&page_size=2',
  )
  assert.deepEqual(
    lines.flatMap((page) => page.lines).map((line) => line.entry_id),
    listed.map((entry) => entry.id),
  )
  const [first] = await walk('/accounting-entries?page_size=500')
  assert.equal(first?.total, first?.entries.length)
})

test('fiscal years follow the company’s calendar, which stays while entries would change their year', async () => {
  const company = (body: object) => call('PUT', '/company', body)
  const inYear = async (date: string) => (await create(sale(date, 1, 'FY'))).fiscal_year
  const irregular_years = [{ fiscal_year: 2012, starts_on: '2010-10-01', ends_on: '2012-06-30' }]
  await expectStatus(company({ siren: '732829320', irregular_years }), 200)
  for (const [date, year] of [
    ['2010-09-30', 2010],
    ['2010-10-01', 2012],
    ['2012-06-30', 2012],
    ['2012-07-01', 2013],
  ] as const) {
    assert.equal(await inYear(date), year, date)
  }
  assert.match(await expectError(company({}), 409, 'fiscal_calendar_in_use'), /2012|2013/)
  await expectError(company({ siren: '732829321', irregular_years }), 422, 'siren_invalid')
  await expectError(company({ fiscal_year_end: '02-30', irregular_years }), 422, 'fiscal_calendar_invalid')
  const shown = await expectStatus<{ siren: string }>(call('GET', '/company'), 200)
  assert.equal(shown.siren, '732829320')
})
