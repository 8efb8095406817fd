import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 (RFC 2104) in lowercase hexadecimal, 64 characters. Text is taken as UTF-8. */
export function hmacSha256Hex(key: string | Buffer, body: string | Buffer): string {
  return createHmac('sha256', key).update(body).digest('hex')
}

/**
 * Whether two texts are equal, in a time that does not depend on where they differ: it compares their SHA-256, so
 * texts of different lengths need no early exit either.
 */
export function timingSafeEqualText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

function sha256(text: string): Buffer {
  // UTF-16, since UTF-8 turns every lone surrogate into the same replacement character: two texts would be "equal".
  return createHash('sha256').update(text, 'utf16le').digest()
}
