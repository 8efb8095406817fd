import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import type { FernetKey } from '#kernel/fernet.ts'
import {
  fernetDecrypt,
  fernetEncrypt,
  InvalidFernetKeyError,
  InvalidFernetTokenError,
  parseFernetKey,
} from '#kernel/fernet.ts'

/** The keys do not make a ring. The message says which key (counted from 1) and why, and never holds a key. */
export class InvalidKeyRingError extends Error {
  override readonly name = 'InvalidKeyRingError'
}

/**
 * Fernet keys in rotation: the first encrypts, all decrypt. To rotate, put a new key in front, re-encrypt what
 * `isCurrent` refuses, then drop the old key.
 *
 * Printing a ring in any way shows the fingerprints of its keys only.
 */
export class KeyRing {
  readonly #keys: readonly [FernetKey, ...FernetKey[]]
  readonly #fingerprints: readonly string[]

  /** @throws InvalidKeyRingError for no key, or the same key twice (a sign of a rotation gone wrong). */
  constructor(keys: readonly FernetKey[]) {
    const [first, ...rest] = keys
    if (first === undefined) throw new InvalidKeyRingError('a key ring needs at least one key')
    this.#keys = [first, ...rest]
    this.#fingerprints = keys.map(fingerprint)
    for (const [index, print] of this.#fingerprints.entries()) {
      const earlier = this.#fingerprints.indexOf(print)
      if (earlier !== index) throw new InvalidKeyRingError(`key ${index + 1} is the same as key ${earlier + 1}`)
    }
  }

  /** Encrypts under the first key; gives a Fernet token. Text is encoded as UTF-8. */
  encrypt(plaintext: string | Buffer): string {
    return fernetEncrypt(this.#keys[0], plaintext)
  }

  /**
   * Opens a token made under any key of the ring.
   * @throws InvalidFernetTokenError; reason `incorrect_mac` when no key of the ring made the token.
   */
  decrypt(token: string): Buffer {
    for (const key of this.#keys) {
      const plaintext = openUnder(key, token)
      if (plaintext !== undefined) return plaintext
    }
    throw new InvalidFernetTokenError('incorrect_mac')
  }

  /** Whether the token opens under the first key: if not, it is to be encrypted again (or does not open at all). */
  isCurrent(token: string): boolean {
    return this.keyOf(token) === 0
  }

  /** The place in the ring, from 0, of the key that the token opens under; null when it opens under none. */
  keyOf(token: string): number | null {
    try {
      const index = this.#keys.findIndex((key) => openUnder(key, token) !== undefined)
      return index === -1 ? null : index
    } catch (error) {
      if (error instanceof InvalidFernetTokenError) return null
      throw error
    }
  }

  /** For each key, in order, the first 12 hex digits of its SHA-256: names the key and is safe to log. */
  fingerprints(): string[] {
    return [...this.#fingerprints]
  }

  toString(): string {
    return `KeyRing(${this.#fingerprints.join(', ')})`
  }

  toJSON(): { fingerprints: string[] } {
    return { fingerprints: this.fingerprints() }
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * Reads `CLIENTELE_MASTER_KEYS`: Fernet keys separated by commas, spaces around them ignored.
 * @throws InvalidKeyRingError
 */
export function parseKeyRing(commaSeparated: string): KeyRing {
  if (commaSeparated.trim() === '')
    throw new InvalidKeyRingError('no key given; expected Fernet keys separated by commas')
  const texts = commaSeparated.split(',').map((text) => text.trim())
  return new KeyRing(texts.map((text, index) => parseNumberedKey(text, `key ${index + 1} of ${texts.length}`)))
}

function parseNumberedKey(text: string, name: string): FernetKey {
  if (text === '') throw new InvalidKeyRingError(`${name} is empty: is there a comma too many?`)
  try {
    return parseFernetKey(text)
  } catch (cause) {
    if (cause instanceof InvalidFernetKeyError) throw new InvalidKeyRingError(`${name}: ${cause.message}`, { cause })
    throw cause
  }
}

/** Undefined when another key made the token; throws InvalidFernetTokenError when no key could open it. */
function openUnder(key: FernetKey, token: string): Buffer | undefined {
  try {
    return fernetDecrypt(key, token)
  } catch (error) {
    if (error instanceof InvalidFernetTokenError && error.reason === 'incorrect_mac') return undefined
    throw error
  }
}

function fingerprint(key: FernetKey): string {
  const hash = createHash('sha256').update(key.signingKey.export()).update(key.encryptionKey.export())
  return hash.digest('hex').slice(0, 12)
}
