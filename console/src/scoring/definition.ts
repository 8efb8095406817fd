/** A scorecard as the API has it, and its outcomes: what gives points, rule by rule. */
import type { Paths } from '../api/schema.ts'

export type Scorecard =
  Paths['/api/v1/scorecards/{version}/']['get']['responses'][200]['content']['application/json']['data']
export type Definition = Scorecard['definition']
export type Rule = Definition['rules'][number]
export type Outcome = { points: number; reason: { fr: string; en: string }; ceiling?: number }
type Band = Outcome & { from: number | null; to: number | null }

/** `place` names it within its rule: "bands.0", "missing". */
export type Placed = { place: string; outcome: Outcome; band?: Band; choices?: readonly string[] }

export function outcomesOf(rule: Rule): Placed[] {
  if (rule.kind === 'documents') {
    return (['complete', 'partial', 'none'] as const).map((place) => ({ place, outcome: rule[place] }))
  }
  const missing = { place: 'missing', outcome: rule.missing }
  if (rule.kind === 'choice') {
    const options = rule.options.map((one, at) => ({ place: `options.${at}`, outcome: one, choices: one.choices }))
    return [...options, { place: 'otherwise', outcome: rule.otherwise }, missing]
  }
  return [...rule.bands.map((band, at) => ({ place: `bands.${at}`, outcome: band, band })), missing]
}

/** The rule with another outcome at that place. */
export function withOutcome(rule: Rule, place: string, change: Partial<Outcome>): Rule {
  const [part = '', index] = place.split('.')
  const mended = <One extends Outcome>(one: One): One => withoutCeiling({ ...one, ...change })
  const at = Number(index)
  if (part === 'bands' && (rule.kind === 'figure' || rule.kind === 'number')) {
    return { ...rule, bands: rule.bands.map((one, which) => (which === at ? mended(one) : one)) }
  }
  if (part === 'options' && rule.kind === 'choice') {
    return { ...rule, options: rule.options.map((one, which) => (which === at ? mended(one) : one)) }
  }
  const found = (rule as unknown as Record<string, Outcome>)[part]
  return found ? { ...rule, [part]: mended(found) } : rule
}

/** An empty ceiling is none. */
function withoutCeiling<One extends Outcome>(one: One): One {
  if (one.ceiling !== undefined) return one
  const { ceiling: _, ...rest } = one
  return rest as One
}

/** Where one band ends, the next one begins. */
export function withLimit(rule: Rule, band: number, limit: number): Rule {
  if (rule.kind !== 'figure' && rule.kind !== 'number') return rule
  const bands = rule.bands.map((one, at) => {
    if (at === band) return { ...one, to: limit }
    return at === band + 1 ? { ...one, from: limit } : one
  })
  return { ...rule, bands }
}

/** With a further band behind the last one, or without the last one; they stay without a gap. */
export function withBands(rule: Rule, by: 1 | -1): Rule {
  if (rule.kind !== 'figure' && rule.kind !== 'number') return rule
  const last = rule.bands.at(-1)
  if (!last) return rule
  if (by === 1) {
    const limit = (last.from ?? 0) + 1
    const added = { from: limit, to: null, points: 0, reason: { fr: '', en: '' } }
    return { ...rule, bands: [...rule.bands.slice(0, -1), { ...last, to: limit }, added] }
  }
  const kept = rule.bands.slice(0, -1)
  return { ...rule, bands: kept.map((one, at) => (at === kept.length - 1 ? { ...one, to: null } : one)) }
}
