/** What an analysis found, as it is kept, and what of it a reader may see. Pure. */
import type { Judgement, Met } from './evaluate.ts'
import { attributesOf, evaluate } from './evaluate.ts'
import type { ProfileFacts, Unit } from './figures.ts'
import { figureKnowledge, figureOf, numberKnowledge, shownFigure } from './figures.ts'
import type { FigureName, Rule, ScorecardDefinition } from './scorecard.ts'
import { figureNames } from './scorecard.ts'

/** The figures as they are shown; null: not told, or (the debt ratio) no income at all. */
export type Figures = Record<FigureName, number | null>

/** A judgement as it is kept: its value rounded as it is shown. */
export type KeptJudgement = { rule: string; met: Met; points: number; ceiling: number | null; value: KeptValue }
export type KeptValue = number | string[] | null

export type AnalysisResult = { score: number; judgements: KeptJudgement[]; figures: Figures }

/** The values of a result that only some may read. */
export type HiddenValues = { values: Record<string, KeptValue>; figures: Partial<Figures> }

/** A result without them: which rules and figures were hidden is told. */
export type OpenResult = AnalysisResult & { hidden: { rules: string[]; figures: FigureName[] } }

export function analyse(scorecard: ScorecardDefinition, facts: ProfileFacts): AnalysisResult {
  const { score, judgements } = evaluate(scorecard, facts)
  return {
    score,
    judgements: judgements.map((one, i) => ({ ...one, value: keptValue(scorecard.rules[i], one) })),
    figures: Object.fromEntries(figureNames.map((name) => [name, shown(figureOf(facts, name), name)])) as Figures,
  }
}

function shown(value: number | null, figure: FigureName): number | null {
  return value === null ? null : shownFigure(figureKnowledge[figure].unit, value)
}

function keptValue(rule: Rule | undefined, { value }: Judgement): KeptValue {
  if (typeof value === 'number') return rule ? shownFigure(unitOf(rule), value) : value
  return value === null ? null : [...value]
}

export function unitOf(rule: Rule): Unit {
  if (rule.kind === 'figure') return figureKnowledge[rule.figure].unit
  return rule.kind === 'number' ? (numberKnowledge.get(rule.attribute)?.unit ?? 'number') : 'number'
}

/** Takes out what tells of a sensitive attribute. @returns hidden: null when there is nothing of that kind */
export function hide(
  scorecard: ScorecardDefinition,
  result: AnalysisResult,
  isSensitive: (attribute: string) => boolean,
): { open: OpenResult; hidden: HiddenValues | null } {
  const rules = scorecard.rules.filter((rule) => hidesValue(rule, isSensitive)).map(({ id }) => id)
  const figures = figureNames.filter((name) => figureKnowledge[name].of.some(isSensitive))
  const open: OpenResult = {
    score: result.score,
    judgements: result.judgements.map((one) => (rules.includes(one.rule) ? { ...one, value: null } : one)),
    figures: Object.fromEntries(
      figureNames.map((name) => [name, figures.includes(name) ? null : result.figures[name]]),
    ) as Figures,
    hidden: { rules, figures },
  }
  if (rules.length === 0 && figures.length === 0) return { open, hidden: null }
  const taken = result.judgements.filter(({ rule }) => rules.includes(rule))
  return {
    open,
    hidden: {
      values: Object.fromEntries(taken.map(({ rule, value }) => [rule, value])),
      figures: Object.fromEntries(figures.map((name) => [name, result.figures[name]])),
    },
  }
}

/** That a document is there is no secret, whatever is in it. */
function hidesValue(rule: Rule, isSensitive: (attribute: string) => boolean): boolean {
  return rule.kind !== 'documents' && attributesOf(rule).some(isSensitive)
}

/** The inverse of `hide`. */
export function reveal(open: OpenResult, hidden: HiddenValues): OpenResult {
  return {
    score: open.score,
    judgements: open.judgements.map((one) =>
      open.hidden.rules.includes(one.rule) ? { ...one, value: hidden.values[one.rule] ?? null } : one,
    ),
    figures: { ...open.figures, ...hidden.figures },
    hidden: { rules: [], figures: [] },
  }
}
