import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastDays } from './rules.ts'

test('days are those of the clock of the caller, today last', () => {
  const now = new Date('2024-03-01T23:30:00Z')
  const utc = lastDays(now, { days: 2, offsetMinutes: 0 })
  assert.deepEqual(utc, [
    { name: '2024-02-29', begins: new Date('2024-02-29T00:00:00Z') },
    { name: '2024-03-01', begins: new Date('2024-03-01T00:00:00Z') },
  ])
  assert.deepEqual(lastDays(now, { days: 1, offsetMinutes: 60 }), [
    { name: '2024-03-02', begins: new Date('2024-03-01T23:00:00Z') },
  ])
  assert.deepEqual(lastDays(now, { days: 1, offsetMinutes: -300 }), [
    { name: '2024-03-01', begins: new Date('2024-03-01T05:00:00Z') },
  ])
})
