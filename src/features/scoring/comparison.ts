/** What would change for past profiles if another scorecard judged them. Pure. */
import type { Evaluation } from './evaluate.ts'
import { evaluate, highestScore } from './evaluate.ts'
import type { ProfileFacts } from './figures.ts'
import type { ScorecardDefinition } from './scorecard.ts'

/** Scores in ten equal parts: 0-9, 10-19, ... 90-100. */
export const histogramParts = 10

export type Mover = { profilePk: number; before: number; after: number }

export type Comparison = {
  /** Profiles that were judged by both. */
  sampled: number
  changed: number
  raised: number
  lowered: number
  average: { before: number | null; after: number | null }
  histogram: { before: number[]; after: number[] }
  /** Those whose score moves most, the greatest move first. */
  movers: Mover[]
  /** Points that each rule gives on average; null: that scorecard has no such rule. */
  rules: { rule: string; before: number | null; after: number | null }[]
}

const mostMovers = 20

type Side = { scorecard: ScorecardDefinition; total: number; histogram: number[]; points: Map<string, number> }

export class Comparing {
  readonly #before: Side
  readonly #after: Side
  #sampled = 0
  #raised = 0
  #lowered = 0
  #movers: Mover[] = []

  constructor(before: ScorecardDefinition, after: ScorecardDefinition) {
    this.#before = sideOf(before)
    this.#after = sideOf(after)
  }

  add(profilePk: number, facts: ProfileFacts): void {
    const before = judge(this.#before, facts)
    const after = judge(this.#after, facts)
    this.#sampled++
    if (after > before) this.#raised++
    if (after < before) this.#lowered++
    if (after !== before) this.#movers.push({ profilePk, before, after })
    if (this.#movers.length > 50 * mostMovers) this.#movers = greatest(this.#movers)
  }

  result(): Comparison {
    const average = ({ total }: Side) => (this.#sampled === 0 ? null : rounded(total / this.#sampled))
    const ids = [...new Set([...this.#before.points.keys(), ...this.#after.points.keys()])]
    const averagePoints = ({ points }: Side, rule: string) => {
      const sum = points.get(rule)
      return sum === undefined || this.#sampled === 0 ? null : rounded(sum / this.#sampled)
    }
    return {
      sampled: this.#sampled,
      changed: this.#raised + this.#lowered,
      raised: this.#raised,
      lowered: this.#lowered,
      average: { before: average(this.#before), after: average(this.#after) },
      histogram: { before: this.#before.histogram, after: this.#after.histogram },
      movers: greatest(this.#movers),
      rules: ids.map((rule) => ({
        rule,
        before: averagePoints(this.#before, rule),
        after: averagePoints(this.#after, rule),
      })),
    }
  }
}

function sideOf(scorecard: ScorecardDefinition): Side {
  return {
    scorecard,
    total: 0,
    histogram: Array.from({ length: histogramParts }, () => 0),
    points: new Map(scorecard.rules.map(({ id }) => [id, 0])),
  }
}

function judge(side: Side, facts: ProfileFacts): number {
  const { score, judgements }: Evaluation = evaluate(side.scorecard, facts)
  const part = Math.min(Math.floor((score * histogramParts) / highestScore), histogramParts - 1)
  side.histogram[part] = (side.histogram[part] ?? 0) + 1
  side.total += score
  for (const { rule, points } of judgements) side.points.set(rule, (side.points.get(rule) ?? 0) + points)
  return score
}

/** Of equal moves the older profile first, so that the same sample gives the same list. */
function greatest(movers: readonly Mover[]): Mover[] {
  const move = ({ before, after }: Mover) => Math.abs(after - before)
  return movers.toSorted((a, b) => move(b) - move(a) || a.profilePk - b.profilePk).slice(0, mostMovers)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
