import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ChunkPlace } from './chunk-encryption.ts'
import { BrokenChunkError, openChunk, sealChunk, sealOverheadBytes } from './chunk-encryption.ts'

const key = createSecretKey(Buffer.alloc(32, 1))
const context = 'tenant/file'

/** What the bytes are as sealed chunks, of at most `size` bytes each. */
function sealAll(content: Buffer, size: number): Buffer[] {
  const count = Math.max(1, Math.ceil(content.length / size))
  return Array.from({ length: count }, (_, number) =>
    sealChunk(
      key,
      { number, isLast: number === count - 1, context },
      content.subarray(number * size, (number + 1) * size),
    ),
  )
}

function openAll(chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(
    chunks.map((chunk, number) => openChunk(key, { number, isLast: number === chunks.length - 1, context }, chunk)),
  )
}

const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const size = fc.integer({ min: 1, max: 40 })

describe('a content in sealed chunks', () => {
  test('opens to what was sealed, whatever its length and that of the chunks', () => {
    fc.assert(fc.property(content, size, (bytes, each) => openAll(sealAll(bytes, each)).equals(bytes)))
  })

  test('does not open with a chunk cut off, left out, repeated, moved or put behind the last one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 200 }), fc.nat(), fc.nat(), (bytes, one, other) => {
        const chunks = sealAll(Buffer.from(bytes), 1)
        const [i, j] = [one % chunks.length, other % chunks.length]
        const without = chunks.toSpliced(i, 1)
        const repeated = chunks.toSpliced(i, 0, chunks[i] as Buffer)
        const swapped = chunks.with(i, chunks[j] as Buffer).with(j, chunks[i] as Buffer)
        const cut = chunks.slice(0, -1)
        for (const changed of [without, repeated, cut, ...(i === j ? [] : [swapped])]) {
          assert.throws(() => openAll(changed), BrokenChunkError)
        }
      }),
    )
  })

  test('does not open with any bit changed', () => {
    const sealed = sealChunk(key, { number: 0, isLast: true, context }, Buffer.from('content'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      assert.throws(() => openChunk(key, { number: 0, isLast: true, context }, changed), BrokenChunkError)
    }
  })

  test('does not open for another file, under another key, or shortened', () => {
    const place: ChunkPlace = { number: 3, isLast: false, context }
    const sealed = sealChunk(key, place, Buffer.from('content'))
    assert.throws(() => openChunk(key, { ...place, context: 'tenant/other' }, sealed), BrokenChunkError)
    assert.throws(() => openChunk(createSecretKey(randomBytes(32)), place, sealed), BrokenChunkError)
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => openChunk(key, place, sealed.subarray(0, length)), BrokenChunkError)
    }
  })
})

test('two places of one content never share a nonce: their ciphertexts of the same text differ', () => {
  const places = [0, 1, 255, 256, 2 ** 32, 2 ** 40].flatMap((number) =>
    [true, false].map((isLast) => ({ number, isLast, context })),
  )
  const sealed = new Set(places.map((place) => sealChunk(key, place, Buffer.alloc(16)).subarray(0, 16).toString('hex')))
  assert.equal(sealed.size, places.length)
})

test('is AES-256-GCM with the documented nonce: the first block of a known key (NIST test case 14)', () => {
  // Key, nonce and plaintext all zero, as the first of several chunks; the GCM specification gives ciphertext and tag.
  const zeroKey = createSecretKey(Buffer.alloc(32))
  const sealed = sealChunk(zeroKey, { number: 0, isLast: false, context: '' }, Buffer.alloc(16))
  assert.equal(sealed.toString('hex'), 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919')
  assert.equal(sealed.length, 16 + sealOverheadBytes)
})
