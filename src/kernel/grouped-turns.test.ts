import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import fc from 'fast-check'
import { GroupedTurns } from './grouped-turns.ts'

/** Work that ends when it is told to, in the order in which it was begun. */
function stage(limits: Partial<ConstructorParameters<typeof GroupedTurns>[0]> = {}) {
  let now = 0
  const turns = new GroupedTurns({ mostAtOnce: 2, mostTogether: 3, longestHeldMs: 50, ...limits }, () => now)
  const running: { name: number; end: () => void }[] = []
  const back: number[] = []
  let most = 0
  const run = (name: number, outcome: 'returns' | 'throws' = 'returns') => {
    const work = () =>
      new Promise<number>((resolve, reject) => {
        running.push({ name, end: () => (outcome === 'returns' ? resolve(name) : reject(new Error(String(name)))) })
        most = Math.max(most, running.length)
      })
    return turns.run(work).finally(() => back.push(name))
  }
  const end = async (at = 0) => {
    running.splice(at, 1)[0]?.end()
    await turnOfTheLoop()
  }
  return { run, end, running, back, most: () => most, pass: (ms: number) => (now += ms) }
}

test('whoever has nobody waiting behind it goes on at once', async () => {
  const { run, end, back } = stage()
  const both = [run(1), run(2)]
  await end()
  assert.deepEqual(back, [1])
  await end()
  assert.deepEqual(await Promise.all(both), [1, 2])
})

test('while others wait, those that have ended go on together, and all when nobody waits any more', async () => {
  const { run, end, back } = stage()
  const all = [1, 2, 3, 4, 5, 6].map((name) => run(name))
  await end()
  await end()
  assert.deepEqual(back, [])
  await end()
  assert.deepEqual(new Set(back), new Set([1, 2, 3]))
  await end()
  assert.deepEqual(new Set(back), new Set([1, 2, 3]), 'the sixth was waiting behind the fourth')
  await end()
  assert.deepEqual(new Set(back), new Set([1, 2, 3, 4, 5]), 'nobody waits behind the fifth')
  await end()
  assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5, 6])
})

test('nobody is held longer than until the first one to end after the limit', async () => {
  const { run, end, back, pass } = stage()
  const all = Array.from({ length: 9 }, (_, i) => run(i))
  await end()
  pass(49)
  await end()
  assert.deepEqual(back, [])
  pass(1)
  await end()
  assert.deepEqual(new Set(back), new Set([0, 1, 2]))
  for (let i = 0; i < 6; i++) await end()
  await Promise.all(all)
})

test('one that fails is handed over like the others, and gives its place on', async () => {
  const { run, end } = stage({ mostAtOnce: 1 })
  const outcomes = Promise.allSettled([run(1, 'throws'), run(2), run(3, 'throws')])
  for (let i = 0; i < 3; i++) await end()
  assert.deepEqual(
    (await outcomes).map((one) => one.status),
    ['rejected', 'fulfilled', 'rejected'],
  )
})

test('whatever ends when: never more at once, and everybody goes on', async () => {
  const plan = fc.record({
    mostAtOnce: fc.integer({ min: 1, max: 4 }),
    mostTogether: fc.integer({ min: 1, max: 5 }),
    steps: fc.array(fc.record({ begin: fc.boolean(), at: fc.nat(3), ms: fc.nat(30) }), { maxLength: 60 }),
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ mostAtOnce, mostTogether, steps }) => {
      const { run, end, running, most, pass } = stage({ mostAtOnce, mostTogether })
      const begun: Promise<number>[] = []
      for (const { begin, at, ms } of steps) {
        pass(ms)
        if (begin) begun.push(run(begun.length))
        else if (running.length > 0) await end(at % running.length)
      }
      while (running.length > 0) await end()
      assert.deepEqual(
        await Promise.all(begun),
        begun.map((_, i) => i),
      )
      assert.ok(most() <= mostAtOnce)
    }),
    { numRuns: 200 },
  )
})
