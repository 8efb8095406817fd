/** The one text of a JSON value (RFC 8785, JSON Canonicalization Scheme): what is hashed and signed. */

/**
 * Members sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. Members that are
 * undefined are left out and dates become text, as JSON.stringify does.
 * @throws TypeError for what JSON cannot hold: NaN, infinities, bigints, functions
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no form in JSON`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one ?? null)).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no form in JSON`)
  if (value instanceof Date) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
