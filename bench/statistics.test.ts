import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatio, spread } from './statistics.ts'

test('the median is the middle value, whatever the order', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([10, 9, 100, 8]), 9.5)
  assert.equal(median([7]), 7)
})

test('one outlier does not move the median', () => {
  assert.equal(median([100, 101, 99, 100, 1]), 100)
})

test('no values have no median', () => {
  assert.throws(() => median([]), RangeError)
})

test('a disturbance of both contestants in one round leaves the ratio as it is', () => {
  assert.equal(pairedRatio([80, 40, 80], [100, 50, 100]), 0.8)
})

test('refuses to compare contestants with different numbers of rounds', () => {
  assert.throws(() => pairedRatio([1, 2], [1]), RangeError)
})

test('the spread is the widest difference as a part of the median', () => {
  assert.equal(spread([90, 100, 120]), 0.3)
  assert.equal(spread([5, 5]), 0)
})
