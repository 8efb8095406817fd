import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Base64Form } from '#kernel/strict-base64.ts'
import { decodeStrictBase64, encodeBase64 } from '#kernel/strict-base64.ts'

const form = fc.constantFrom<Base64Form>('base64', 'base64url', 'base64url-padded')
const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array))

describe('strict base64', () => {
  it('decodes what it encodes, in every form', () => {
    fc.assert(
      fc.property(form, bytes, (kind, value) => {
        assert.deepEqual(decodeStrictBase64(encodeBase64(value, kind), kind), value)
      }),
    )
  })

  it('gives the RFC 4648 vectors', () => {
    const vectors = { f: 'Zg==', fo: 'Zm8=', foo: 'Zm9v', foob: 'Zm9vYg==', fooba: 'Zm9vYmE=', foobar: 'Zm9vYmFy' }
    for (const [text, encoded] of Object.entries(vectors)) {
      assert.equal(encodeBase64(Buffer.from(text), 'base64'), encoded)
      assert.equal(encodeBase64(Buffer.from(text), 'base64url-padded'), encoded)
      assert.equal(encodeBase64(Buffer.from(text), 'base64url'), encoded.replaceAll('=', ''))
    }
  })

  it('takes at most one text for the same bytes', () => {
    const almostBase64 = fc.string({ unit: fc.constantFrom(...'AQgwZm9v+/-_= \n'.split('')), maxLength: 12 })
    fc.assert(
      fc.property(form, almostBase64, (kind, text) => {
        const decoded = decodeStrictBase64(text, kind)
        if (decoded !== undefined) assert.equal(encodeBase64(decoded, kind), text)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses missing padding, extra padding, trailing bits, spaces and the other alphabet', () => {
    for (const text of ['Zg', 'Zg=', 'Zg===', 'Zh==', 'Zg==\n', ' Zg==', 'Z g==', '_-8=', 'Zg==Zg==', '=']) {
      assert.equal(decodeStrictBase64(text, 'base64'), undefined, text)
    }
    assert.equal(decodeStrictBase64('/+8=', 'base64url-padded'), undefined)
    assert.equal(decodeStrictBase64('Zg==', 'base64url'), undefined)
  })
})
