/** Judges a profile by a scorecard. Pure: the same profile and scorecard give the same result, byte for byte. */
import type { ProfileFacts } from './figures.ts'
import { figureKnowledge, figureOf, numberKnowledge, numberOf } from './figures.ts'
import type { BandRule, ChoiceRule, Direction, DocumentsRule, Outcome, Rule, ScorecardDefinition } from './scorecard.ts'

/** Which of a rule's outcomes was met. */
export type Met =
  | { at: 'bands' | 'options'; index: number }
  | { at: 'otherwise' | 'missing' | 'complete' | 'partial' | 'none' }

/** What was judged: a number (null: infinite, or not told), choices, documents that are there. */
export type JudgedValue = number | null | readonly string[]

/** @property value Infinity where a ratio has no denominator */
export type Judgement = { rule: string; met: Met; points: number; ceiling: number | null; value: JudgedValue }

export type Evaluation = { score: number; judgements: Judgement[] }

export const lowestScore = 0
export const highestScore = 100

export function directionOf(rule: BandRule): Direction {
  if (rule.kind === 'figure') return figureKnowledge[rule.figure].direction
  return numberKnowledge.get(rule.attribute)?.direction ?? rule.direction ?? 'free'
}

/** The attributes that the rule's value tells of. */
export function attributesOf(rule: Rule): readonly string[] {
  switch (rule.kind) {
    case 'figure':
      return figureKnowledge[rule.figure].of
    case 'documents':
      return rule.documents
    default:
      return [rule.attribute]
  }
}

export function evaluate(scorecard: ScorecardDefinition, facts: ProfileFacts): Evaluation {
  let total = scorecard.base
  let lowestCeiling = highestScore
  const judgements: Judgement[] = []
  for (const rule of scorecard.rules) {
    const { met, value } = judge(rule, facts)
    const { points, ceiling } = outcomeOf(rule, met)
    total += points
    if (ceiling !== undefined) lowestCeiling = Math.min(lowestCeiling, ceiling)
    judgements.push({ rule: rule.id, met, points, ceiling: ceiling ?? null, value })
  }
  return { score: Math.min(Math.max(total, lowestScore), lowestCeiling), judgements }
}

type Judged = { met: Met; value: JudgedValue }

function judge(rule: Rule, facts: ProfileFacts): Judged {
  switch (rule.kind) {
    case 'figure':
      return judgeNumber(rule, figureOf(facts, rule.figure))
    case 'number':
      return judgeNumber(rule, numberOf(facts, rule.attribute))
    case 'choice':
      return judgeChoices(rule, facts.values.get(rule.attribute) ?? [])
    case 'documents':
      return judgeDocuments(rule, facts.documents)
  }
}

function judgeNumber(rule: BandRule, value: number | null): Judged {
  if (value === null) return { met: { at: 'missing' }, value }
  const limitBelongsBelow = directionOf(rule) === 'falling'
  // Infinity is in the last band either way. The last band is open, so one is always found.
  const index = rule.bands.findIndex(({ to }) => to === null || value < to || (limitBelongsBelow && value === to))
  return { met: index < 0 ? { at: 'missing' } : { at: 'bands', index }, value }
}

function judgeChoices(rule: ChoiceRule, chosen: readonly string[]): Judged {
  if (chosen.length === 0) return { met: { at: 'missing' }, value: null }
  let best = -1
  rule.options.forEach((option, index) => {
    const isBetter = best < 0 || option.points > (rule.options[best]?.points ?? 0)
    if (isBetter && option.choices.some((choice) => chosen.includes(choice))) best = index
  })
  return { met: best < 0 ? { at: 'otherwise' } : { at: 'options', index: best }, value: chosen }
}

function judgeDocuments(rule: DocumentsRule, present: ReadonlySet<string>): Judged {
  const value = rule.documents.filter((document) => present.has(document))
  const at = value.length === rule.documents.length ? 'complete' : value.length > 0 ? 'partial' : 'none'
  return { met: { at }, value }
}

/** The rule's outcome that was met. @throws Error when the rule has no such outcome: it was met by another scorecard */
export function outcomeOf(rule: Rule, met: Met): Outcome {
  const outcome = 'index' in met ? listOf(rule, met.at)[met.index] : namedOutcome(rule, met.at)
  if (!outcome) throw new Error(`rule ${rule.id} has no outcome ${met.at}`)
  return outcome
}

type NamedOutcome = Exclude<Met['at'], 'bands' | 'options'>

function namedOutcome(rule: Rule, at: NamedOutcome): Outcome | undefined {
  if (rule.kind === 'documents') return at === 'otherwise' || at === 'missing' ? undefined : rule[at]
  if (at === 'missing') return rule.missing
  return at === 'otherwise' && rule.kind === 'choice' ? rule.otherwise : undefined
}

function listOf(rule: Rule, at: 'bands' | 'options'): readonly Outcome[] {
  if (at === 'bands' && 'bands' in rule) return rule.bands
  if (at === 'options' && 'options' in rule) return rule.options
  return []
}

/** All that the rule can give. */
export function outcomesOf(rule: Rule): readonly Outcome[] {
  switch (rule.kind) {
    case 'choice':
      return [...rule.options, rule.otherwise, rule.missing]
    case 'documents':
      return [rule.complete, rule.partial, rule.none]
    default:
      return [...rule.bands, rule.missing]
  }
}

/** The most points that the rule can give. */
export function mostPoints(rule: Rule): number {
  return Math.max(...outcomesOf(rule).map(({ points }) => points))
}
