/**
 * AES-256-GCM over a long content that is cut into chunks: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár,
 * "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015), laid out as age does
 * (age-encryption.org/v1, "Payload"): the nonce is an 11-byte big-endian counter and one byte that is 1 for the last chunk.
 * So a chunk that is left out, put elsewhere, taken from another content or cut off the end does not open. A key encrypts
 * one content only, or two chunks would share a nonce.
 */
import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** How much longer a sealed chunk is than what it holds. */
export const sealOverheadBytes = tagBytes

/** The chunk is not the one that was sealed at this place. GCM cannot tell why, and nothing of it may be used. */
export class BrokenChunkError extends Error {
  override readonly name = 'BrokenChunkError'
}

export type ChunkPlace = {
  /** From 0. */
  readonly number: number
  readonly isLast: boolean
  /** What the content belongs to; authenticated, not stored. */
  readonly context: string
}

function nonceOf({ number, isLast }: ChunkPlace): Buffer {
  const nonce = Buffer.alloc(nonceBytes)
  nonce.writeUIntBE(number, nonceBytes - 7, 6)
  nonce[nonceBytes - 1] = isLast ? 1 : 0
  return nonce
}

/** @returns the ciphertext and its 16-byte tag */
export function sealChunk(key: KeyObject, place: ChunkPlace, plaintext: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, nonceOf(place), { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(place.context))
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([ciphertext, cipher.getAuthTag()])
}

/** @throws BrokenChunkError */
export function openChunk(key: KeyObject, place: ChunkPlace, sealed: Buffer): Buffer {
  const tagStart = sealed.length - tagBytes
  if (tagStart < 0) throw new BrokenChunkError(`chunk ${place.number} is too short`)
  const decipher = createDecipheriv(algorithm, key, nonceOf(place), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(place.context))
  decipher.setAuthTag(sealed.subarray(tagStart))
  const plaintext = decipher.update(sealed.subarray(0, tagStart))
  try {
    decipher.final()
  } catch (cause) {
    throw new BrokenChunkError(`chunk ${place.number} does not open at this place`, { cause })
  }
  return plaintext
}
