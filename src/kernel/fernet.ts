import type { KeyObject } from 'node:crypto'
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { decodeStrictBase64, encodeBase64 } from '#kernel/strict-base64.ts'

/**
 * A Fernet key in use. Node's KeyObject keeps the bytes out of `util.inspect` and JSON, so that a key that lands in a
 * log line by mistake shows nothing.
 */
export type FernetKey = {
  readonly signingKey: KeyObject
  readonly encryptionKey: KeyObject
}

export type InvalidFernetTokenReason =
  | 'malformed'
  | 'unknown_version'
  | 'incorrect_mac'
  | 'expired'
  | 'from_the_future'
  | 'bad_padding'

/** The token does not open. `reason` is for logs and metrics; neither token nor key is in it. */
export class InvalidFernetTokenError extends Error {
  override readonly name = 'InvalidFernetTokenError'
  readonly reason: InvalidFernetTokenReason

  constructor(reason: InvalidFernetTokenReason, options?: ErrorOptions) {
    super(`invalid Fernet token: ${reason}`, options)
    this.reason = reason
  }
}

/** The text is not a Fernet key. The message says what is expected and never holds the text. */
export class InvalidFernetKeyError extends Error {
  override readonly name = 'InvalidFernetKeyError'
}

const version = 0x80
const timestampBytes = 8
const ivBytes = 16
const blockBytes = 16
const macBytes = 32
const headerBytes = 1 + timestampBytes + ivBytes
const maxClockSkewSeconds = 60n

/** A fresh random key as text: 32 bytes in padded base64url (44 characters), the form that `parseFernetKey` reads. */
export function generateFernetKey(): string {
  return encodeBase64(randomBytes(32), 'base64url-padded')
}

/**
 * Reads a key as the Fernet specification writes it: base64url of a 128-bit signing key and a 128-bit encryption key.
 * @throws InvalidFernetKeyError
 */
export function parseFernetKey(text: string): FernetKey {
  const bytes = decodeStrictBase64(text, 'base64url-padded')
  if (bytes?.length !== 32) {
    const found = text.length === 44 ? 'this text has others' : `this text has ${text.length}`
    throw new InvalidFernetKeyError(
      `a Fernet key is 32 bytes in base64url: 44 characters of A-Z a-z 0-9 - _, the last one "="; ${found}`,
    )
  }
  return {
    signingKey: createSecretKey(bytes.subarray(0, 16)),
    encryptionKey: createSecretKey(bytes.subarray(16)),
  }
}

/**
 * Encrypts into a Fernet token, version 0x80 (github.com/fernet/spec, Spec.md): AES-128-CBC, then HMAC-SHA256.
 * Text is encoded as UTF-8. `now` and `iv` (16 bytes) exist for reproducing published vectors: an IV must never be
 * used twice under one key.
 */
export function fernetEncrypt(
  key: FernetKey,
  plaintext: string | Buffer,
  { now = new Date(), iv = randomBytes(ivBytes) }: { now?: Date; iv?: Buffer } = {},
): string {
  const header = Buffer.alloc(1 + timestampBytes)
  header.writeUInt8(version)
  header.writeBigUInt64BE(epochSeconds(now), 1)
  const cipher = createCipheriv('aes-128-cbc', key.encryptionKey, iv)
  const signed = Buffer.concat([header, iv, cipher.update(plaintext), cipher.final()])
  return encodeBase64(Buffer.concat([signed, mac(key, signed)]), 'base64url-padded')
}

/**
 * Opens a Fernet token. With `ttlSeconds` (0 or more) it also refuses tokens older than that, and tokens made more
 * than 60 s after `now`; without, the time in the token is not looked at.
 * @throws InvalidFernetTokenError
 */
export function fernetDecrypt(key: FernetKey, token: string, opts: { ttlSeconds?: number; now?: Date } = {}): Buffer {
  const { signed, iv, ciphertext, timestamp, tokenMac } = splitToken(token)
  // The specification looks at the age first. Here the MAC comes first, so that "expired" is never said of a time
  // that anybody could have written into the token; which tokens open is the same.
  if (!timingSafeEqual(mac(key, signed), tokenMac)) throw new InvalidFernetTokenError('incorrect_mac')
  if (opts.ttlSeconds !== undefined) checkAge(timestamp, opts.ttlSeconds, opts.now ?? new Date())
  const decipher = createDecipheriv('aes-128-cbc', key.encryptionKey, iv)
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch (cause) {
    throw new InvalidFernetTokenError('bad_padding', { cause })
  }
}

function splitToken(token: string) {
  const bytes = decodeStrictBase64(token, 'base64url-padded')
  if (bytes === undefined || bytes.length === 0) throw new InvalidFernetTokenError('malformed')
  if (bytes[0] !== version) throw new InvalidFernetTokenError('unknown_version')
  // The padding always adds at least one byte, so even the empty message has one block.
  const ciphertextBytes = bytes.length - headerBytes - macBytes
  if (ciphertextBytes < blockBytes || ciphertextBytes % blockBytes !== 0) throw new InvalidFernetTokenError('malformed')
  const macStart = bytes.length - macBytes
  return {
    signed: bytes.subarray(0, macStart),
    timestamp: bytes.readBigUInt64BE(1),
    iv: bytes.subarray(1 + timestampBytes, headerBytes),
    ciphertext: bytes.subarray(headerBytes, macStart),
    tokenMac: bytes.subarray(macStart),
  }
}

function checkAge(timestamp: bigint, ttlSeconds: number, now: Date): void {
  // A NaN would make every comparison false and so every token young.
  if (!(Number.isSafeInteger(ttlSeconds) && ttlSeconds >= 0)) {
    throw new RangeError('ttlSeconds must be a whole number of seconds, 0 or more')
  }
  const current = epochSeconds(now)
  if (timestamp + BigInt(ttlSeconds) < current) throw new InvalidFernetTokenError('expired')
  if (timestamp > current + maxClockSkewSeconds) throw new InvalidFernetTokenError('from_the_future')
}

function mac(key: FernetKey, signed: Buffer): Buffer {
  return createHmac('sha256', key.signingKey).update(signed).digest()
}

function epochSeconds(time: Date): bigint {
  return BigInt(Math.floor(time.getTime() / 1000))
}
