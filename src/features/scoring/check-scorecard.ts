/**
 * Whether a scorecard may be activated. Its shape was checked before (scorecard.ts); here is what a shape cannot say. Each
 * attribute is judged by one rule at most: so the highest and lowest score can be told exactly, and who reads a reason
 * knows that it is the only one about its subject. Pure.
 */
import type { Problem } from './check-bands.ts'
import { ceilingOf, checkBands, reporter } from './check-bands.ts'
import { highestScore, lowestScore, outcomesOf } from './evaluate.ts'
import { numberKnowledge } from './figures.ts'
import { forbiddenGround } from './forbidden-attributes.ts'
import type { Bilingual, Outcome, Rule, ScorecardDefinition } from './scorecard.ts'

/** What the catalogue of attributes says of one that profiles may have. */
export type JudgeableAttribute = {
  name: string
  displayedName: string
  type: string
  choices: readonly string[]
}

type Report = ReturnType<typeof reporter>

const typesOfKind: Readonly<Record<'number' | 'choice' | 'documents', readonly string[]>> = {
  number: ['integer', 'float', 'number'],
  choice: ['choice', 'boolean'],
  documents: ['file'],
}

/** @returns what is wrong, in the order of the definition; nothing where it may be activated */
export function checkScorecard(scorecard: ScorecardDefinition, attributes: readonly JudgeableAttribute[]): Problem[] {
  const problems: Problem[] = []
  const known = new Map(attributes.map((one) => [one.name, one]))
  const ids = new Set<string>()
  const judged = new Set<string>()
  scorecard.rules.forEach((rule, i) => {
    const report = reporter(problems, ['rules', String(i)])
    if (ids.has(rule.id)) report('rule_id_taken', ['id'], 'Another rule has this id.')
    ids.add(rule.id)
    for (const [path, subject] of subjectsOf(rule)) {
      if (judged.has(subject))
        report('subject_judged_twice', path, `${subject} is judged by another rule or twice by this one.`)
      judged.add(subject)
      if (rule.kind !== 'figure') checkAttribute(rule, { path, attribute: subject, known }, report)
    }
    if ('bands' in rule) checkBands(rule, report)
    if (rule.kind === 'number') checkDirection(rule, report)
    checkWithholding(rule, report)
    checkTexts(rule, report)
  })
  checkGrades(scorecard, reporter(problems))
  checkRange(scorecard, reporter(problems))
  return problems
}

function subjectsOf(rule: Rule): [path: (string | number)[], subject: string][] {
  switch (rule.kind) {
    case 'figure':
      return [[['figure'], rule.figure]]
    case 'documents':
      return rule.documents.map((document, i) => [['documents', i], document])
    default:
      return [[['attribute'], rule.attribute]]
  }
}

function checkAttribute(
  rule: Exclude<Rule, { kind: 'figure' }>,
  subject: { path: (string | number)[]; attribute: string; known: ReadonlyMap<string, JudgeableAttribute> },
  report: Report,
): void {
  const { path, attribute, known } = subject
  const found = known.get(attribute)
  const forbidden = forbiddenGround(attribute, found?.displayedName)
  if (forbidden) {
    const { ground, because } = forbidden
    report('attribute_forbidden', path, `${attribute} must not be judged (${ground}: ${because}).`)
    return
  }
  if (!found) {
    report('attribute_unknown', path, `The catalogue has no attribute ${attribute}, or has retired it.`)
    return
  }
  const types = typesOfKind[rule.kind]
  if (!types.includes(found.type)) {
    report(
      'attribute_type',
      path,
      `A rule of kind ${rule.kind} judges ${types.join(' or ')}; ${attribute} is ${found.type}.`,
    )
    return
  }
  if (rule.kind === 'choice')
    checkChoices(rule.options, found.type === 'boolean' ? ['true', 'false'] : found.choices, report)
}

function checkChoices(
  options: readonly { choices: readonly string[] }[],
  available: readonly string[],
  report: Report,
): void {
  const seen = new Set<string>()
  options.forEach(({ choices }, i) => {
    choices.forEach((choice, j) => {
      const path = ['options', i, 'choices', j]
      if (seen.has(choice)) report('choice_judged_twice', path, 'This choice stands in two options.')
      seen.add(choice)
      if (!available.includes(choice)) report('choice_unknown', path, 'The catalogue has no such choice.')
    })
  })
}

function checkDirection(rule: Extract<Rule, { kind: 'number' }>, report: Report): void {
  const fixed = numberKnowledge.get(rule.attribute)?.direction
  if (fixed === undefined && rule.direction === undefined) {
    report(
      'direction_missing',
      ['direction'],
      'Say whether more of it is better (rising), worse (falling), or neither (free).',
    )
  }
  if (fixed !== undefined && rule.direction !== undefined && rule.direction !== fixed) {
    report('direction_wrong', ['direction'], `The direction of ${rule.attribute} is ${fixed}.`)
  }
}

/** What is not told must not score higher than the worst that could be told, or hiding it would pay. */
function checkWithholding(rule: Rule, report: Report): void {
  const [at, silent, told] =
    rule.kind === 'documents'
      ? (['none', rule.none, [rule.partial, rule.complete]] as const)
      : (['missing', rule.missing, outcomesOf(rule).filter((one) => one !== rule.missing)] as const)
  checkNotAbove([at, silent], told, report)
  if (rule.kind === 'documents') checkNotAbove(['partial', rule.partial], [rule.complete], report)
}

function checkNotAbove([at, outcome]: readonly [string, Outcome], others: readonly Outcome[], report: Report): void {
  if (others.some((other) => other.points < outcome.points)) {
    report('withholding_pays', [at, 'points'], 'Telling less must not give more points than telling.')
  }
  if (others.some((other) => ceilingOf(other) < ceilingOf(outcome))) {
    report('withholding_pays', [at, 'ceiling'], 'Telling less must not allow a higher score than telling.')
  }
}

const placeholders = /\{[^{}]*\}/g

function checkTexts(rule: Rule, report: Report): void {
  const texts: [string, Bilingual][] = [
    ['title', rule.title],
    ...outcomesOf(rule).map(({ reason }): [string, Bilingual] => ['reason', reason]),
  ]
  for (const [path, text] of texts) {
    const allowed = path === 'title' ? [] : ['{value}']
    const others = [text.fr, text.en]
      .flatMap((one) => one.match(placeholders) ?? [])
      .filter((one) => !allowed.includes(one))
    if (others[0])
      report('placeholder_unknown', [path], `Reasons may hold {value}, titles nothing in braces; not ${others[0]}.`)
  }
}

function checkGrades({ grades }: ScorecardDefinition, report: Report): void {
  grades.forEach(({ from }, i) => {
    const previous = grades[i - 1]
    if (!previous && from !== lowestScore) report('grades_gap', ['grades', i, 'from'], 'The first grade begins with 0.')
    if (previous && from <= previous.from)
      report('grades_order', ['grades', i, 'from'], 'Each grade begins above the one before.')
  })
}

/** Someone must be able to reach the highest score, and someone the lowest. */
function checkRange(scorecard: ScorecardDefinition, report: Report): void {
  const { lowest, highest } = rangeOf(scorecard)
  if (highest < highestScore) {
    report('range_too_low', ['rules'], `The best profile reaches ${highest}: it must be able to reach ${highestScore}.`)
  }
  if (lowest > lowestScore) {
    report(
      'range_too_high',
      ['rules'],
      `The worst profile still has ${lowest}: it must be able to fall to ${lowestScore}.`,
    )
  }
}

/**
 * The lowest and highest score that a profile can have. As rules judge different things, their outcomes meet in any
 * combination; the figures go together too, since more income and fewer charges are better in all of them.
 */
export function rangeOf(scorecard: ScorecardDefinition): { lowest: number; highest: number } {
  const all = scorecard.rules.map(outcomesOf)
  const least = scorecard.base + sum(all.map((outcomes) => Math.min(...outcomes.map(({ points }) => points))))
  const leastCeiling = Math.min(...all.flat().map(ceilingOf))
  return {
    lowest: Math.min(Math.max(least, lowestScore), leastCeiling),
    highest: Math.max(...ceilingsOf(all).map((ceiling) => highestUnder(ceiling, scorecard.base, all))),
  }
}

function ceilingsOf(all: readonly (readonly Outcome[])[]): number[] {
  return [...new Set([highestScore, ...all.flat().map(ceilingOf)])]
}

/** The highest score of profiles that meet no ceiling below this one. */
function highestUnder(ceiling: number, base: number, all: readonly (readonly Outcome[])[]): number {
  let total = base
  for (const outcomes of all) {
    const allowed = outcomes.filter((one) => ceilingOf(one) >= ceiling)
    if (allowed.length === 0) return lowestScore
    total += Math.max(...allowed.map(({ points }) => points))
  }
  return Math.min(Math.max(total, lowestScore), ceiling)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
