/** What a profile says in numbers, and what is derived from them. Amounts are euros a month. Pure. */
import type { Direction, FigureName } from './scorecard.ts'

/** A profile as scorecards see it: the values of each attribute as text, and which documents are there. */
export type ProfileFacts = {
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly documents: ReadonlySet<string>
}

export type Unit = 'ratio' | 'euros' | 'years' | 'number'

type Knowledge = {
  direction: Exclude<Direction, 'free'>
  unit: Unit
  /** No value is below it; null: there is no such limit. */
  minimum: number | null
  /** The attributes it is made of: where one of them is sensitive, so is the figure. */
  of: readonly string[]
}

const income = 'monthly_income'
const charges = 'monthly_charges'
const children = 'children_number'

export const figureKnowledge: Readonly<Record<FigureName, Knowledge>> = {
  debt_ratio: { direction: 'falling', unit: 'ratio', minimum: 0, of: [charges, income] },
  left_to_live_on: { direction: 'rising', unit: 'euros', minimum: null, of: [income, charges] },
  left_to_live_on_per_person: { direction: 'rising', unit: 'euros', minimum: null, of: [income, charges, children] },
}

/** Numbers of the built-in catalogue: more income may never lower a score, more charges may never raise it. */
export const numberKnowledge: ReadonlyMap<string, Knowledge> = new Map([
  [income, { direction: 'rising', unit: 'euros', minimum: 0, of: [income] }],
  [charges, { direction: 'falling', unit: 'euros', minimum: 0, of: [charges] }],
  ['years_in_current_job', { direction: 'rising', unit: 'years', minimum: 0, of: ['years_in_current_job'] }],
])

const decimal = /^[+-]?\d{1,40}(?:\.\d{1,40})?$/

/** @returns null where the profile has no such number */
export function numberOf(facts: ProfileFacts, attribute: string): number | null {
  const text = facts.values.get(attribute)?.[0]?.trim()
  if (text === undefined || !decimal.test(text)) return null
  // Not -0, which prints as "-0".
  const value = Number(text) || 0
  return numberKnowledge.get(attribute)?.minimum === 0 ? Math.max(0, value) : value
}

/**
 * - debt_ratio: charges / income; Infinity without any income, be there charges or not.
 * - left_to_live_on: income - charges.
 * - left_to_live_on_per_person: the same for each of the household, which counts the borrower and the children. Whether
 *   another adult belongs to it would be the family situation, which must not be judged. What is lacking is not divided:
 *   it would look smaller with every child.
 * @returns null where the profile lacks a number that it takes; a number of children that is not told counts as none
 */
export function figureOf(facts: ProfileFacts, figure: FigureName): number | null {
  const earned = numberOf(facts, income)
  const owed = numberOf(facts, charges)
  if (earned === null || owed === null) return null
  switch (figure) {
    case 'debt_ratio':
      return earned === 0 ? Number.POSITIVE_INFINITY : owed / earned
    case 'left_to_live_on':
      return earned - owed
    case 'left_to_live_on_per_person': {
      const left = earned - owed
      return left > 0 ? left / (1 + Math.max(0, numberOf(facts, children) ?? 0)) : left
    }
  }
}

/** Over this share of the income, the charges are too high: Haut Conseil de stabilité financière, decision D-HCSF-2021-7. */
export const highestDebtRatio = 0.35

/**
 * As it is shown: ratios with four decimals, rounded up, so that a ratio above a limit never reads as the limit itself;
 * amounts rounded down to the cent. Infinity, "no income", is null.
 */
export function shownFigure(unit: Unit, value: number): number | null {
  if (!Number.isFinite(value)) return null
  // What binary fractions add to 0.07 * 10_000 is no reason to round up.
  if (unit === 'ratio') return Math.ceil(Number((value * 10_000).toPrecision(12))) / 10_000
  if (unit === 'euros') return Math.floor(Number((value * 100).toPrecision(15))) / 100
  return value
}
