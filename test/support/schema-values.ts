/** Values that fit a schema of an API document (JSON Schema 2020-12 as OpenAPI 3.1 has it), and values that nearly do. */
import fc from 'fast-check'
import { oddValues } from './odd-values.ts'

export type DocumentSchema = {
  $ref?: string
  type?: string | string[]
  anyOf?: DocumentSchema[]
  allOf?: DocumentSchema[]
  const?: unknown
  enum?: unknown[]
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  items?: DocumentSchema
  properties?: Record<string, DocumentSchema>
  patternProperties?: Record<string, DocumentSchema>
  additionalProperties?: boolean | DocumentSchema
  required?: string[]
  minProperties?: number
  maxProperties?: number
}
export type Models = Record<string, DocumentSchema>

/** The schema with its models in place of references. @throws Error for one that leads nowhere, or around in a circle */
export function resolved(schema: DocumentSchema, models: Models, within: readonly string[] = []): DocumentSchema {
  const inside = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(inside)
    if (typeof one !== 'object' || one === null) return one
    const { $ref } = one as DocumentSchema
    if (typeof $ref !== 'string') {
      return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, inside(value)]))
    }
    const model = models[$ref.replace('#/components/schemas/', '')]
    if (!model || within.includes($ref)) throw new Error(`the document has no end for ${$ref}`)
    return resolved(model, models, [...within, $ref])
  }
  return inside(schema) as DocumentSchema
}

/** @param schema without references */
export function valuesOf(schema: DocumentSchema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf))
  if (schema.allOf) return fc.tuple(...schema.allOf.map(valuesOf)).map((all) => Object.assign({}, ...all) as unknown)
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type })))
  switch (schema.type) {
    case 'string':
      return textsOf(schema)
    case 'integer':
      return fc.oneof(
        fc.integer({
          min: schema.minimum ?? -5,
          max: Math.max(schema.minimum ?? 0, Math.min(schema.maximum ?? 20, 20)),
        }),
        fc.maxSafeInteger().map((one) => clamp(one, schema)),
      )
    case 'number':
      return fc.double({ noNaN: true }).map((one) => clamp(one, schema))
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return arraysOf(schema)
    case 'object':
      return objectsOf(schema)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

const clamp = (
  one: number,
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: DocumentSchema,
) => Math.max(minimum, Math.min(maximum, one))

const formats: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  uuid: () => fc.uuid(),
  email: () => fc.emailAddress(),
  'date-time': () => fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  date: () => fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
}

const oddCharacters = fc.constantFrom(
  ...'\u0000\u0001\n\r\t\u001b\u007f\u00a0éßﬁ\u0301\u200d\u202e\ufeff\uffff💥𝟘٣"\'`\\<>&;={}%$#/.,=+-@ aZ0'.split(''),
)

/** Each takes tens of milliseconds to make. */
const madeMatching = new Map<string, fc.Arbitrary<string>>()
function matching(pattern: string): fc.Arbitrary<string> {
  const made = madeMatching.get(pattern) ?? fc.stringMatching(new RegExp(pattern))
  madeMatching.set(pattern, made)
  return made
}

function textsOf({ format = '', pattern, minLength = 0, maxLength = 1000 }: DocumentSchema): fc.Arbitrary<string> {
  const formatted = formats[format]?.()
  if (formatted) return formatted
  const most = Math.max(minLength, Math.min(maxLength, 60))
  const free = fc.string({ minLength, maxLength: most })
  const odd = fc.string({ minLength, maxLength: most, unit: oddCharacters })
  // Expressions that only say which characters may not be there (and look ahead for one that must).
  if (pattern === undefined || pattern.includes('\\u0000')) return fc.oneof({ weight: 3, arbitrary: free }, odd)
  return matching(pattern).map((text) => text.slice(0, maxLength))
}

function arraysOf({ items, minItems = 0, maxItems = 3, uniqueItems }: DocumentSchema): fc.Arbitrary<unknown[]> {
  const sizes = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) }
  const item = items ? valuesOf(items) : fc.jsonValue({ maxDepth: 1 })
  return uniqueItems
    ? fc.uniqueArray(item, { ...sizes, selector: (one) => JSON.stringify(one) })
    : fc.array(item, sizes)
}

function objectsOf(schema: DocumentSchema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema
  const named = fc.record(mapped(properties, valuesOf), { requiredKeys: required, noNullPrototype: true })
  const rest = Object.entries(schema.patternProperties ?? {})[0]
  const other = rest?.[1] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null)
  if (!other) return named
  const keys = rest && !rest[0].includes('.*') ? matching(rest[0]) : fc.string({ maxLength: 12 })
  const many = { minKeys: Math.min(schema.minProperties ?? 0, 3), maxKeys: Math.min(schema.maxProperties ?? 3, 3) }
  return fc
    .tuple(fc.dictionary(keys, valuesOf(other), { ...many, noNullPrototype: true }), named)
    .map(([free, own]) => ({ ...free, ...own }))
}

function mapped<T, U>(given: Record<string, T>, to: (one: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, to(one)]))
}

const poison: readonly unknown[] = [{ __proto__: null, constructor: { prototype: { isAdmin: true } } }, ...oddValues]

/** The object with one or two of its members something else, gone, or in company. */
export function nearlyObjects(objects: fc.Arbitrary<unknown>, names: readonly string[]): fc.Arbitrary<unknown> {
  const name = fc.constantFrom(...names, 'tenant_id', 'constructor', 'toString')
  const change = fc.record({ name, drop: fc.boolean(), value: fc.oneof(fc.constantFrom(...poison), fc.jsonValue()) })
  return fc.tuple(objects, fc.array(change, { minLength: 1, maxLength: 2 })).map(([given, changes]) => {
    const copy: Record<string, unknown> = { ...(given as object) }
    for (const { name: key, drop, value } of changes) {
      if (drop) delete copy[key]
      else copy[key] = value
    }
    return copy
  })
}
