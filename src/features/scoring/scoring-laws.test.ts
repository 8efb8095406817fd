/** What holds for every scorecard that may be activated and every profile. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { builtInScorecard } from './built-in-scorecard.ts'
import { checkScorecard } from './check-scorecard.ts'
import { detailsOf } from './details.ts'
import { evaluate } from './evaluate.ts'
import { explain } from './explanation.ts'
import type { ProfileFacts } from './figures.ts'
import { forbiddenAttributes } from './forbidden-attributes.ts'
import { analyse, hide, reveal } from './result.ts'
import type { ScorecardDefinition } from './scorecard.ts'
import { catalogue, facts, profiles, scorecards } from './scorecards.fixture.ts'

const anyScorecard = fc.oneof(
  { weight: 3, arbitrary: scorecards },
  { weight: 1, arbitrary: fc.constant(builtInScorecard) },
)
const runs = { numRuns: 2000 }

const scoreOf = (scorecard: ScorecardDefinition, profile: ProfileFacts) => evaluate(scorecard, profile).score

describe('for every scorecard that may be activated', () => {
  test('the generated ones may be: only the range of their scores is left to chance', () => {
    fc.assert(
      fc.property(scorecards, (scorecard) => {
        const problems = checkScorecard(scorecard, catalogue).filter(({ code }) => !code.startsWith('range_'))
        assert.deepEqual(problems, [])
      }),
    )
  })

  const numbers = fc.tuple(fc.nat({ max: 30_000 }), fc.nat({ max: 30_000 })).map((two) => two.sort((a, b) => a - b))

  for (const [subject, law, isWorse] of [
    ['monthly_income', 'more income never lowers the score', (less: number, more: number) => more < less],
    ['monthly_charges', 'more charges never raise the score', (less: number, more: number) => more > less],
    ['children_number', 'more children never raise the score', (less: number, more: number) => more > less],
    [
      'years_in_current_job',
      'more years in the job never lower the score',
      (less: number, more: number) => more < less,
    ],
    ['savings', 'more of what the scorecard calls rising never lowers it', (less: number, more: number) => more < less],
  ] as const) {
    test(law, () => {
      fc.assert(
        fc.property(anyScorecard, profiles, numbers, (scorecard, { values, documents }, [small = 0, large = 0]) => {
          const withLess = scoreOf(scorecard, facts({ ...values, [subject]: String(small) }, documents))
          const withMore = scoreOf(scorecard, facts({ ...values, [subject]: String(large) }, documents))
          assert.ok(!isWorse(withLess, withMore), `${small}: ${withLess}, ${large}: ${withMore}`)
        }),
        runs,
      )
    })
  }

  test('these laws hold at the limits of bands too, one euro after the other', () => {
    for (const children of ['0', '3']) {
      for (const charges of ['0', '350', '1000']) {
        let previous = -1
        for (let income = 0; income <= 6000; income++) {
          const profile = { monthly_income: String(income), monthly_charges: charges, children_number: children }
          const score = scoreOf(builtInScorecard, facts(profile))
          assert.ok(score >= previous, `${income} of income: ${score} after ${previous}`)
          previous = score
        }
      }
    }
  })

  test('what the law forbids to judge never changes score or details', () => {
    const forbiddenValues = fc.record(
      Object.fromEntries(
        forbiddenAttributes
          .filter((name) => name !== 'children_number')
          .map((name) => [name, fc.oneof(fc.string(), fc.constantFrom('a', 'b', 'F', 'M', '1990-01-01'))]),
      ),
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(anyScorecard, profiles, forbiddenValues, (scorecard, { values, documents }, told) => {
        const without = analyse(scorecard, facts(values, documents))
        const judged = analyse(scorecard, facts({ ...values, ...told }, documents))
        assert.equal(JSON.stringify(judged), JSON.stringify(without))
      }),
      runs,
    )
  })

  test('the score is a whole number of 0 to 100, and no more than base, points and ceilings say', () => {
    fc.assert(
      fc.property(anyScorecard, profiles, (scorecard, { values, documents }) => {
        const { score, judgements } = evaluate(scorecard, facts(values, documents))
        const total = judgements.reduce((sum, { points }) => sum + points, scorecard.base)
        const ceiling = Math.min(100, ...judgements.map((one) => one.ceiling ?? 100))
        assert.equal(score, Math.min(Math.max(0, total), ceiling))
        assert.ok(Number.isInteger(score) && score >= 0 && score <= 100)
        assert.equal(judgements.length, scorecard.rules.length)
      }),
      runs,
    )
  })

  test('leaving something untold never raises the score', () => {
    fc.assert(
      fc.property(anyScorecard, profiles, fc.nat(), ({ ...scorecard }, { values, documents }, which) => {
        // Children only divide what is left; not telling of them is what the figure cannot tell from having none.
        const names = Object.keys(values).filter((name) => name !== 'children_number')
        const name = names[which % names.length] ?? ''
        const told = scoreOf(scorecard, facts(values, documents))
        const silent = scoreOf(scorecard, facts({ ...values, [name]: undefined }, documents))
        assert.ok(silent <= told, `without ${name}: ${silent}, with it: ${told}`)
        assert.ok(scoreOf(scorecard, facts(values, documents.slice(1))) <= told)
      }),
      runs,
    )
  })

  test('the same profile gives the same details and explanation, byte for byte', () => {
    fc.assert(
      fc.property(anyScorecard, profiles, (scorecard, { values, documents }) => {
        const print = (card: ScorecardDefinition, profile: ProfileFacts) => {
          const result = analyse(card, profile)
          const details = detailsOf(card, hide(card, result, () => false).open)
          const pages = (['fr', 'en'] as const).map((one) => explain({ score: result.score, version: 7, details }, one))
          return JSON.stringify({ result, details, pages })
        }
        const reversed = Object.fromEntries(Object.entries(values).reverse())
        const copy = JSON.parse(JSON.stringify(scorecard)) as ScorecardDefinition
        assert.equal(print(copy, facts(reversed, documents.toReversed())), print(scorecard, facts(values, documents)))
      }),
      runs,
    )
  })

  test('hiding what is sensitive keeps score and points, shows no value of it, and can be undone', () => {
    const names = catalogue.map(({ name }) => name)
    fc.assert(
      fc.property(anyScorecard, profiles, fc.subarray(names), (scorecard, { values, documents }, sensitive) => {
        const result = analyse(scorecard, facts(values, documents))
        const { open, hidden } = hide(scorecard, result, (name) => sensitive.includes(name))
        const points = (judgements: readonly { points: number }[]) => judgements.map((one) => one.points)
        assert.equal(open.score, result.score)
        assert.deepEqual(points(open.judgements), points(result.judgements))
        const restored = hidden ? reveal(open, hidden) : open
        assert.deepEqual({ score: restored.score, judgements: restored.judgements, figures: restored.figures }, result)
        for (const { rule, value } of open.judgements) if (open.hidden.rules.includes(rule)) assert.equal(value, null)
      }),
      runs,
    )
  })
})
