import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtInScorecard } from './built-in-scorecard.ts'
import { Comparing } from './comparison.ts'
import { evaluate } from './evaluate.ts'
import { facts, profiles, scorecards } from './scorecards.fixture.ts'

test('tells how many scores change, how they are spread, who moves most and what each rule gives', () => {
  fc.assert(
    fc.property(scorecards, scorecards, fc.array(profiles, { maxLength: 60 }), (before, after, found) => {
      const comparing = new Comparing(before, after)
      const moves = found.map(({ values, documents }, i) => {
        const profile = facts(values, documents)
        comparing.add(i + 1, profile)
        return { profilePk: i + 1, before: evaluate(before, profile).score, after: evaluate(after, profile).score }
      })
      const result = comparing.result()
      assert.equal(result.sampled, found.length)
      assert.equal(result.raised, moves.filter((one) => one.after > one.before).length)
      assert.equal(result.lowered, moves.filter((one) => one.after < one.before).length)
      assert.equal(result.changed, result.raised + result.lowered)
      for (const side of ['before', 'after'] as const) {
        const expected = Array.from(
          { length: 10 },
          (_, part) =>
            moves.filter((one) => (part === 9 ? one[side] >= 90 : Math.floor(one[side] / 10) === part)).length,
        )
        assert.deepEqual(result.histogram[side], expected)
      }
      const sizes = moves.map((one) => Math.abs(one.after - one.before)).filter((size) => size > 0)
      assert.deepEqual(
        result.movers.map((one) => Math.abs(one.after - one.before)),
        sizes.sort((a, b) => b - a).slice(0, 20),
      )
      for (const mover of result.movers) assert.deepEqual(mover, moves[mover.profilePk - 1])
      const ids = new Set([...before.rules, ...after.rules].map(({ id }) => id))
      assert.deepEqual(new Set(result.rules.map(({ rule }) => rule)), ids)
    }),
  )
})

test('a scorecard changes nothing compared with itself; without profiles there is no average', () => {
  const comparing = new Comparing(builtInScorecard, builtInScorecard)
  assert.deepEqual(comparing.result().average, { before: null, after: null })
  comparing.add(1, facts({ monthly_income: '2000', monthly_charges: '200' }))
  const { changed, movers, rules, average } = comparing.result()
  assert.deepEqual([changed, movers], [0, []])
  assert.equal(average.before, average.after)
  assert.ok(rules.every((one) => one.before === one.after && one.before !== null))
})
