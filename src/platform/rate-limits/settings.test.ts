import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentedRateLimits, parseRateLimits } from './settings.ts'

test('"on" is what the document says, "off" is no limit', () => {
  assert.deepEqual(parseRateLimits('on'), { user: 100, tenant: 1000, transfer: 10, address: 100 })
  assert.equal(parseRateLimits(' OFF '), null)
})

test('takes some limits and leaves the others as documented', () => {
  assert.deepEqual(parseRateLimits('user=5, transfer=2'), { ...documentedRateLimits, user: 5, transfer: 2 })
  assert.equal(parseRateLimits('tenant=1000000')?.tenant, 1_000_000)
})

test('refuses what it does not understand instead of limiting nothing', () => {
  for (const text of ['', 'yes', 'user', 'user=', 'user=0', 'user=-1', 'user=1.5', 'users=5', 'user=5;tenant=6']) {
    assert.throws(() => parseRateLimits(text), RangeError, text)
  }
  for (const text of ['user=5,user=6', 'user=1000001', 'user=5,', 'on,user=5', 'constructor=5']) {
    assert.throws(() => parseRateLimits(text), RangeError, text)
  }
})
