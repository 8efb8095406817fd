import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayAfter, dayInFrance, isCalendarDate, parseCalendarDate } from './calendar-date.ts'

const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-30'), noInvalidDate: true })
const isoOf = (date: Date) => date.toISOString().slice(0, 10)

test('every day of the calendar is one, and the day after it is the next', () => {
  fc.assert(
    fc.property(days, (date) => {
      const day = isoOf(date)
      assert.ok(isCalendarDate(day))
      assert.equal(dayAfter(day), isoOf(new Date(date.getTime() + 86_400_000)))
      const [year, month, dayOfMonth] = day.split('-')
      assert.equal(parseCalendarDate(`${dayOfMonth}/${month}/${year}`), day)
      assert.equal(parseCalendarDate(day), day)
    }),
  )
})

test('days that no calendar has, and other spellings, are refused', () => {
  const refused = ['2023-02-29', '1900-02-29', '31/04/2024', '2024-13-01', '2024-00-10', '0000-01-01', '12/31/2024']
  for (const text of [...refused, '', '31/12/24', '31/12-2024', '20241231', '2024-1-1'])
    assert.equal(parseCalendarDate(text), null, text)
})

test('the day in France begins at midnight there, in winter and in summer', () => {
  assert.equal(dayInFrance(new Date('2024-12-31T22:59:59Z')), '2024-12-31')
  assert.equal(dayInFrance(new Date('2024-12-31T23:00:00Z')), '2025-01-01')
  assert.equal(dayInFrance(new Date('2024-06-30T22:00:00Z')), '2024-07-01')
})
