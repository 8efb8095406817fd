/** An analysis in the terms of its readers: reasons with their texts, debt ratio, stability, documents. Pure. */
import type { Met } from './evaluate.ts'
import { attributesOf, mostPoints, outcomeOf } from './evaluate.ts'
import { highestDebtRatio } from './figures.ts'
import type { KeptJudgement, KeptValue, OpenResult } from './result.ts'
import { unitOf } from './result.ts'
import type { Bilingual, Language, Rule, ScorecardDefinition, Topic } from './scorecard.ts'
import { decimalText, documentName, figureText } from './wording.ts'

export type Reason = {
  rule: string
  topic: Topic
  title: Bilingual
  points: number
  /** The most that the rule could have given. */
  maximum: number
  /** The score does not exceed it for this reason. */
  ceiling: number | null
  value: KeptValue
  /** The value is sensitive, and the reader may not see it; nor the text, which tells of it. */
  isHidden: boolean
  text: Bilingual
}

/** @property values by attribute or figure; null: not told, or hidden */
export type Stability = { points: number; maximum: number; values: Record<string, KeptValue> }

export type AnalysisDetails = {
  base: number
  reasons: Reason[]
  debtRatio: number | null
  debtRatioLimit: number
  /** null: the ratio is not known; without any income it is above. */
  isAboveDebtRatioLimit: boolean | null
  leftToLiveOn: number | null
  leftToLiveOnPerPerson: number | null
  stability: { work: Stability; housing: Stability }
  documents: { provided: string[]; missing: string[]; isComplete: boolean }
  grade: Bilingual
}

/** @param named what the tenant calls its attributes */
export function detailsOf(
  scorecard: ScorecardDefinition,
  result: OpenResult,
  named: ReadonlyMap<string, string> = new Map(),
): AnalysisDetails {
  const rules = new Map(scorecard.rules.map((rule) => [rule.id, rule]))
  const reasons = result.judgements.flatMap((judgement) => {
    const rule = rules.get(judgement.rule)
    return rule ? [reasonOf(rule, judgement, { isHidden: result.hidden.rules.includes(rule.id), named })] : []
  })
  const { debt_ratio, left_to_live_on, left_to_live_on_per_person } = result.figures
  return {
    base: scorecard.base,
    reasons,
    debtRatio: debt_ratio,
    debtRatioLimit: highestDebtRatio,
    isAboveDebtRatioLimit: aboveLimit(debt_ratio, left_to_live_on, result),
    leftToLiveOn: left_to_live_on,
    leftToLiveOnPerPerson: left_to_live_on_per_person,
    stability: { work: stabilityOf('work', scorecard, reasons), housing: stabilityOf('housing', scorecard, reasons) },
    documents: documentsOf(scorecard, reasons),
    grade: gradeOf(scorecard, result.score),
  }
}

/** Where there is something left to live on but no ratio, the income is zero: the ratio has no denominator. */
function aboveLimit(ratio: number | null, left: number | null, { hidden }: OpenResult): boolean | null {
  if (hidden.figures.includes('debt_ratio')) return null
  if (ratio !== null) return ratio > highestDebtRatio
  return left === null ? null : true
}

type Told = { isHidden: boolean; named: ReadonlyMap<string, string> }

function reasonOf(rule: Rule, { met, points, ceiling, value }: KeptJudgement, { isHidden, named }: Told): Reason {
  const { reason } = outcomeOf(rule, met)
  return {
    rule: rule.id,
    topic: rule.topic,
    title: rule.title,
    points,
    maximum: mostPoints(rule),
    ceiling,
    value,
    isHidden,
    text: isHidden
      ? { fr: `${rule.title.fr} : valeur masquée.`, en: `${rule.title.en}: value hidden.` }
      : {
          fr: fill(reason.fr, { rule, met, value, named }, 'fr'),
          en: fill(reason.en, { rule, met, value, named }, 'en'),
        },
  }
}

type Judged = { rule: Rule; met: Met; value: KeptValue; named: Told['named'] }

function fill(template: string, judged: Judged, language: Language): string {
  // A function: in a replacement text, "$&" of a choice's name would mean something.
  return template.replaceAll('{value}', () => valueText(judged, language))
}

function valueText({ rule, met, value, named }: Judged, language: Language): string {
  const none = language === 'fr' ? 'non renseigné' : 'not told'
  if (Array.isArray(value)) {
    const texts = rule.kind === 'documents' ? value.map((one) => documentName(one, language, named)) : value
    return texts.length === 0 ? none : texts.join(', ')
  }
  if (rule.kind === 'choice' || rule.kind === 'documents') return none
  // Of a band that was met, no number means that there was no income to divide by.
  if (value === null) return met.at === 'bands' ? figureText('ratio', Number.POSITIVE_INFINITY, language) : none
  return figureText(unitOf(rule), value, language)
}

function stabilityOf(topic: Topic, scorecard: ScorecardDefinition, reasons: readonly Reason[]): Stability {
  const own = reasons.filter((reason) => reason.topic === topic)
  const rules = new Map(scorecard.rules.map((rule) => [rule.id, rule]))
  const subject = (reason: Reason) => {
    const rule = rules.get(reason.rule)
    return rule?.kind === 'figure' ? rule.figure : (rule && attributesOf(rule)[0]) || reason.rule
  }
  return {
    points: own.reduce((sum, { points }) => sum + points, 0),
    maximum: own.reduce((sum, { maximum }) => sum + maximum, 0),
    values: Object.fromEntries(own.map((reason) => [subject(reason), reason.value])),
  }
}

function documentsOf(scorecard: ScorecardDefinition, reasons: readonly Reason[]): AnalysisDetails['documents'] {
  const wanted = scorecard.rules.flatMap((rule) => (rule.kind === 'documents' ? rule.documents : []))
  const present = new Set(
    scorecard.rules.flatMap((rule) => {
      if (rule.kind !== 'documents') return []
      const value = reasons.find((reason) => reason.rule === rule.id)?.value
      return Array.isArray(value) ? value : []
    }),
  )
  const missing = wanted.filter((document) => !present.has(document))
  return { provided: wanted.filter((document) => present.has(document)), missing, isComplete: missing.length === 0 }
}

export function gradeOf(scorecard: ScorecardDefinition, score: number): Bilingual {
  const grade = scorecard.grades.findLast(({ from }) => score >= from)
  return grade?.label ?? { fr: decimalText(score, 'fr'), en: decimalText(score, 'en') }
}
