import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Check } from 'typebox/value'
import { builtInScorecard } from './built-in-scorecard.ts'
import type { JudgeableAttribute } from './check-scorecard.ts'
import { checkScorecard, rangeOf } from './check-scorecard.ts'
import { forbiddenAttributes, forbiddenGround } from './forbidden-attributes.ts'
import type { Band, Rule, ScorecardDefinition } from './scorecard.ts'
import { scorecardDefinition } from './scorecard.ts'

const choices = ['étudiant', 'cadre', 'salarié', 'fonction_publique', 'recherche_emploi']
const attribute = (name: string, type: string, offered: readonly string[] = []): JudgeableAttribute => ({
  name,
  displayedName: name,
  type,
  choices: offered,
})
const catalogue: JudgeableAttribute[] = [
  attribute('monthly_income', 'integer'),
  attribute('monthly_charges', 'integer'),
  attribute('years_in_current_job', 'integer'),
  attribute('professional_situation', 'choice', [
    ...choices,
    'entrepreneur_chef_entreprise',
    'indépendant_libéral',
    'autre situation professionnelle',
  ]),
  attribute('housing_situation', 'choice', [
    'locataire',
    'colocataire',
    'propriétaire',
    'accédant_propriété',
    'hébergé_gratuit',
    "autre situation d'habilitation",
  ]),
  attribute('scholarship_student', 'boolean'),
  attribute('savings', 'integer'),
  attribute('remark', 'string'),
  attribute('bank_statement', 'file'),
  attribute('proof_of_address', 'file'),
]

const said = { fr: 'Valeur {value}', en: 'Value {value}' }
const met = (points: number, ceiling?: number) => ({
  points,
  reason: said,
  ...(ceiling === undefined ? {} : { ceiling }),
})
const band = (from: number | null, to: number | null, points: number, ceiling?: number): Band => ({
  from,
  to,
  ...met(points, ceiling),
})
const common = { topic: 'budget', title: { fr: 'Titre', en: 'Title' } } as const

const debt = (bands: Band[], missing = met(0)): Rule => ({
  ...common,
  id: 'debt',
  kind: 'figure',
  figure: 'debt_ratio',
  bands,
  missing,
})
const number = (name: string, bands: Band[], direction?: 'rising' | 'falling' | 'free'): Rule => ({
  ...common,
  id: name,
  kind: 'number',
  attribute: name,
  bands,
  missing: met(0),
  ...(direction ? { direction } : {}),
})
const goodDebt = debt([band(null, 0.35, 100), band(0.35, null, 0)])

const scorecard = (...rules: Rule[]): ScorecardDefinition => ({
  title: { fr: 'Titre', en: 'Title' },
  base: 0,
  rules,
  grades: [{ from: 0, label: { fr: 'Tout', en: 'All' } }],
})

/** The faults, as "code at path". */
const faults = (definition: ScorecardDefinition) =>
  checkScorecard(definition, catalogue).map(({ code, path }) => `${code} at ${path.join('.')}`)

test('the built-in scorecard fits its schema, may be activated, and reaches 0 and 100', () => {
  assert.ok(Check(scorecardDefinition, builtInScorecard))
  assert.deepEqual(faults(builtInScorecard), [])
  assert.deepEqual(rangeOf(builtInScorecard), { lowest: 0, highest: 100 })
})

test('a misspelt field is refused by the schema, not ignored', () => {
  assert.ok(Check(scorecardDefinition, scorecard(goodDebt)))
  const misspelt = scorecard(debt([{ ...band(null, null, 100), ceilling: 40 } as Band]))
  assert.equal(Check(scorecardDefinition, misspelt), false)
})

describe('bands', () => {
  test('that leave a gap, overlap, are empty, closed or out of reach are refused where they are', () => {
    const cases: [Band[], string][] = [
      [[band(0, 0.35, 100), band(0.35, null, 0)], 'bands_gap at rules.0.bands.0.from'],
      [[band(null, 0.35, 100), band(0.4, null, 0)], 'bands_gap at rules.0.bands.1.from'],
      [[band(null, 0.35, 100), band(0.3, null, 0)], 'bands_overlap at rules.0.bands.1.from'],
      [[band(null, 0.35, 100), band(null, null, 0)], 'bands_overlap at rules.0.bands.1.from'],
      [[band(null, 0.35, 100), band(0.35, 1, 0)], 'bands_open at rules.0.bands.1.to'],
      [[band(null, 0.35, 100), band(0.35, 0.35, 50), band(0.35, null, 0)], 'band_empty at rules.0.bands.1'],
      [[band(null, -1, 100), band(-1, 0.35, 100), band(0.35, null, 0)], 'band_unreachable at rules.0.bands.0'],
    ]
    for (const [bands, expected] of cases) assert.deepEqual(faults(scorecard(debt(bands))), [expected])
  })

  test('a debt ratio of exactly zero can be met, an income below zero cannot', () => {
    assert.deepEqual(faults(scorecard(debt([band(null, 0, 100), band(0, null, 0)]))), [])
    const income = number('monthly_income', [band(null, 0, 0), band(0, null, 100)])
    assert.deepEqual(faults(scorecard(income)), ['band_unreachable at rules.0.bands.0'])
  })

  test('that give points for more charges, or take them for more income, are refused', () => {
    assert.deepEqual(faults(scorecard(debt([band(null, 0.35, 0), band(0.35, null, 100)]))), [
      'bands_not_monotone at rules.0.bands.1.points',
    ])
    assert.deepEqual(faults(scorecard(number('monthly_income', [band(null, 1000, 100), band(1000, null, 0)]))), [
      'bands_not_monotone at rules.0.bands.1.points',
    ])
    // A ceiling that falls as the income rises would lower the score just the same.
    assert.deepEqual(faults(scorecard(number('monthly_income', [band(null, 1000, 0), band(1000, null, 100, 40)]))), [
      'bands_not_monotone at rules.0.bands.1.ceiling',
      'withholding_pays at rules.0.missing.ceiling',
      'range_too_low at rules',
    ])
  })

  test('of an attribute that the tenant has added follow the direction that the scorecard declares', () => {
    const bands = [band(null, 1000, 100), band(1000, null, 0)]
    assert.deepEqual(faults(scorecard(number('savings', bands, 'falling'))), [])
    assert.deepEqual(faults(scorecard(number('savings', bands, 'free'))), [])
    assert.deepEqual(faults(scorecard(number('savings', bands))), ['direction_missing at rules.0.direction'])
    assert.deepEqual(faults(scorecard(number('savings', bands, 'rising'))), [
      'bands_not_monotone at rules.0.bands.1.points',
    ])
  })

  test('cannot be freed from their law by another direction', () => {
    const bands = [band(null, 1000, 100), band(1000, null, 0)]
    assert.deepEqual(faults(scorecard(number('monthly_income', bands, 'falling'))), [
      'bands_not_monotone at rules.0.bands.1.points',
      'direction_wrong at rules.0.direction',
    ])
    assert.deepEqual(faults(scorecard(number('monthly_income', bands, 'free'))), [
      'bands_not_monotone at rules.0.bands.1.points',
      'direction_wrong at rules.0.direction',
    ])
  })
})

describe('attributes', () => {
  const choice = (name: string, offered: string[][]): Rule => ({
    ...common,
    id: name,
    kind: 'choice',
    attribute: name,
    options: offered.map((one) => ({ choices: one, ...met(100) })),
    otherwise: met(0),
    missing: met(0),
  })

  test('that the law forbids to judge, and what stands in for them, are refused by every kind of rule', () => {
    for (const name of forbiddenAttributes) {
      const documents: Rule = {
        ...common,
        id: 'd',
        kind: 'documents',
        documents: [name],
        complete: met(1),
        partial: met(0),
        none: met(0),
      }
      const rules = [choice(name, [['F']]), number(name, [band(null, null, 0)], 'free'), documents]
      for (const rule of rules) {
        const found = checkScorecard(scorecard(goodDebt, rule), [...catalogue, attribute(name, 'choice', ['F'])])
        assert.deepEqual(
          found.map(({ code }) => code),
          ['attribute_forbidden'],
          `${name}, ${rule.kind}`,
        )
      }
    }
  })

  test('that a tenant has added under a name that tells of such a thing are refused', () => {
    for (const name of [
      'nationality',
      'pays_de_residence',
      'codePostal',
      'Religion',
      'nom_de_jeune_fille',
      'SITUATION_MATRIMONIALE',
      'nombre_enfants',
      'âge',
      'age_of_applicant',
      'ethnic_group',
      'état_de_santé',
      'trade_union_member',
      'mother_tongue_language',
      'sexe',
      'race',
      'disability_rate',
      'iban',
      'marié',
    ]) {
      assert.ok(forbiddenGround(name), name)
    }
    assert.ok(forbiddenGround('extra_7', 'Pays de naissance des parents'), 'by the name that people read')
  })

  test('with innocent names are not', () => {
    for (const name of [
      'savings',
      'agency',
      'loan_purpose',
      'percentage',
      'mariner_licence',
      'racket',
      'other_loans',
      'annees_epargne',
    ])
      assert.equal(forbiddenGround(name), null, name)
  })

  test('that the catalogue lacks, or that are of another type, are refused', () => {
    const cases: [Rule, string][] = [
      [number('unknown', [band(null, null, 0)], 'free'), 'attribute_unknown at rules.1.attribute'],
      [number('remark', [band(null, null, 0)], 'free'), 'attribute_type at rules.1.attribute'],
      [number('professional_situation', [band(null, null, 0)], 'free'), 'attribute_type at rules.1.attribute'],
      [choice('savings', [['1']]), 'attribute_type at rules.1.attribute'],
      [choice('professional_situation', [['cadre'], ['cadre']]), 'choice_judged_twice at rules.1.options.1.choices.0'],
      [choice('professional_situation', [['cadres']]), 'choice_unknown at rules.1.options.0.choices.0'],
      [choice('scholarship_student', [['oui']]), 'choice_unknown at rules.1.options.0.choices.0'],
    ]
    for (const [rule, expected] of cases) assert.deepEqual(faults(scorecard(goodDebt, rule)), [expected])
    assert.deepEqual(faults(scorecard(goodDebt, choice('scholarship_student', [['true'], ['false']]))), [])
  })

  test('are judged once: a second rule, and a second rule of the same id, are refused', () => {
    assert.deepEqual(faults(scorecard(goodDebt, { ...goodDebt, id: 'again' })), [
      'subject_judged_twice at rules.1.figure',
    ])
    assert.deepEqual(faults(scorecard(goodDebt, { ...number('savings', [band(null, null, 0)], 'free'), id: 'debt' })), [
      'rule_id_taken at rules.1.id',
    ])
  })
})

test('telling nothing never pays: more points, or a higher ceiling, for what is missing are refused', () => {
  const bands = [band(null, 0.35, 100), band(0.35, null, 0, 40)]
  assert.deepEqual(faults(scorecard(debt(bands, met(1, 40)))), ['withholding_pays at rules.0.missing.points'])
  assert.deepEqual(faults(scorecard(debt(bands, met(0)))), ['withholding_pays at rules.0.missing.ceiling'])
  assert.deepEqual(faults(scorecard(debt(bands, met(0, 40)))), [])
})

test('a scorecard whose best profile cannot have 100, or whose worst cannot have 0, is refused', () => {
  assert.deepEqual(faults(scorecard(debt([band(null, 0.35, 99), band(0.35, null, 0)]))), ['range_too_low at rules'])
  assert.deepEqual(faults({ ...scorecard(goodDebt), base: 1 }), ['range_too_high at rules'])
  // Enough points, but only below a ceiling.
  assert.deepEqual(faults(scorecard(debt([band(null, null, 100, 99)], met(0, 99)))), ['range_too_low at rules'])
})

test('grades begin at 0 and rise; texts know no other placeholder than {value}', () => {
  const label = { fr: 'a', en: 'b' }
  assert.deepEqual(faults({ ...scorecard(goodDebt), grades: [{ from: 1, label }] }), ['grades_gap at grades.0.from'])
  const twice = [0, 50, 50].map((from) => ({ from, label }))
  assert.deepEqual(faults({ ...scorecard(goodDebt), grades: twice }), ['grades_order at grades.2.from'])
  const odd = { ...goodDebt, missing: { points: 0, reason: { fr: '{valeur}', en: '{value}' } } } as Rule
  assert.deepEqual(faults(scorecard(odd)), ['placeholder_unknown at rules.0.reason'])
  const titled: Rule = { ...goodDebt, title: { fr: '{value}', en: 'x' } }
  assert.deepEqual(faults(scorecard(titled)), ['placeholder_unknown at rules.0.title'])
})
