import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { stepClock } from '#test/support/stepped-clock.ts'
import type { ServicesFixture } from '../operations/services.fixture.ts'
import { openTestServices } from '../operations/services.fixture.ts'
import { DatabaseClock } from './database-clock.ts'

const hourMs = 3_600_000
let fixture: ServicesFixture
let stepBack = () => {}
const clocks: DatabaseClock[] = []
before(async () => {
  fixture = await openTestServices()
})
afterEach(() => {
  stepBack()
  for (const one of clocks.splice(0)) one.close()
})
after(() => fixture.close())

function step(byMs: number): void {
  stepBack = stepClock(byMs)
}

function newClock(): DatabaseClock {
  const { database, logger } = fixture.services
  const clock = new DatabaseClock({ database, logger })
  clocks.push(clock)
  return clock
}

/** Than the step, and more than a busy machine takes between the two looks. */
const muchLess = 60_000

async function offByMs(clock: DatabaseClock): Promise<number> {
  const [row] = await fixture.rows<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms')
  return Math.abs(clock.now().getTime() - Number(row?.ms))
}

for (const [which, byMs] of [
  ['ahead', 30 * hourMs],
  ['behind', -30 * hourMs],
] as const) {
  test(`says the database's time on a machine whose clock is ${which}, and tells the operator once`, async () => {
    step(byMs)
    const clock = newClock()
    fixture.logged.length = 0
    await clock.synchronize()
    await clock.synchronize()
    assert.ok((await offByMs(clock)) < muchLess)
    const told = fixture.logged.filter(({ message }) => message.includes("the database's"))
    assert.equal(told.length, 1)
    assert.match(told[0]?.message ?? '', which === 'ahead' ? /108000 s ahead of/ : /108000 s behind/)
  })

  test(`goes on with the database's time when the machine's is set ${which} while it runs, and when it is set right`, async () => {
    const clock = newClock()
    await clock.synchronize()
    for (const set of [() => step(byMs), stepBack]) {
      set()
      // At once, and after it has asked again.
      assert.ok((await offByMs(clock)) < muchLess)
      await clock.synchronize()
      assert.ok((await offByMs(clock)) < muchLess)
      stepBack()
    }
  })
}

test('says the right time when the clock was set while the database was asked, also once it is set back', async () => {
  const clock = newClock()
  const asked = clock.synchronize()
  step(-30 * hourMs)
  await asked
  assert.ok((await offByMs(clock)) < muchLess)
  stepBack()
  assert.ok((await offByMs(clock)) < muchLess)
})

test('of two clocks that agree it takes the machine’s own, to the millisecond', async () => {
  const clock = newClock()
  await clock.synchronize()
  const [before, said, now] = [Date.now(), clock.now().getTime(), Date.now()]
  assert.ok(before <= said && said <= now)
})

test('keeps the last answer while the database gives none', async () => {
  const { logger } = fixture.services
  let isAway = false
  const database = {
    platformRead: ((text: string) =>
      isAway
        ? Promise.reject(new Error('Connection terminated'))
        : fixture.services.database.platformRead(text)) as typeof fixture.services.database.platformRead,
  }
  const clock = new DatabaseClock({ database, logger })
  clocks.push(clock)
  await clock.synchronize()
  isAway = true
  step(-30 * hourMs)
  await clock.synchronize()
  assert.ok((await offByMs(clock)) < muchLess)
})
