/** `base64`: standard alphabet, padded (RFC 4648 section 4); the others: URL-safe alphabet (section 5). */
export type Base64Form = 'base64' | 'base64url' | 'base64url-padded'

/** Encodes bytes in the one canonical text of the form. */
export function encodeBase64(bytes: Buffer, form: Base64Form): string {
  if (form !== 'base64url-padded') return bytes.toString(form)
  const text = bytes.toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/**
 * Decodes canonical base64 only, or answers undefined.
 *
 * Node's own decoder skips foreign characters, accepts both alphabets, missing padding and non-zero trailing bits, so
 * that many texts stand for the same bytes. Comparing with the bytes' canonical text closes all of these at once.
 */
export function decodeStrictBase64(text: string, form: Base64Form): Buffer | undefined {
  const bytes = Buffer.from(text, form === 'base64' ? 'base64' : 'base64url')
  return encodeBase64(bytes, form) === text ? bytes : undefined
}
