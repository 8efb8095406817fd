/**
 * The client's half of mode "double" (FactPulse): a key that only the client keeps. The server seals a secret with it (AES-256-GCM)
 * inside its own encryption and forgets it; it goes along as X-Encryption-Key with every call that needs the secret.
 */
import { randomBytes } from 'node:crypto'

/** 32 random bytes in base64. Keep it as you keep a password: nobody can open the secrets without it. */
export function generateEncryptionKey(): string {
  return randomBytes(32).toString('base64')
}

/** The key as it was given, when it is one. @throws TypeError otherwise; the message never holds the key */
export function checkEncryptionKey(key: string): string {
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== key) {
    throw new TypeError('an encryption key is 32 bytes in standard base64: 44 characters, the last one "="')
  }
  return key
}

/** For `params`: `client.put(path, { params: { path: { uid }, ...withEncryptionKey(key) }, body })`. */
export function withEncryptionKey(key: string): { header: { 'x-encryption-key': string } } {
  return { header: { 'x-encryption-key': checkEncryptionKey(key) } }
}
