import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { addAttribute } from '#features/profiles/index.ts'
import { builtInScorecard } from './built-in-scorecard.ts'
import {
  activateScorecard,
  createScorecard,
  listScorecards,
  retireScorecard,
  tryOutScorecard,
  updateScorecard,
  validateScorecard,
  viewScorecard,
} from './index.ts'
import type { Rule, ScorecardDefinition } from './scorecard.ts'
import type { ScoringFixture } from './scoring.fixture.ts'
import { code, openScoring } from './scoring.fixture.ts'

let scoring: ScoringFixture
let clientUid: string
before(async () => {
  scoring = await openScoring()
  clientUid = await scoring.client()
  await scoring.run(addAttribute, { name: 'savings', type: 'integer', sensitiveData: true })
})
after(() => scoring.close())
beforeEach(async () => {
  const { scorecards } = await scoring.run(listScorecards, { limit: 100 })
  const own = scorecards.filter((one) => one.status === 'active' && !one.isBuiltIn)
  for (const { version } of own) await scoring.run(retireScorecard, { version })
})

const text = { fr: 'Épargne : {value}', en: 'Savings: {value}' }
const onSavings: Rule = {
  id: 'savings',
  kind: 'number',
  attribute: 'savings',
  direction: 'rising',
  topic: 'other',
  title: { fr: 'Épargne', en: 'Savings' },
  bands: [
    { from: null, to: 1000, points: -20, reason: text },
    { from: 1000, to: null, points: 15, reason: text },
  ],
  missing: { points: -20, reason: text },
}
const withSavings: ScorecardDefinition = { ...builtInScorecard, rules: [...builtInScorecard.rules, onSavings] }
const onGender: Rule = {
  id: 'gender',
  kind: 'choice',
  attribute: 'gender',
  topic: 'other',
  title: { fr: 'Genre', en: 'Gender' },
  options: [{ choices: ['M'], points: 5, reason: text }],
  otherwise: { points: 0, reason: text },
  missing: { points: 0, reason: text },
}
const withGender: ScorecardDefinition = { ...builtInScorecard, rules: [...builtInScorecard.rules, onGender] }

const create = (definition: ScorecardDefinition) => scoring.run(createScorecard, { definition })
const activate = (version: number) => scoring.run(activateScorecard, { version })
const statusOf = async (version: number) => (await scoring.run(viewScorecard, { version })).status

describe('a scorecard', () => {
  test('is drafted, changed, activated and retired; versions count up and the built-in one is the last', async () => {
    const { version, status, problems, range } = await create(withSavings)
    assert.deepEqual([status, problems, range], ['draft', [], { lowest: 0, highest: 100 }])
    assert.equal(await statusOf(1), 'active')
    await scoring.run(updateScorecard, { version, definition: { ...withSavings, title: { fr: 'A', en: 'B' } } })
    assert.equal((await activate(version)).status, 'active')
    assert.equal(await statusOf(1), 'retired')
    const next = await create(withSavings)
    assert.equal(next.version, version + 1)
    await activate(next.version)
    assert.equal(await statusOf(version), 'retired')
    const { scorecards } = await scoring.run(listScorecards, { limit: 100 })
    assert.deepEqual(
      scorecards.slice(0, 2).map((one) => [one.version, one.status]),
      [
        [next.version, 'active'],
        [version, 'retired'],
      ],
    )
    assert.deepEqual([scorecards.at(-1)?.version, scorecards.at(-1)?.isBuiltIn], [1, true])
    await scoring.run(retireScorecard, { version: next.version })
    assert.equal(await statusOf(1), 'active')
  })

  test('that judges what the law forbids can be drafted and looked at, but never activated', async () => {
    const { version, problems } = await create(withGender)
    assert.deepEqual(
      problems.map((one) => one.code),
      ['attribute_forbidden'],
    )
    const checked = await scoring.run(validateScorecard, { definition: withGender })
    assert.deepEqual(checked.problems, problems)
    await assert.rejects(activate(version), (error: Error & { code?: string; details?: { path?: string[] }[] }) => {
      assert.equal(error.code, 'scorecard_invalid')
      assert.deepEqual(error.details?.[0]?.path, ['body', 'definition', 'rules', '6', 'attribute'])
      return true
    })
    assert.equal(await statusOf(version), 'draft')
    await assert.rejects(scoring.run(tryOutScorecard, { version, sample: 10 }), code('scorecard_invalid'))
  })

  test('that was active or retired is never changed nor activated again', async () => {
    const { version } = await create(withSavings)
    await activate(version)
    const change = () => scoring.run(updateScorecard, { version, definition: builtInScorecard })
    await assert.rejects(change, code('scorecard_not_a_draft'))
    await assert.rejects(activate(version), code('scorecard_not_a_draft'))
    await scoring.run(retireScorecard, { version })
    await assert.rejects(change, code('scorecard_not_a_draft'))
    await assert.rejects(activate(version), code('scorecard_not_a_draft'))
    await assert.rejects(scoring.run(retireScorecard, { version }), code('scorecard_retired'))
    await assert.rejects(
      scoring.owner.query(`update scorecards set definition = '{}' where version = $1`, [version]),
      /never changed/,
    )
  })

  test('that is built in can be neither changed nor retired; one that is not there is not found', async () => {
    await assert.rejects(
      scoring.run(updateScorecard, { version: 1, definition: withSavings }),
      code('scorecard_not_a_draft'),
    )
    await assert.rejects(activate(1), code('scorecard_not_a_draft'))
    await assert.rejects(scoring.run(retireScorecard, { version: 1 }), code('scorecard_retired'))
    for (const operation of [viewScorecard, retireScorecard, activateScorecard]) {
      await assert.rejects(scoring.run(operation, { version: 999_999 }), code('scorecard_not_found'))
    }
  })

  test('activated by two at once is one at the end', async () => {
    const versions = [(await create(withSavings)).version, (await create(builtInScorecard)).version]
    await Promise.all(versions.map(activate))
    const active = await scoring.rows(`select version from scorecards where status = 'active'`)
    assert.equal(active.length, 1)
    const created = await Promise.all(Array.from({ length: 5 }, () => create(withSavings)))
    assert.equal(new Set(created.map(({ version }) => version)).size, 5)
  })
})

describe('analyses', () => {
  test('name the scorecard that judged them, and are told by it after it was retired', async () => {
    const profile = await scoring.submitted(clientUid, { savings: 5000 })
    const before = await scoring.view(await scoring.analysed(profile))
    const { version } = await create(withSavings)
    await activate(version)
    const pk = await scoring.analysed(profile)
    const judged = await scoring.view(pk)
    assert.deepEqual([before.version, judged.version], [1, version])
    assert.equal(judged.score, 100)
    assert.equal(judged.details?.reasons.at(-1)?.points, 15)
    await scoring.run(retireScorecard, { version })
    assert.deepEqual((await scoring.view(pk)).details, judged.details)
    assert.equal((await scoring.view(await scoring.analysed(profile))).version, 1)
  })

  test('of a sensitive attribute keep its value encrypted, and show it only to whom it is allowed, which is recorded', async () => {
    const { version } = await create(withSavings)
    await activate(version)
    const secret = 73_194_251
    const pk = await scoring.analysed(await scoring.submitted(clientUid, { savings: secret }))
    const stored = await scoring.rows<{ row: string }>('select a::text as row from analyses a where pk = $1', [pk])
    assert.ok(!stored[0]?.row.includes(String(secret)))

    const readsOf = () =>
      scoring.rows(
        `select context -> 'shown' as shown from audit_events
        where action = 'analysis.view-sensitive' and target_id = $1`,
        [String(pk)],
      )
    const reader = await scoring.reader(['analysis:view'])
    const masked = await scoring.view(pk, reader)
    const reason = masked.details?.reasons.at(-1)
    assert.deepEqual([reason?.value, reason?.isHidden, reason?.points], [null, true, 15])
    assert.ok(!JSON.stringify(masked).replaceAll(/\s/g, '').includes('73194251'))
    assert.deepEqual(await readsOf(), [])

    const allowed = await scoring.view(pk, await scoring.reader(['analysis:view', 'profile:view-sensitive']))
    const shown = allowed.details?.reasons.at(-1)
    assert.deepEqual([shown?.value, shown?.isHidden], [secret, false])
    assert.equal(shown?.text.en, 'Savings: 73,194,251')
    assert.deepEqual(await readsOf(), [{ shown: ['savings'] }])
    assert.deepEqual(allowed.score, masked.score)
  })
})

describe('a try-out', () => {
  test('compares the draft with the active scorecard on submitted profiles, and keeps nothing', async () => {
    const own = await openScoring('try-out')
    try {
      await own.run(addAttribute, { name: 'savings', type: 'integer', sensitiveData: true })
      const uid = await own.client()
      const saving = [0, 500, 2000, 9000]
      const pks: number[] = []
      for (const savings of saving) pks.push(await own.submitted(uid, { savings }))
      await own.draft(uid, { savings: 1 })
      const { version } = await own.run(createScorecard, { definition: withSavings })
      const { active, candidate, comparison } = await own.run(tryOutScorecard, { version, sample: 1000 })
      assert.deepEqual([active, candidate], [1, version])
      assert.deepEqual([comparison.sampled, comparison.raised, comparison.lowered], [4, 2, 2])
      assert.equal(
        comparison.histogram.before.reduce((sum, one) => sum + one),
        4,
      )
      assert.deepEqual(comparison.average, { before: 85, after: 82.5 })
      assert.deepEqual(
        comparison.movers.map(({ profilePk, before, after }) => [profilePk, before, after]),
        [
          [pks[0], 85, 65],
          [pks[1], 85, 65],
          [pks[2], 85, 100],
          [pks[3], 85, 100],
        ],
      )
      assert.deepEqual(comparison.rules.at(-1), { rule: 'savings', before: null, after: -2.5 })
      const sampled = await own.run(tryOutScorecard, { version, sample: 2 })
      assert.equal(sampled.comparison.sampled, 2)
      assert.equal((await own.run(viewScorecard, { version })).status, 'draft')
      assert.deepEqual(await own.rows('select 1 from analyses'), [])
    } finally {
      await own.close()
    }
  })
})
