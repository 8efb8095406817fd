import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isTimeZone } from '#kernel/time-zone.ts'
import { isQuiet, nextDigest, quietUntil } from './quiet-hours.ts'

const night = { startMinute: 22 * 60, endMinute: 8 * 60, timeZone: 'Europe/Paris' }
const until = (at: string, hours = night) => quietUntil(new Date(at), hours)?.toISOString() ?? null

test('a message in the evening waits until the morning, one by day goes out', () => {
  assert.equal(until('2026-01-15T22:30:00Z'), '2026-01-16T07:00:00.000Z')
  assert.equal(until('2026-01-15T03:00:00Z'), '2026-01-15T07:00:00.000Z')
  assert.equal(until('2026-01-15T12:00:00Z'), null)
  assert.equal(until('2026-01-15T07:00:00Z'), null, 'the end itself is not quiet any more')
  assert.equal(until('2026-01-15T21:00:00Z'), '2026-01-16T07:00:00.000Z', 'the start is')
})

test('the night in which clocks change ends when the clock shows eight', () => {
  // 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00.
  assert.equal(until('2026-03-28T22:00:00Z'), '2026-03-29T06:00:00.000Z')
  assert.equal(until('2026-10-24T21:00:00Z'), '2026-10-25T07:00:00.000Z')
})

test('an end that the clock jumps over is the moment of the jump, one that it shows twice comes twice', () => {
  const short = { startMinute: 22 * 60, endMinute: 150, timeZone: 'Europe/Paris' }
  assert.equal(until('2026-03-29T00:30:00Z', short), '2026-03-29T01:00:00.000Z')
  assert.equal(until('2026-10-25T00:00:00Z', short), '2026-10-25T00:30:00.000Z')
  assert.equal(until('2026-10-25T01:10:00Z', short), '2026-10-25T01:30:00.000Z')
})

const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Africa/Casablanca', 'UTC']
/** Minutes around changes of the clock somewhere in those zones, and anywhere else. */
const moments = fc.oneof(
  ...[
    '2026-03-29T01:00:00Z',
    '2026-10-25T01:00:00Z',
    '2026-03-08T07:00:00Z',
    '2026-11-01T06:00:00Z',
    '2026-04-04T15:00:00Z',
    '2026-10-03T15:30:00Z',
    '2026-02-15T02:00:00Z',
    '2026-03-22T02:00:00Z',
  ].map((change) =>
    fc.integer({ min: -2880, max: 1440 }).map((minutes) => new Date(Date.parse(change) + minutes * 60_000)),
  ),
  fc
    .integer({ min: 0, max: 525_600 })
    .map((minutes) => new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000)),
)
const hoursOf = fc
  .record({
    startMinute: fc.integer({ min: 0, max: 1439 }),
    endMinute: fc.integer({ min: 0, max: 1439 }),
    timeZone: fc.constantFrom(...zones),
  })
  .filter(({ startMinute, endMinute }) => startMinute !== endMinute)

/** What the clock on the wall shows, by another library than the one that is tested. */
function wallMinute(at: Date, timeZone: string): number {
  const [hour = 0, minute = 0] = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
    .format(at)
    .split(':')
    .map(Number)
  return hour * 60 + minute
}

test('law: the wait ends at the first minute that is not quiet, whatever clocks do in between', () => {
  fc.assert(
    fc.property(moments, hoursOf, (at, hours) => {
      const end = quietUntil(at, hours)
      const { startMinute: from, endMinute: to } = hours
      const minute = wallMinute(at, hours.timeZone)
      const quiet = from < to ? minute >= from && minute < to : minute >= from || minute < to
      assert.equal(isQuiet(at, hours), quiet)
      if (!quiet) return assert.equal(end, null)
      assert.ok(end && end > at, 'it ends')
      assert.equal(isQuiet(end, hours), false, 'after it nobody is disturbed')
      for (let t = at.getTime(); t < end.getTime(); t += 27 * 60_000)
        assert.ok(isQuiet(new Date(t), hours), 'not before it')
      assert.ok(isQuiet(new Date(end.getTime() - 1), hours), 'and not a moment too late')
    }),
    { numRuns: 150 },
  )
})

test('law: the next digest is later, at the full hour on the wanted day, and none lies in between', () => {
  fc.assert(
    fc.property(
      moments,
      fc.record({
        every: fc.constantFrom('daily' as const, 'weekly' as const),
        hour: fc.integer({ min: 4, max: 23 }),
        weekday: fc.integer({ min: 1, max: 7 }),
        timeZone: fc.constantFrom(...zones),
      }),
      (at, digest) => {
        const next = nextDigest(at, digest)
        assert.ok(next > at)
        assert.equal(wallMinute(next, digest.timeZone), digest.hour * 60)
        assert.ok(next.getTime() - at.getTime() <= (digest.every === 'daily' ? 25.5 : 7 * 24 + 1.5) * 3_600_000)
        if (digest.every === 'weekly') {
          const name = new Intl.DateTimeFormat('en', { timeZone: digest.timeZone, weekday: 'short' }).format(next)
          assert.equal(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(name) + 1, digest.weekday)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('knows time zones by their names only', () => {
  for (const name of ['Europe/Paris', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+2'])
    assert.ok(isTimeZone(name), name)
  for (const name of ['', 'Paris', '+02:00', 'Europe/Atlantis', '../etc', 'Europe/Paris ', 'constructor']) {
    assert.equal(isTimeZone(name), false, name)
  }
})
