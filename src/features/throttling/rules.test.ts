import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Standing } from './rules.ts'
import {
  attackFailures,
  blockSecondsAfter,
  delayAfter,
  holdMs,
  isForgotten,
  longestDelaySeconds,
  networkOf,
  secondsToWait,
} from './rules.ts'

const now = new Date('2026-03-01T12:00:00Z')
const standing = (changes: Partial<Standing>): Standing => ({
  scope: 'pair',
  failures: 0,
  lastFailedAt: now,
  blockedUntil: now,
  ...changes,
})

test('lets five failures pass, then doubles the delay up to 15 minutes', () => {
  const delays = Array.from({ length: 18 }, (_, failures) => delayAfter(failures))
  assert.deepEqual(delays, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
})

test('never shortens the delay for another failure, nor exceeds the longest', () => {
  fc.assert(
    fc.property(fc.nat(5_000), (failures) => {
      assert.ok(delayAfter(failures + 1) >= delayAfter(failures))
      assert.ok(delayAfter(failures) <= longestDelaySeconds)
    }),
  )
})

test('never refuses a password because of failures elsewhere, whoever many there are', () => {
  fc.assert(
    fc.property(fc.nat(100_000), (failures) => {
      assert.equal(blockSecondsAfter(failures, { scope: 'subject', kind: 'password' }), 0)
    }),
  )
})

test('stops guesses of codes from strange addresses after fifty, since who guesses codes has the password', () => {
  assert.equal(blockSecondsAfter(attackFailures - 1, { scope: 'subject', kind: 'code' }), 0)
  assert.equal(blockSecondsAfter(attackFailures, { scope: 'subject', kind: 'code' }), 3600)
})

test('makes a known address wait for its own failures of this user only', () => {
  const later = new Date(now.getTime() + 30_000)
  const byOthers = [
    standing({ scope: 'address', blockedUntil: later }),
    standing({ scope: 'subject', blockedUntil: later }),
  ]
  assert.equal(secondsToWait(byOthers, now, { isKnownAddress: true }), 0)
  assert.equal(secondsToWait(byOthers, now, { isKnownAddress: false }), 30)
  const own = [standing({ blockedUntil: later })]
  assert.equal(secondsToWait(own, now, { isKnownAddress: true }), 30)
})

test('holds answers to strange addresses back, at most four seconds, while a user is under attack', () => {
  const under = (failures: number) => [standing({ scope: 'subject', failures })]
  assert.equal(holdMs(under(attackFailures - 1), now, { isKnownAddress: false }), 0)
  assert.equal(holdMs(under(attackFailures), now, { isKnownAddress: false }), 100)
  assert.equal(holdMs(under(10_000), now, { isKnownAddress: false }), 4_000)
  assert.equal(holdMs(under(10_000), now, { isKnownAddress: true }), 0)
})

test('forgets failures after an hour without another', () => {
  assert.equal(isForgotten({ lastFailedAt: new Date(now.getTime() - 3_600_000) }, now), false)
  assert.equal(isForgotten({ lastFailedAt: new Date(now.getTime() - 3_600_001) }, now), true)
})

test('counts an IPv6 subscriber as one, and an IPv4 address in either form as the same', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:db8:1:2:ffff::1'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf(null), 'unknown')
})
