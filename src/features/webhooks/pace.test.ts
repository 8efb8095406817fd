import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstPace, Pace } from './pace.ts'

test('an endpoint that does not answer comes down to one at a time, and is at full pace soon after it answers again', () => {
  const pace = new Pace<number>(false)
  for (let i = 0; i < 10; i++) pace.overloaded()
  assert.equal(pace.allowance(), 1)
  for (let i = 0; i < 100; i++) pace.succeeded()
  pace.allowance()
  assert.equal(pace.allowance(), 32)
})

test('an endpoint that failed before begins with one', () => {
  assert.equal(new Pace(true).allowance(), 1)
  assert.equal(new Pace(false).allowance(), firstPace)
})

test('more than may be sent at once is held for fast receivers only', () => {
  const slow = new Pace<number>(false)
  assert.equal(slow.allowance(), firstPace)
  const fast = new Pace<number>(false)
  for (let i = 0; i < 20; i++) fast.succeeded()
  assert.equal(fast.allowance(), firstPace + 20 + 40)
  assert.equal(fast.allowance(), firstPace + 20, 'what has been claimed for is not claimed for again')
})

test('whatever happens, never more are under way than the limit of 32, and everything held is sent or let go once', () => {
  const step = fc.constantFrom('claim', 'succeed', 'overload', 'let go')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.boolean(), (steps, failing) => {
      const pace = new Pace<number>(failing)
      let made = 0
      const sent: number[] = []
      const returned: number[] = []
      const send = () => {
        for (let next = pace.next(); next !== undefined; next = pace.next()) {
          sent.push(next)
          pace.inFlight++
        }
      }
      for (const one of steps) {
        if (one === 'claim') for (let n = pace.allowance(); n > 0; n--) pace.hold(made++)
        else if (one === 'let go') returned.push(...pace.letGo())
        else if (pace.inFlight > 0) {
          pace.inFlight--
          if (one === 'succeed') pace.succeeded()
          else pace.overloaded()
        }
        send()
        assert.ok(pace.inFlight <= 32)
      }
      returned.push(...pace.letGo())
      assert.deepEqual(
        [...sent, ...returned].sort((a, b) => a - b),
        Array.from({ length: made }, (_, i) => i),
      )
    }),
  )
})
