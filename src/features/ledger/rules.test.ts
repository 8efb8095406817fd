import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayAfter } from '#kernel/calendar-date.ts'
import { fromUnits, toUnits } from '#kernel/decimal.ts'
import { numberAfter, placeInSequence } from '#kernel/entry-number.ts'
import type { FiscalCalendar } from './company/rules.ts'
import { defaultCalendar, fiscalYear, fiscalYearOf, requireValidCompany } from './company/rules.ts'
import { letteringAfter } from './entries/rules.ts'
import { amountsOfLines, lineNetAmount, mayFollow } from './invoices/rules.ts'
import { invoiceStatuses } from './invoices/schemas.ts'
import { decodeCursor, encodeCursor } from './list-rules.ts'

const day = fc
  .date({ min: new Date('1950-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const yearEnd = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([month, dayOfMonth]) => [month, dayOfMonth].map((part) => String(part).padStart(2, '0')).join('-'))
/** With up to one year that begins or ends elsewhere than the others. */
const calendar: fc.Arbitrary<FiscalCalendar> = fc
  .record({
    fiscalYearEnd: fc.oneof(yearEnd, fc.constant('02-29')),
    irregular: fc.option(fc.tuple(day, fc.nat({ max: 700 }))),
  })
  .map(({ fiscalYearEnd, irregular }) => {
    if (!irregular) return { fiscalYearEnd, irregularYears: [] }
    const [startsOn, days] = irregular
    const endsOn = new Date(Date.parse(startsOn) + days * 86_400_000).toISOString().slice(0, 10)
    return { fiscalYearEnd, irregularYears: [{ fiscalYear: Number(endsOn.slice(0, 4)), startsOn, endsOn }] }
  })

test('every day belongs to the fiscal year that it lies in', () => {
  fc.assert(
    fc.property(calendar, day, (given, date) => {
      requireValidCompany({ siren: null, ...given })
      const { startsOn, endsOn } = fiscalYear(given, fiscalYearOf(given, date))
      assert.ok(startsOn <= date && date <= endsOn, `${date} is not in ${startsOn} to ${endsOn}`)
    }),
    { numRuns: 2000 },
  )
})

test('fiscal years follow one another without a day between them', () => {
  fc.assert(
    fc.property(yearEnd, fc.integer({ min: 1950, max: 2090 }), (fiscalYearEnd, year) => {
      const given = { fiscalYearEnd, irregularYears: [] }
      assert.equal(dayAfter(fiscalYear(given, year).endsOn), fiscalYear(given, year + 1).startsOn)
    }),
  )
  // As text, the year 10000 would come before it.
  assert.equal(fiscalYearOf({ fiscalYearEnd: '06-30', irregularYears: [] }, '9999-12-31'), 10_001)
  const { startsOn, endsOn } = fiscalYear(defaultCalendar, 2024)
  assert.deepEqual([startsOn, endsOn], ['2024-01-01', '2024-12-31'])
})

test('a number is followed by the next of its sequence, as wide as it is', () => {
  assert.deepEqual(['9', 'VE0099', 'VE99', '2024-09', null].map(numberAfter), ['10', 'VE0100', 'VE100', '2024-10', '1'])
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z-]{0,5}[0-9]{1,12}$/), (number) => {
      const [place, next] = [placeInSequence(number), placeInSequence(numberAfter(number))]
      assert.equal(next?.prefix, place?.prefix)
      assert.equal(next?.sequence, (place?.sequence ?? 0n) + 1n)
    }),
  )
})

test('lettering codes go on from Z to AA and never come again', () => {
  const seen = new Set<string>()
  let code: string | null = null
  for (let i = 0; i < 2000; i++) {
    code = letteringAfter(code)
    assert.match(code, /^[A-Z]+$/)
    assert.ok(!seen.has(code))
    seen.add(code)
  }
  assert.deepEqual(['Z', 'AZ', 'ZZ', '07'].map(letteringAfter), ['AA', 'BA', 'AAA', 'A'])
})

const line = fc.record({
  description: fc.constant('x'),
  quantity: fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }).map((units) => fromUnits(units, 3)),
  unitPrice: fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }).map((units) => fromUnits(units, 4)),
  vatRate: fc.constantFrom('0.00', '2.10', '5.50', '10.00', '20.00'),
})

test('an invoice’s total is the sum of its parts, whatever the order of its lines', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const numbered = lines.map((one) => ({ ...one, netAmount: lineNetAmount(one) }))
      const amounts = amountsOfLines(numbered)
      const net = numbered.reduce((sum, one) => sum + toUnits(one.netAmount), 0n)
      assert.equal(toUnits(amounts.netAmount), net)
      assert.equal(toUnits(amounts.totalAmount), net + toUnits(amounts.taxAmount))
      assert.deepEqual(amountsOfLines(numbered.toReversed()), amounts)
    }),
  )
})

test('what is paid or cancelled stays so, and every status can be reached', () => {
  for (const final of ['paid', 'cancelled'] as const) {
    for (const status of invoiceStatuses) assert.equal(mayFollow(final, status), false)
  }
  for (const status of invoiceStatuses)
    assert.ok(
      invoiceStatuses.some((from) => mayFollow(from, status)),
      status,
    )
})

test('a cursor leads back to its key, and nothing else is one', () => {
  fc.assert(
    fc.property(day, fc.uuid(), fc.string(), (date, id, text) => {
      const key = [date, id, text.replaceAll('\0', '')]
      assert.deepEqual(decodeCursor(encodeCursor(key), ['date', 'uuid', 'text']), key)
      assert.throws(() => decodeCursor(encodeCursor(key), ['uuid', 'date', 'text']), { code: 'validation_failed' })
      assert.throws(() => decodeCursor(text, ['date', 'uuid', 'text']), { code: 'validation_failed' })
    }),
  )
})
