/** Conditions of the simple form: a field, how it compares, a value. All others stay as they were written. */
export const comparisons = {
  '==': 'is',
  '!=': 'isNot',
  '>=': 'atLeast',
  '<=': 'atMost',
  '>': 'over',
  '<': 'under',
} as const
export type Comparison = (typeof comparisons)[keyof typeof comparisons]

export type Field =
  | { of: 'entity'; name: string }
  | { of: 'variables'; name: string }
  /** What came of a step. */
  | { of: 'steps'; step: string; name: string }
export type Value = { literal: string | number | boolean | null } | Field
export type Condition = { field: Field; comparison: Comparison; value: Value }

const name = '[a-z][a-z0-9_]*'
const simple = new RegExp(`^(${name}(?:\\.${name}){1,2})\\s*(==|!=|>=|<=|>|<)\\s*(.+)$`)

/** null: it is of another form. */
export function readCondition(expression: string): Condition | null {
  const text = expression.trim()
  const [, negated, alone] = new RegExp(`^(!?)(${name}(?:\\.${name}){1,2})$`).exec(text) ?? []
  if (alone !== undefined) {
    const field = readField(alone)
    return field && { field, comparison: 'is', value: { literal: negated === '' } }
  }
  const [, left = '', sign = '', right = ''] = simple.exec(text) ?? []
  const field = readField(left)
  const value = readValue(right.trim())
  if (!field || !value) return null
  return { field, comparison: comparisons[sign as keyof typeof comparisons], value }
}

function readField(text: string): Field | null {
  const [of, first, second, ...more] = text.split('.')
  if (first === undefined || more.length > 0) return null
  if (of === 'steps') return second === undefined ? null : { of, step: first, name: second }
  if (second !== undefined) return null
  return of === 'entity' || of === 'variables' ? { of, name: first } : null
}

/** A number, a text without escapes, true, false, null, or another field. */
function readValue(text: string): Value | null {
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text)) return { literal: Number(text) }
  if (text === 'true' || text === 'false') return { literal: text === 'true' }
  if (text === 'null') return { literal: null }
  const [, quoted] = /^"([^"\\]*)"$/.exec(text) ?? /^'([^'\\]*)'$/.exec(text) ?? []
  if (quoted !== undefined) return { literal: quoted }
  return new RegExp(`^${name}(\\.${name}){1,2}$`).test(text) ? readField(text) : null
}
