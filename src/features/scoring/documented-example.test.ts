import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Check } from 'typebox/value'
import { builtInDefinition } from '#features/profiles/index.ts'
import { checkScorecard, rangeOf } from './check-scorecard.ts'
import { forbiddenAttributes, forbiddenGround } from './forbidden-attributes.ts'
import { scorecardDefinition } from './scorecard.ts'

const guide = readFileSync(new URL('../../../docs/scoring.md', import.meta.url), 'utf8')

test('the scorecard in the guide can be activated as it stands there', () => {
  const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? 'null')
  assert.ok(Check(scorecardDefinition, example))
  assert.deepEqual(checkScorecard(example, builtInDefinition.attributes), [])
  assert.deepEqual(rangeOf(example), { lowest: 0, highest: 100 })
})

test('the guide names every attribute that is never judged, and every code of what is refused', () => {
  for (const name of forbiddenAttributes) {
    const group = name.replace(/^(billing|delivery)_.*/, '$1_*')
    assert.ok(guide.includes(`\`${group}\``), name)
  }
  for (const file of ['check-scorecard.ts', 'check-bands.ts']) {
    const code = readFileSync(new URL(file, import.meta.url), 'utf8')
    const codes = [...code.matchAll(/(?:report\(|\[)'([a-z]+(?:_[a-z]+)+)',/g)].map(([, one]) => one ?? '')
    assert.ok(codes.length > 3)
    for (const one of codes) assert.ok(guide.includes(`\`${one}\``), one)
  }
})

test('of the built-in catalogue every attribute is either judged or refused for a reason', () => {
  const judged = builtInDefinition.attributes.filter((one) => !forbiddenGround(one.name)).map((one) => one.name)
  assert.deepEqual(judged.sort(), [
    'bank_statement',
    'housing_situation',
    'means_of_movement',
    'monthly_charges',
    'monthly_income',
    'product_usage',
    'professional_situation',
    'proof_of_address',
    'scholarship_student',
    'years_in_current_job',
  ])
})
