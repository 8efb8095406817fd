import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { decodeStrictBase64, encodeBase64 } from '#kernel/strict-base64.ts'

/** The text is not a client encryption key. The message says what is expected and never holds the text. */
export class InvalidEncryptionKeyError extends Error {
  override readonly name = 'InvalidEncryptionKeyError'
}

/**
 * The sealed value does not open: another key, another context, or a changed value. GCM cannot tell these apart, and
 * the caller must not be told either.
 */
export class WrongEncryptionKeyError extends Error {
  override readonly name = 'WrongEncryptionKeyError'
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const prefix = 'v1.'

/**
 * Reads the key a client sends: 32 bytes in standard base64 with padding (44 characters). Only the canonical text of
 * the bytes is taken, so that one key has one spelling. The key is used and forgotten, never stored.
 * @throws InvalidEncryptionKeyError
 */
export function parseClientEncryptionKey(base64: string): Buffer {
  const key = decodeStrictBase64(base64, 'base64')
  if (key?.length !== keyBytes) {
    throw new InvalidEncryptionKeyError(
      'the encryption key must be 32 bytes in standard base64: 44 characters of A-Z a-z 0-9 + /, the last one "="',
    )
  }
  return key
}

/**
 * Encrypts text with the client's key: `v1.` + base64url(12-byte nonce || ciphertext || 16-byte tag), AES-256-GCM
 * (NIST SP 800-38D). `context` names where the value belongs (`tenant/client/kind`); it is authenticated and not
 * stored, so that a value copied to another row does not open there. Random nonces allow 2^32 values under one key.
 */
export function sealWithClientKey(key: Buffer, plaintext: string, context: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return prefix + encodeBase64(Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]), 'base64url')
}

/**
 * Opens what `sealWithClientKey` made with the same key and context.
 * @throws WrongEncryptionKeyError
 */
export function openWithClientKey(key: Buffer, sealed: string, context: string): string {
  const bytes = sealed.startsWith(prefix) ? decodeStrictBase64(sealed.slice(prefix.length), 'base64url') : undefined
  if (bytes === undefined || bytes.length < nonceBytes + tagBytes) throw wrongKey()
  const tagStart = bytes.length - tagBytes
  // Outside the try: a key of the wrong length is a programming error, not the client's wrong key.
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(tagStart))
  try {
    const plaintext = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, tagStart)), decipher.final()])
    return plaintext.toString('utf8')
  } catch (cause) {
    throw wrongKey(cause)
  }
}

function wrongKey(cause?: unknown): WrongEncryptionKeyError {
  return new WrongEncryptionKeyError('the value does not open with this encryption key', { cause })
}
