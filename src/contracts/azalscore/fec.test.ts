import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Caller, EntryBody } from './ledger.fixture.ts'
import { expectError, expectStatus, ledgerCaller, sale } from './ledger.fixture.ts'

let app: TestApp
let call: Caller
before(async () => {
  app = await startTestApp()
  call = await ledgerCaller(app)
})
after(() => app.close())

type Report = {
  valid: boolean
  entries: number
  lines: number
  debit: string
  credit: string
  faults: { kind: string; row: number | null; entry: string | null; field: string | null; message: string }[]
  counts: Record<string, number>
}
const check = (body: object) => expectStatus<Report>(call('POST', '/export/fec/check', body), 200)

test('a year is sound once its entries are validated; until then each draft is named', async () => {
  assert.deepEqual((await check({ fiscal_year: 2024 })).counts, { empty: 1 })
  for (const day of ['2024-01-01', '2024-12-31', '2025-01-01']) {
    await expectStatus<EntryBody>(call('POST', '/accounting-entries', sale(day, '1 234,56')), 201)
  }
  const drafts = await check({ fiscal_year: 2024 })
  assert.deepEqual([drafts.valid, drafts.counts], [false, { not_validated: 4 }])
  assert.deepEqual(
    drafts.faults.map(({ kind, row, entry, field }) => ({ kind, row, entry, field })),
    [2, 3, 4, 5].map((row) => ({ kind: 'not_validated', row, entry: 'VE (draft)', field: 'ValidDate' })),
  )
  await expectStatus(call('POST', '/accounting-entries/validate', { up_to: '2025-12-31' }), 200)
  const sound = await check({ fiscal_year: 2024 })
  assert.deepEqual(sound, {
    valid: true,
    entries: 2,
    lines: 4,
    debit: '2469.12',
    credit: '2469.12',
    faults: [],
    counts: {},
  })
})

test('what ISO 8859-15 cannot write is told, with the encoding that can', async () => {
  const entry = { ...sale('2023-05-05', 1), label: 'Facture l’été — Łódź' }
  await expectStatus(call('POST', '/accounting-entries', entry), 201)
  await expectStatus(call('POST', '/accounting-entries/validate', { up_to: '2023-12-31' }), 200)
  const latin = await check({ fiscal_year: 2023 })
  assert.deepEqual(latin.counts, { character_not_allowed: 2 })
  assert.match(latin.faults[0]?.message ?? '', /"Ł", which iso-8859-15 does not have/)
  assert.equal((await check({ fiscal_year: 2023, encoding: 'utf-8' })).valid, true)
})

test('a year or an encoding that there is not is refused', async () => {
  for (const body of [{ fiscal_year: 24 }, {}, { fiscal_year: 2024, encoding: 'ebcdic' }]) {
    await expectError(call('POST', '/export/fec/check', body), 422, 'validation_failed')
  }
})
