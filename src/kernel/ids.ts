import { typeid } from 'typeid-js'

export type IdPrefix =
  | 'sess'
  | 'evt'
  | 'user'
  | 'tenant'
  | 'key'
  | 'file'
  | 'imp'
  | 'exp'
  | 'wf'
  | 'exec'
  | 'apr'
  | 'notif'
  | 'rpt'
  | 'dev'
  | 'inv'
  | 'pend'
  | 'chk'
  | 'fwd'

export type Id<P extends IdPrefix> = `${P}_${string}`

// 128 bits in 26 characters of 5: the first character carries 3 bits, so it is at most 7 (TypeID specification 0.3).
const suffix = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * A new TypeID (github.com/jetify-com/typeid): the prefix, `_`, and a UUIDv7 in 26 characters of base32. Inside one
 * process later ids sort after earlier ones of the same prefix (see `newUuid`).
 */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return `${prefix}_${typeid().getSuffix()}`
}

/** Whether the text is a TypeID of this prefix, in canonical (lowercase) form. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is Id<P> {
  return text.startsWith(`${prefix}_`) && suffix.test(text.slice(prefix.length + 1))
}

/**
 * A new UUIDv7 (RFC 9562), lowercase. Time-ordered, and strictly increasing inside one process, also within a
 * millisecond and while the clock is set back by up to 10 s. Node's own randomUUIDv7 orders by millisecond only, which
 * would shuffle the events of one request.
 */
export function newUuid(): string {
  return typeid().toUUID()
}

/** Whether the text is a UUID in canonical form (8-4-4-4-12 hexadecimal digits), of any version, in either case. */
export function isUuid(text: string): boolean {
  return uuid.test(text)
}
