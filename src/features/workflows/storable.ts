/** The value as PostgreSQL takes it into JSON: without U+0000, and without halves of characters, in texts and in names. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map(storable)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [storableText(name), storable(one)]))
}

const storableText = (text: string) => text.replaceAll('\u0000', '').toWellFormed()
