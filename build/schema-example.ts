/** A value that a schema describes, to be changed by whoever sends it: what must be there, or all of it where nothing must. */
export type JsonSchema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  allOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  default?: unknown
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  required?: string[]
  minimum?: number
  minItems?: number
  format?: string
}

const texts: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-0000-0000-000000000000',
  email: 'somebody@example.com',
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  uri: 'https://example.com/',
}

export function exampleOf(schema: JsonSchema, models: Readonly<Record<string, JsonSchema>>, depth = 0): unknown {
  if (schema.$ref) return exampleOf(models[schema.$ref.split('/').at(-1) ?? ''] ?? {}, models, depth)
  if (schema.default !== undefined) return schema.default
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const [choice] = schema.anyOf ?? schema.oneOf ?? []
  if (choice) return exampleOf(choice, models, depth)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => exampleOf(one, models, depth)))
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return texts[schema.format ?? ''] ?? 'text'
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    case 'array':
      return schema.items && depth < 6 ? [exampleOf(schema.items, models, depth + 1)] : []
    case 'object':
      return objectOf(schema, models, depth)
    default:
      return null
  }
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  models: Readonly<Record<string, JsonSchema>>,
  depth: number,
) {
  const isAll = required.length === 0 && depth === 0
  const members = Object.entries(properties).filter(([name]) => isAll || required.includes(name))
  return Object.fromEntries(members.map(([name, schema]) => [name, exampleOf(schema, models, depth + 1)]))
}
