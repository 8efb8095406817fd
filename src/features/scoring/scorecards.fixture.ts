/** Scorecards and profiles for properties: any that an administrator may activate, any that a partner may send. */
import fc from 'fast-check'
import type { JudgeableAttribute } from './check-scorecard.ts'
import type { ProfileFacts } from './figures.ts'
import { forbiddenAttributes } from './forbidden-attributes.ts'
import type { Band, Direction, FigureName, Outcome, Rule, ScorecardDefinition } from './scorecard.ts'
import { figureNames } from './scorecard.ts'

const text = { fr: 'Valeur {value}', en: 'Value {value}' }
const title = { fr: 'Titre', en: 'Title' }
const work = ['étudiant', 'cadre', 'salarié', 'recherche_emploi']

export const catalogue: readonly JudgeableAttribute[] = [
  ...['monthly_income', 'monthly_charges', 'years_in_current_job', 'children_number', 'savings', 'pets'].map(
    (name) => ({
      name,
      displayedName: name,
      type: 'integer',
      choices: [],
    }),
  ),
  { name: 'professional_situation', displayedName: 'Situation professionnelle', type: 'choice', choices: work },
  { name: 'housing_situation', displayedName: 'Logement', type: 'choice', choices: ['locataire', 'propriétaire'] },
  { name: 'scholarship_student', displayedName: 'étudiant boursier', type: 'boolean', choices: [] },
  { name: 'bank_statement', displayedName: 'Relevé bancaire', type: 'file', choices: [] },
  { name: 'proof_of_address', displayedName: 'Justificatif de domicile', type: 'file', choices: [] },
  ...forbiddenAttributes
    .filter((name) => name !== 'children_number')
    .map((name) => ({ name, displayedName: name, type: 'choice', choices: ['a', 'b'] })),
]

const points = fc.integer({ min: -40, max: 40 })

/** Bands whose points and ceilings follow the direction, and an outcome for nothing told that is no better than the worst. */
function bandsOf(direction: Direction): fc.Arbitrary<{ bands: Band[]; missing: Outcome }> {
  const limits = fc.uniqueArray(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { maxLength: 5 })
  return fc
    .tuple(
      limits,
      fc.array(points, { minLength: 7, maxLength: 7 }),
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 7, maxLength: 7 }),
    )
    .map(([found, gains, caps]) => {
      const edges: (number | null)[] = [null, ...found.sort((a, b) => a - b), null]
      const better = (a: number, b: number) => (direction === 'falling' ? b - a : a - b)
      const count = edges.length - 1
      const sorted = gains.slice(0, count)
      const ceilings = caps.slice(0, count)
      if (direction !== 'free') {
        sorted.sort(better)
        ceilings.sort(better)
      }
      const bands = sorted.map((gain, i) => ({
        from: edges[i] ?? null,
        to: edges[i + 1] ?? null,
        points: gain,
        reason: text,
        ceiling: ceilings[i] as number,
      }))
      const missing = { points: Math.min(...sorted) - 1, reason: text, ceiling: Math.min(...ceilings) }
      return { bands, missing }
    })
}

const figureRule = (figure: FigureName): fc.Arbitrary<Rule> =>
  bandsOf(figure === 'debt_ratio' ? 'falling' : 'rising').map((found) => ({
    id: figure,
    kind: 'figure',
    figure,
    topic: 'budget',
    title,
    ...found,
  }))

function numberRule(attribute: string, direction: Direction, isDeclared = false): fc.Arbitrary<Rule> {
  return bandsOf(direction).map((found) => ({
    id: attribute,
    kind: 'number',
    attribute,
    topic: 'other',
    title,
    ...(isDeclared ? { direction } : {}),
    ...found,
  }))
}

const choiceRule = (attribute: string, choices: readonly string[]): fc.Arbitrary<Rule> =>
  fc.array(points, { minLength: choices.length + 2, maxLength: choices.length + 2 }).map((found) => {
    const [missing = 0, ...told] = found.sort((a, b) => a - b)
    return {
      id: attribute,
      kind: 'choice',
      attribute,
      topic: 'work',
      title,
      options: choices.map((choice, i) => ({ choices: [choice], points: told[i] ?? 0, reason: text })),
      otherwise: { points: told.at(-1) ?? 0, reason: text },
      missing: { points: missing, reason: text },
    }
  })

const documentsRule: fc.Arbitrary<Rule> = fc.tuple(points, points, points).map((found) => {
  const [none = 0, partial = 0, complete = 0] = found.sort((a, b) => a - b)
  return {
    id: 'documents',
    kind: 'documents',
    documents: ['bank_statement', 'proof_of_address'],
    topic: 'documents',
    title,
    none: { points: none, reason: text },
    partial: { points: partial, reason: text },
    complete: { points: complete, reason: text },
  }
})

const allRules: fc.Arbitrary<Rule[]> = fc.tuple(
  ...figureNames.map(figureRule),
  numberRule('monthly_income', 'rising'),
  numberRule('monthly_charges', 'falling'),
  numberRule('years_in_current_job', 'rising'),
  numberRule('savings', 'rising', true),
  numberRule('pets', 'free', true),
  choiceRule('professional_situation', work),
  choiceRule('scholarship_student', ['true', 'false']),
  documentsRule,
)

/** Fit to be activated, but for the range of its scores. */
export const scorecards: fc.Arbitrary<ScorecardDefinition> = allRules.chain((rules) =>
  fc
    .tuple(fc.shuffledSubarray(rules, { minLength: 1 }), fc.integer({ min: -100, max: 100 }))
    .map(([chosen, base]) => ({ title, base, rules: chosen, grades: [{ from: 0, label: title }] })),
)

/** Whole euros, nothing, amounts that no column holds, and what is no number at all. */
export const amounts: fc.Arbitrary<string | undefined> = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 20_000 }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('0', '-0', '0.5', undefined) },
  { weight: 1, arbitrary: fc.constantFrom('', 'NaN', 'Infinity', '1e9', ' 12 ', '12 €', '9'.repeat(50)) },
)

export function facts(
  values: Readonly<Record<string, string | readonly string[] | undefined>>,
  documents: readonly string[] = [],
): ProfileFacts {
  const told = Object.entries(values).flatMap(([name, value]): [string, readonly string[]][] =>
    value === undefined ? [] : [[name, typeof value === 'string' ? [value] : value]],
  )
  return { values: new Map(told), documents: new Set(documents) }
}

export type ProfileValues = Record<string, string | string[] | undefined>

export const profiles: fc.Arbitrary<{ values: ProfileValues; documents: string[] }> = fc.record({
  values: fc.record({
    monthly_income: amounts,
    monthly_charges: amounts,
    children_number: fc.oneof(fc.nat({ max: 9 }).map(String), fc.constantFrom(undefined, '-1', '')),
    years_in_current_job: amounts,
    savings: amounts,
    pets: amounts,
    professional_situation: fc.oneof(fc.subarray(work), fc.constantFrom(undefined, 'retraité')),
    scholarship_student: fc.constantFrom('true', 'false', undefined),
  }),
  documents: fc.subarray(['bank_statement', 'proof_of_address', 'other']),
})
