/** Values that have broken programs before, and generators of what a schema describes. */
import fc from 'fast-check'
import type { TSchema } from 'typebox'

export const oddTexts: readonly string[] = [
  '',
  ' ',
  '\t\n',
  '\u0000',
  'with\u0000null',
  '\ud800',
  'half \udc00 a pair',
  '\u202Eright to left',
  '\uFEFFbom',
  '👩‍👩‍👧‍👦',
  `e${'\u0301'.repeat(200)}`,
  '\uFFFF',
  'ﬁ',
  "'; drop table clients; --",
  "' or '1'='1",
  '\\',
  '%',
  '#{7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../../etc/passwd',
  '$2b$10$abc',
  'null',
  'NaN',
  '1e999',
  '2024-02-30T25:61:61Z',
  '0000-00-00T00:00:00Z',
  '275760-09-13T00:00:00.001Z',
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(300),
  'x'.repeat(100_000),
  '💥'.repeat(20_000),
]

export const oddValues: readonly unknown[] = [
  ...oddTexts,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  Number.MAX_SAFE_INTEGER + 2,
  5e-324,
  true,
  false,
  null,
  [],
  [[]],
  ['text'],
  {},
  { $ne: null },
  { toString: 'text' },
  { length: 1e9 },
]

type JsonSchema = {
  type?: string
  anyOf?: TSchema[]
  const?: unknown
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  items?: TSchema
  properties?: Record<string, TSchema>
  required?: string[]
}

/** Mostly valid values of the schema: lengths, formats and types are kept, rules behind the schema are not known here. */
export function generatorOf(schema: TSchema): fc.Arbitrary<unknown> {
  const wanted: JsonSchema = schema
  if (wanted.anyOf) return fc.oneof(...wanted.anyOf.map(generatorOf))
  if ('const' in wanted) return fc.constant(wanted.const)
  switch (wanted.type) {
    case 'string':
      return textOf(wanted)
    case 'integer':
      return fc.integer({ min: wanted.minimum ?? -1000, max: Math.min(wanted.maximum ?? 1000, 2 ** 31 - 1) })
    case 'number':
      return fc.double()
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(wanted.items ? generatorOf(wanted.items) : fc.anything(), {
        minLength: wanted.minItems ?? 0,
        maxLength: Math.min(wanted.maxItems ?? 5, 5),
      })
    case 'object':
      return objectOf(wanted)
    default:
      return fc.anything()
  }
}

function textOf({ format, pattern, minLength = 0, maxLength = 1000 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid()
  if (format === 'email') return fc.emailAddress()
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
  if (pattern === '^[0-9]{14}$') return fc.stringMatching(/^[0-9]{14}$/)
  const most = Math.min(maxLength, 300)
  return fc.oneof(
    fc.string({ minLength, maxLength: most, unit: 'grapheme' }),
    fc.string({ minLength, maxLength: most, unit: 'binary' }),
  )
}

function objectOf({ properties, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  if (!properties) return fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue(), { maxKeys: 5 })
  const model = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, generatorOf(one)]))
  return fc.record(model, { requiredKeys: required })
}

/** A valid body in which one field is something else, is missing, or has company. */
export function nearly(body: fc.Arbitrary<unknown>, names: readonly string[]): fc.Arbitrary<unknown> {
  const field = fc.constantFrom(...names, 'unknown', 'toString', 'constructor')
  const changed = fc.tuple(body, field, fc.oneof(fc.jsonValue(), fc.constantFrom(...oddValues)))
  const without = fc.tuple(body, field).map(([given, name]) => {
    const { [name]: _, ...rest } = given as Record<string, unknown>
    return rest
  })
  return fc.oneof(
    changed.map(([given, name, value]) => ({ ...(given as object), [name]: value })),
    without,
  )
}
