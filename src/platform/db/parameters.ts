/** Parameters as PostgreSQL's text format takes them; a Buffer stays binary (node-postgres binds it as such). */
export function encodeParameter(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return value
  if (Array.isArray(value)) return `{${value.map(encodeElement).join(',')}}`
  if (typeof value === 'object') return JSON.stringify(value)
  throw new TypeError(`a ${typeof value} cannot be a parameter of a statement`)
}

function encodeElement(value: unknown): string {
  if (Array.isArray(value)) return encodeParameter(value) as string
  const text = encodeParameter(Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value)
  return text === null ? 'NULL' : `"${String(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
