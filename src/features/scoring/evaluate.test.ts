import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { builtInDefinition } from '#features/profiles/index.ts'
import { builtInScorecard, builtInVersion } from './built-in-scorecard.ts'
import { detailsOf } from './details.ts'
import { evaluate } from './evaluate.ts'
import { explain } from './explanation.ts'
import { figureOf, shownFigure } from './figures.ts'
import { analyse, hide } from './result.ts'
import { facts } from './scorecards.fixture.ts'
import { decimalText, documentName, figureText, pointsText } from './wording.ts'

const solid = {
  monthly_income: '3000',
  monthly_charges: '600',
  children_number: '1',
  professional_situation: 'cadre',
  years_in_current_job: '4',
  housing_situation: 'locataire',
}
const both = ['bank_statement', 'proof_of_address']

function detailed(values: Record<string, string>, documents: readonly string[], sensitive: readonly string[] = []) {
  const result = analyse(builtInScorecard, facts(values, documents))
  const { open } = hide(builtInScorecard, result, (name) => sensitive.includes(name))
  return { score: result.score, details: detailsOf(builtInScorecard, open) }
}

describe('the built-in scorecard', () => {
  test('adds up the points of each rule, whose reasons tell the value', () => {
    const { score, details } = detailed(solid, both)
    assert.equal(score, 25 + 20 + 13 + 7 + 7 + 10)
    assert.deepEqual(
      details.reasons.map(({ rule, points, maximum, value, text }) => [rule, points, maximum, value, text.fr, text.en]),
      [
        ['debt_ratio', 25, 30, 0.2, 'Taux d’endettement faible : 20\u00a0%.', 'Low debt ratio: 20%.'],
        [
          'left_to_live_on',
          20,
          25,
          1200,
          'Reste à vivre confortable : 1\u00a0200\u00a0€ par personne.',
          'Comfortable amount left to live on: €1,200 for each person.',
        ],
        ['professional_situation', 13, 15, ['cadre'], 'Emploi stable : cadre.', 'Stable work: cadre.'],
        ['years_in_current_job', 7, 10, 4, 'Ancienneté établie : 4\u00a0ans.', 'Established in the job: 4 years.'],
        ['housing_situation', 7, 10, ['locataire'], 'Logement stable : locataire.', 'Stable housing: locataire.'],
        [
          'documents',
          10,
          10,
          both,
          'Pièces justificatives complètes : relevé bancaire, justificatif de domicile.',
          'All documents are there: bank statement, proof of address.',
        ],
      ],
    )
    assert.equal(details.debtRatio, 0.2)
    assert.equal(details.isAboveDebtRatioLimit, false)
    assert.deepEqual([details.leftToLiveOn, details.leftToLiveOnPerPerson], [2400, 1200])
    assert.deepEqual(details.stability.work, {
      points: 20,
      maximum: 25,
      values: { professional_situation: ['cadre'], years_in_current_job: 4 },
    })
    assert.deepEqual(details.documents, { provided: both, missing: [], isComplete: true })
    assert.equal(details.grade.fr, 'Dossier solide')
  })

  test('draws the line at 35 %: exactly that is within it, a euro more stays below 50 whatever else there is', () => {
    const best = {
      ...solid,
      children_number: '0',
      professional_situation: 'fonction_publique',
      years_in_current_job: '20',
    }
    const within = detailed({ ...best, monthly_income: '10000', monthly_charges: '3500' }, both)
    assert.equal(within.details.isAboveDebtRatioLimit, false)
    assert.ok(within.score > 50)
    const above = detailed({ ...best, monthly_income: '10000', monthly_charges: '3501' }, both)
    assert.equal(above.score, 49)
    assert.equal(above.details.isAboveDebtRatioLimit, true)
    assert.equal(above.details.debtRatio, 0.3501)
  })

  test('a ratio above the line never reads as the line', () => {
    const { details } = detailed({ ...solid, monthly_income: '10000000', monthly_charges: '3500001' }, both)
    assert.equal(details.debtRatio, 0.3501)
    assert.match(details.reasons[0]?.text.en ?? '', /above 35%: 35\.01%/)
  })

  test('knows what no income is, and what is not told', () => {
    const none = detailed({ ...solid, monthly_income: '0' }, both)
    assert.equal(none.details.debtRatio, null)
    assert.equal(none.details.isAboveDebtRatioLimit, true)
    assert.match(none.details.reasons[0]?.text.fr ?? '', /aucun revenu/)
    const { monthly_income: _, ...silent } = solid
    const untold = detailed(silent, both)
    assert.equal(untold.details.isAboveDebtRatioLimit, null)
    assert.ok(untold.score <= none.score)
    assert.equal(evaluate(builtInScorecard, facts({})).score, 0)
  })

  test('calls documents by the name that the tenant gave them, or by their identifier in words', () => {
    const { open } = hide(builtInScorecard, analyse(builtInScorecard, facts(solid, ['bank_statement'])), () => false)
    const textOf = (named: readonly (readonly [string, string])[]) =>
      detailsOf(builtInScorecard, open, new Map(named)).reasons.at(-1)?.text
    assert.equal(textOf([])?.en, 'Some documents are missing; there is: bank statement.')
    assert.equal(
      textOf([['bank_statement', 'Relevé bancaire']])?.en,
      'Some documents are missing; there is: bank statement.',
    )
    assert.equal(
      textOf([['bank_statement', 'Trois relevés']])?.en,
      'Some documents are missing; there is: Trois relevés.',
    )
    assert.equal(documentName('tax_notice_2025', 'fr', new Map()), 'tax notice 2025')
    for (const { name, displayedName } of builtInDefinition.attributes.filter((one) => one.type === 'file')) {
      const named = new Map([[name, displayedName]])
      assert.equal(documentName(name, 'fr', named), displayedName.toLowerCase())
      assert.notEqual(documentName(name, 'en', named), displayedName)
    }
  })

  test('says what is missing of the documents', () => {
    const { details } = detailed(solid, ['proof_of_address', 'something_else'])
    assert.deepEqual(details.documents, {
      provided: ['proof_of_address'],
      missing: ['bank_statement'],
      isComplete: false,
    })
  })
})

describe('a sensitive attribute that is judged', () => {
  test('gives its points, but neither value, text nor figure of it is shown', () => {
    const open = detailed(solid, both)
    const { score, details } = detailed(solid, both, ['monthly_income', 'professional_situation'])
    assert.equal(score, open.score)
    const shown = JSON.stringify([details, explain({ score, version: 1, details }, 'fr')])
    for (const secret of ['3000', '2400', '1200', '"cadre"', '0.2', '20 %', 'Emploi stable', 'confortable']) {
      assert.ok(!shown.replaceAll('\u00a0', ' ').includes(secret), secret)
    }
    assert.deepEqual([details.debtRatio, details.isAboveDebtRatioLimit, details.leftToLiveOn], [null, null, null])
    assert.equal(details.reasons[3]?.text.fr, 'Ancienneté établie : 4\u00a0ans.')
  })
})

test('the explanation is told in both languages, with the ceiling that was met', () => {
  const { score, details } = detailed({ ...solid, monthly_charges: '2000' }, [])
  const french = explain({ score, version: builtInVersion, details }, 'fr')
  const english = explain({ score, version: builtInVersion, details }, 'en')
  assert.equal(french.blocks.length, english.blocks.length)
  const texts = french.blocks.flatMap((block) => (block.type === 'list' ? [] : [block.text]))
  assert.deepEqual(texts.slice(0, 4), [
    `Le score est de ${score} sur 100 : ${details.grade.fr}.`,
    'Quel que soit le reste, le score ne dépasse pas 29 : Les charges dépassent la moitié du revenu : 66,67\u00a0%.',
    'Budget',
    'Taux d’endettement : 66,67\u00a0% (limite du régulateur français : 35\u00a0%).',
  ])
})

test('figures: children divide what is left, never what is lacking', () => {
  const of = (values: Record<string, string>) => figureOf(facts(values), 'left_to_live_on_per_person')
  assert.equal(of({ monthly_income: '2000', monthly_charges: '500', children_number: '2' }), 500)
  assert.equal(of({ monthly_income: '500', monthly_charges: '2000', children_number: '2' }), -1500)
  assert.equal(of({ monthly_income: '2000', monthly_charges: '500' }), 1500)
  assert.equal(of({ monthly_income: '-5', monthly_charges: '-7' }), 0)
  assert.equal(of({ monthly_charges: '500' }), null)
})

test('numbers as they are shown: ratios rounded up, amounts down, in the words of the language', () => {
  assert.equal(shownFigure('ratio', 0.07), 0.07)
  assert.equal(shownFigure('ratio', 1 / 3), 0.3334)
  assert.equal(shownFigure('euros', 10 / 3), 3.33)
  assert.equal(shownFigure('ratio', Number.POSITIVE_INFINITY), null)
  assert.equal(decimalText(1234567.5, 'fr'), '1\u00a0234\u00a0567,5')
  assert.equal(decimalText(-1234567.5, 'en'), '-1,234,567.5')
  assert.equal(decimalText(2e21, 'en'), '2,000,000,000,000,000,000,000')
  assert.equal(figureText('years', 1, 'fr'), '1\u00a0an')
  assert.equal(figureText('years', 0, 'en'), '0 years')
  assert.equal(figureText('ratio', 12.5, 'en'), '1,250%')
  assert.deepEqual(
    [1, 0, -3].map((points) => pointsText(points, 'fr')),
    ['+1\u00a0point', '0\u00a0point', '-3\u00a0points'],
  )
  assert.deepEqual(
    [1, 0, -1].map((points) => pointsText(points, 'en')),
    ['+1\u00a0point', '0\u00a0points', '-1\u00a0point'],
  )
})
