import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareRoundTrips } from './shared-round-trips.ts'

/** Round trips that end when told to. */
function openTrips() {
  const trips: { calls: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const waiting: (() => void)[] = []
  const ask = shareRoundTrips<object, string, string>(
    (_where, calls) =>
      new Promise((resolve, reject) => {
        trips.push({ calls, answer: () => resolve(calls.map((call) => `${call}!`)), fail: reject })
        for (const go of waiting.splice(0)) go()
      }),
  )
  const trip = async (index: number) => {
    while (!trips[index]) await new Promise<void>((resolve) => waiting.push(resolve))
    return trips[index]
  }
  return { ask, trip, trips }
}

const where = {}

test('calls of one moment share a round trip, and each gets its own answer', async () => {
  const { ask, trip } = openTrips()
  const answers = [ask(where, 'a'), ask(where, 'b')]
  const first = await trip(0)
  assert.deepEqual(first.calls, ['a', 'b'])
  first.answer()
  assert.deepEqual(await Promise.all(answers), ['a!', 'b!'])
})

test('a call never joins a round trip that was sent before it', async () => {
  const { ask, trip, trips } = openTrips()
  const early = ask(where, 'a')
  const first = await trip(0)
  const late = [ask(where, 'a'), ask(where, 'b')]
  assert.equal(trips.length, 1)
  first.answer()
  assert.equal(await early, 'a!')
  const second = await trip(1)
  assert.deepEqual(second.calls, ['a', 'b'])
  second.answer()
  assert.deepEqual(await Promise.all(late), ['a!', 'b!'])
})

test('a failure reaches the calls of its round trip only', async () => {
  const { ask, trip } = openTrips()
  const failing = ask(where, 'a')
  const first = await trip(0)
  const fine = ask(where, 'b')
  first.fail(new Error('lost'))
  await assert.rejects(failing, /lost/)
  ;(await trip(1)).answer()
  assert.equal(await fine, 'b!')
})

test('a round trip that hangs does not hold up the others', async () => {
  const { ask, trip } = openTrips()
  const hanging = ask(where, 'a')
  const first = await trip(0)
  const other = ask(where, 'b')
  ;(await trip(1)).answer()
  assert.equal(await other, 'b!')
  first.answer()
  assert.equal(await hanging, 'a!')
})

test('databases have round trips of their own', async () => {
  const { ask, trip } = openTrips()
  const answers = [ask({}, 'a'), ask({}, 'b')]
  assert.deepEqual([(await trip(0)).calls, (await trip(1)).calls], [['a'], ['b']])
  ;(await trip(0)).answer()
  ;(await trip(1)).answer()
  assert.deepEqual(await Promise.all(answers), ['a!', 'b!'])
})
