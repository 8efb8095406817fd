import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Grant } from './lease.ts'
import { empty, leaseOf, provisionalLease, stateOf, tightest, verdictOf } from './lease.ts'

const windowMs = 60_000

function grant(fields: Partial<Grant> = {}): Grant {
  return {
    most: 100,
    granted: 10,
    remaining: 90,
    othersHold: false,
    passing: false,
    databaseNowMs: 5_000,
    windowStartMs: 0,
    ...fields,
  }
}

test('never gives out after the end of the window by the clock of the database, whatever the clock of the node shows', () => {
  const moments = fc.record({
    // By the clock of the database: when the question was sent, answered there, and when a request comes.
    sent: fc.integer({ min: 0, max: 200_000 }),
    travelled: fc.integer({ min: 0, max: 20_000 }),
    asked: fc.integer({ min: 0, max: 300_000 }),
    skew: fc.integer({ min: -1e12, max: 1e12 }),
  })
  fc.assert(
    fc.property(moments, ({ sent, travelled, asked, skew }) => {
      const databaseNowMs = sent + travelled
      const windowStartMs = Math.floor(databaseNowMs / windowMs) * windowMs
      const lease = leaseOf(grant({ databaseNowMs, windowStartMs }), sent + skew, windowMs)
      const now = Math.max(asked, databaseNowMs)
      const state = stateOf(lease, now + skew)
      if (now >= windowStartMs + windowMs) assert.equal(state, 'lacking')
      // And it ends early by no more than the answer took.
      if (now < windowStartMs + windowMs - travelled) assert.equal(state, 'open')
    }),
  )
})

test('asks the database only when its own part is used up and there may be more', () => {
  const fresh = leaseOf(grant({ granted: 1, remaining: 5 }), 0, windowMs)
  assert.equal(stateOf(fresh, 1), 'open')
  fresh.available--
  assert.equal(stateOf(fresh, 1), 'lacking')
  const last = leaseOf(grant({ granted: 0, remaining: 0 }), 0, windowMs)
  assert.equal(stateOf(last, 1), 'refused')
  const held = leaseOf(grant({ granted: 0, remaining: 0, othersHold: true }), 0, windowMs)
  assert.equal(stateOf(held, 1), 'lacking')
  held.refusedUntil = 1_000
  assert.equal(stateOf(held, 999), 'refused')
  assert.equal(stateOf(held, 1_000), 'lacking')
  assert.equal(stateOf(undefined, 0), 'lacking')
})

test('what was given back is not given out', () => {
  const lease = leaseOf(grant({ granted: 7, remaining: 0 }), 0, windowMs)
  lease.available--
  assert.equal(empty(lease), 6)
  assert.equal(stateOf(lease, 1), 'lacking')
  assert.equal(empty(lease), 0)
})

test('a caller hears of the quota that has the least left', () => {
  const user = leaseOf(grant({ most: 100, granted: 50, remaining: 20 }), 0, windowMs)
  const tenant = leaseOf(grant({ most: 1000, granted: 5, remaining: 30 }), 0, windowMs)
  const transfer = leaseOf(grant({ most: 10, granted: 5, remaining: 65 }), 0, windowMs)
  assert.equal(tightest([user, tenant, transfer]), tenant)
  assert.equal(tightest([user, transfer]), transfer, 'of equals, the smaller limit')
  assert.deepEqual(verdictOf(user, true, 40_000, windowMs), {
    allowed: true,
    limit: 100,
    remaining: 70,
    resetEpochSeconds: 60,
    retryAfterSeconds: 15,
  })
  assert.equal(verdictOf(user, false, 54_999, windowMs).retryAfterSeconds, 1)
  assert.equal(verdictOf(user, false, 54_999, windowMs).remaining, 0)
})

test('without the database a node gives out the limit once in a while of its own', () => {
  const lease = provisionalLease(2, { endsAt: 5_000, windowStartMs: 0 })
  assert.equal(stateOf(lease, 4_999), 'open')
  lease.available = 0
  assert.equal(stateOf(lease, 4_999), 'refused')
  assert.equal(stateOf(lease, 5_000), 'lacking')
})
