/** Parameters as PostgreSQL's text format takes them; a Buffer stays binary (node-postgres binds it as such). */
export function encodeParameter(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return encodeMoment(value)
  if (Buffer.isBuffer(value)) return value
  if (ArrayBuffer.isView(value)) return bytesOf(value)
  if (Array.isArray(value)) return `{${value.map(encodeElement).join(',')}}`
  if (typeof value === 'object') return JSON.stringify(value)
  throw new TypeError(`a ${typeof value} cannot be a parameter of a statement`)
}

function encodeElement(value: unknown): string {
  if (Array.isArray(value)) return encodeParameter(value) as string
  const text = encodeParameter(ArrayBuffer.isView(value) ? `\\x${bytesOf(value).toString('hex')}` : value)
  return text === null ? 'NULL' : `"${String(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

/** ISO 8601 writes years of more than four digits with a sign, and the year before 1 as 0: PostgreSQL takes neither. */
function encodeMoment(moment: Date): string {
  const text = moment.toISOString()
  const year = moment.getUTCFullYear()
  if (year >= 1 && year <= 9999) return text
  const afterYear = text.slice(text.indexOf('-', 1))
  return year > 9999 ? `${year}${afterYear}` : `${String(1 - year).padStart(4, '0')}${afterYear} BC`
}
