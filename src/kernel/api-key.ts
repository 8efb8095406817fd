import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export type ApiKeyMode = 'test' | 'live'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretLength = 43 // 62^43 > 2^256: the 32 bytes always fit
const checksumLength = 6 // 62^6 > 2^32
const pattern = new RegExp(`^sk_(?:test|live)_[0-9A-Za-z]{${secretLength + checksumLength}}$`)
const maskLength = 4

/**
 * A new API key: `sk_test_` or `sk_live_`, 256 random bits in base62 (43 characters), and the CRC-32 of all before it
 * in base62 (6 characters), as in GitHub's tokens: typing errors and strings that only look like a key are found
 * without asking the database, by us and by secret scanners.
 */
export function generateApiKey(mode: ApiKeyMode): string {
  const body = `sk_${mode}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), secretLength)}`
  return body + checksum(body)
}

/** Whether the text has an API key's prefix, length, alphabet and checksum. Says nothing about the key's existence. */
export function isWellFormedApiKey(text: string): boolean {
  return pattern.test(text) && checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/**
 * SHA-256 of a random secret (API key, token, backup code), for storing and looking up: 32 bytes. Right only because
 * the secret is random: passwords go through argon2id.
 */
export function hashSecret(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/**
 * What may be shown of a key to recognise it: `sk_test_AbCd…wxyz` (over 200 of its 256 bits stay hidden). Any other
 * text gives `…`, since parts of an unknown secret may be all of it.
 */
export function apiKeyHint(key: string): string {
  if (!isWellFormedApiKey(key)) return '…'
  return `${key.slice(0, 'sk_test_'.length + maskLength)}…${key.slice(-maskLength)}`
}

/**
 * A random token: `<prefix>_<base64url>`. The prefix is 2 to 8 lowercase letters, so it ends at the first underscore.
 * @throws RangeError for another prefix or fewer than 16 bytes.
 */
export function generateToken(prefix: string, bytes = 32): string {
  if (!/^[a-z]{2,8}$/.test(prefix)) throw new RangeError('a token prefix is 2 to 8 lowercase letters')
  if (!(Number.isSafeInteger(bytes) && bytes >= 16)) throw new RangeError('a token needs at least 16 random bytes')
  return `${prefix}_${randomBytes(bytes).toString('base64url')}`
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength)
}

function base62(value: bigint, length: number): string {
  let digits = ''
  for (let rest = value; rest > 0n; rest /= 62n) digits = alphabet.charAt(Number(rest % 62n)) + digits
  return digits.padStart(length, '0')
}
