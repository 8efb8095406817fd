import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hmacSha256Hex, timingSafeEqualText } from '#kernel/signature.ts'

describe('HMAC-SHA256', () => {
  it('gives the vectors of RFC 4231', () => {
    assert.equal(
      hmacSha256Hex(Buffer.alloc(20, 0x0b), 'Hi There'),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    )
    assert.equal(
      hmacSha256Hex('Jefe', 'what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    assert.equal(
      hmacSha256Hex(Buffer.alloc(131, 0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    )
  })

  it('is the same for text and for its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (key, body) => {
        assert.equal(hmacSha256Hex(key, body), hmacSha256Hex(Buffer.from(key), Buffer.from(body)))
      }),
    )
  })
})

describe('the constant-time comparison', () => {
  const anyText = fc.string({ unit: 'binary' })

  it('says equal for the same text', () => {
    fc.assert(fc.property(anyText, (text) => timingSafeEqualText(text, `${text}`)))
  })

  it('agrees with === for any two texts, of any lengths', () => {
    fc.assert(fc.property(anyText, anyText, (a, b) => timingSafeEqualText(a, b) === (a === b)))
    fc.assert(fc.property(anyText, fc.string({ minLength: 1 }), (a, more) => !timingSafeEqualText(a, a + more)))
  })

  it('tells apart texts that UTF-8 would make the same', () => {
    assert.equal(timingSafeEqualText('\ud800', '\ud801'), false)
    assert.equal(timingSafeEqualText('\ud800', '\ufffd'), false)
    assert.equal(timingSafeEqualText('é', 'e\u0301'), false)
  })
})
