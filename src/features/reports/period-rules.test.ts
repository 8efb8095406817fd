import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextRuns } from '#kernel/cron.ts'
import { cronProblem } from './cron.ts'
import { formatValue } from './format-rules.ts'
import { dayIn, daysLater, resolvePeriod, utcOf, weekOf } from './period-rules.ts'

test('a month is all its days, also in a leap year; without one it is the last complete one', () => {
  assert.deepEqual(resolvePeriod('month', { month: '2024-02' }, '2026-11-22'), { from: '2024-02-01', to: '2024-02-29' })
  assert.deepEqual(resolvePeriod('month', {}, '2024-01-01'), { from: '2023-12-01', to: '2023-12-31' })
  assert.deepEqual(resolvePeriod('month', { month: 'current' }, '2024-02-10'), { from: '2024-02-01', to: '2024-02-29' })
})

test('weeks are those of ISO 8601: the first one has the fourth of January, and only some years have 53', () => {
  assert.deepEqual(weekOf('2021-W01'), { from: '2021-01-04', to: '2021-01-10' })
  assert.deepEqual(weekOf('2020-W53'), { from: '2020-12-28', to: '2021-01-03' })
  assert.equal(weekOf('2021-W53'), null)
  assert.deepEqual(resolvePeriod('week', { week: '2021-W53' }, '2024-01-01'), {
    parameter: 'week',
    told: { message: 'The year has no such week', code: 'report_no_week', parameters: {} },
  })
})

test('whatever the day, the last week is the seven days from Monday before the present week', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (offset) => {
      const today = daysLater('1990-01-01', offset)
      const period = resolvePeriod('week', {}, today)
      assert.ok('from' in period)
      assert.equal(new Date(utcOf(period.from)).getUTCDay(), 1)
      assert.equal(daysLater(period.from, 6), period.to)
      assert.ok(period.to < today && daysLater(period.to, 7) >= today)
    }),
  )
})

test('days: both ends, a name, or the last thirty; nonsense is named', () => {
  const at = (given: object) => resolvePeriod('days', { ...given }, '2024-03-15')
  assert.deepEqual(at({}), { from: '2024-02-14', to: '2024-03-14' })
  assert.deepEqual(at({ from: '2024-03-01' }), { from: '2024-03-01', to: '2024-03-15' })
  assert.deepEqual(at({ period: 'last_month' }), { from: '2024-02-01', to: '2024-02-29' })
  for (const [given, parameter] of [
    [{ from: '2024-02-30', to: '2024-03-01' }, 'from'],
    [{ from: '2024-03-02', to: '2024-03-01' }, 'to'],
    [{ from: '2023-01-01', to: '2024-03-01' }, 'to'],
    [{ from: '2024-03-01', period: 'last_month' }, 'period'],
    [{ to: '2024-03-01' }, 'from'],
  ] as const) {
    const refused = at(given)
    assert.ok('parameter' in refused && refused.parameter === parameter, JSON.stringify(given))
  }
})

test('today is the day on the wall of the time zone', () => {
  const moment = new Date('2024-03-31T22:30:00Z')
  assert.equal(dayIn('UTC', moment), '2024-03-31')
  assert.equal(dayIn('Europe/Paris', moment), '2024-04-01')
  assert.equal(dayIn('America/New_York', moment), '2024-03-31')
})

test('a schedule runs once a day by the clock on the wall, also when the clock is set forward or back', () => {
  const days = (after: string) =>
    nextRuns('30 2 * * *', { timeZone: 'Europe/Paris', after: new Date(after), count: 4 }).map((run) =>
      run.toISOString(),
    )
  // The 29th has no half past two: it runs when the clock jumps. The 25th has two: it runs at the first one.
  assert.deepEqual(days('2026-03-27T12:00:00Z'), [
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
    '2026-03-31T00:30:00.000Z',
  ])
  assert.deepEqual(days('2026-10-23T12:00:00Z'), [
    '2026-10-24T00:30:00.000Z',
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
    '2026-10-27T01:30:00.000Z',
  ])
  const mondays = nextRuns('0 8 * * 1', { timeZone: 'Europe/Paris', after: new Date('2026-10-20T00:00:00Z'), count: 2 })
  assert.deepEqual(
    mondays.map((run) => run.toISOString()),
    ['2026-10-26T07:00:00.000Z', '2026-11-02T07:00:00.000Z'],
  )
})

test('a pattern that is none, never comes or comes too often is refused', () => {
  const now = new Date('2026-11-22T00:00:00Z')
  assert.equal(cronProblem('0 8 * * 1', 'Europe/Paris', now), null)
  assert.equal(cronProblem('*/15 * * * *', 'UTC', now), null)
  assert.match(cronProblem('*/5 * * * *', 'UTC', now)?.message ?? '', /every 15 minutes/)
  assert.match(cronProblem('0 0 30 2 *', 'UTC', now)?.message ?? '', /Never/)
  for (const pattern of ['', 'monday', '* * * * * *', '61 * * * *', '@daily; rm -rf', '0 8 * *']) {
    assert.match(cronProblem(pattern, 'UTC', now)?.message ?? '', /five fields/, pattern)
  }
})

test('numbers and days are written as the French and the English do, to the last cent', () => {
  const fr = { language: 'fr', currency: 'EUR', timeZone: 'Europe/Paris' } as const
  const en = { ...fr, language: 'en' } as const
  assert.equal(formatValue('money', '1234567890123.45', fr), '1\u202f234\u202f567\u202f890\u202f123,45\u00a0€')
  assert.equal(formatValue('money', '1234567890123.45', en), '€1,234,567,890,123.45')
  assert.equal(formatValue('day', '2024-01-31', fr), '31/01/2024')
  assert.equal(formatValue('moment', '2024-06-30T22:30:00Z', fr), '01/07/2024 00:30')
  assert.equal(formatValue('percent', '12.5', fr), '12,5\u202f%')
  assert.equal(formatValue('integer', null, fr), '')
})
