import assert from 'node:assert/strict'
import { createDecipheriv, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import {
  InvalidEncryptionKeyError,
  openWithClientKey,
  parseClientEncryptionKey,
  sealWithClientKey,
  WrongEncryptionKeyError,
} from '#kernel/client-encryption.ts'

const key = randomBytes(32)
const context = 'tenant_001/client_42/provider'
const wrongKey = { name: 'WrongEncryptionKeyError', message: 'the value does not open with this encryption key' }

describe('a value sealed with the client key', () => {
  it('opens with the same key and context to exactly the text that went in', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 })
    fc.assert(
      fc.property(text, text, (plaintext, boundTo) => {
        assert.equal(openWithClientKey(key, sealWithClientKey(key, plaintext, boundTo), boundTo), plaintext)
      }),
    )
  })

  it('is v1. and base64url of nonce, ciphertext and tag, as plain AES-256-GCM reads it', () => {
    const sealed = sealWithClientKey(key, 'héllo', context)
    assert.match(sealed, /^v1\.[A-Za-z0-9_-]+$/)
    const bytes = Buffer.from(sealed.slice(3), 'base64url')
    assert.equal(bytes.length, 12 + Buffer.byteLength('héllo') + 16)
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16))
    assert.equal(decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8'), 'héllo')
  })

  it('is different every time', () => {
    assert.notEqual(sealWithClientKey(key, 'same', context), sealWithClientKey(key, 'same', context))
  })

  it('does not open with another key', () => {
    const sealed = sealWithClientKey(key, 'secret', context)
    assert.throws(() => openWithClientKey(randomBytes(32), sealed, context), WrongEncryptionKeyError)
  })

  it('does not open in another context', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (here, there) => {
        fc.pre(here !== there)
        const sealed = sealWithClientKey(key, 'secret', here)
        assert.throws(() => openWithClientKey(key, sealed, there), wrongKey)
      }),
    )
  })

  it('does not open when a single bit anywhere was changed', () => {
    const bytes = Buffer.from(sealWithClientKey(key, 'secret', context).slice(3), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.throws(() => openWithClientKey(key, `v1.${changed.toString('base64url')}`, context), wrongKey)
    }
  })

  it('does not open when cut, padded, of another version, or no sealed value at all', () => {
    const sealed = sealWithClientKey(key, '', context)
    for (const text of ['', 'v1.', sealed.slice(3), sealed.replace('v1', 'v2'), `${sealed}=`, sealed.slice(0, -4)]) {
      assert.throws(() => openWithClientKey(key, text, context), wrongKey)
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.throws(() => openWithClientKey(key, `v1.${text}`, context), wrongKey)
      }),
    )
  })

  it('gives errors without key, text or context', () => {
    const sealed = sealWithClientKey(key, 'the plaintext', context)
    try {
      openWithClientKey(randomBytes(32), sealed, context)
      assert.fail('the value opened')
    } catch (error) {
      const shown = inspect(error, { showHidden: true, depth: 9 })
      for (const secret of [key.toString('base64'), 'the plaintext', sealed.slice(3, 20)]) {
        assert.ok(!shown.includes(secret))
      }
    }
  })
})

describe('the client encryption key', () => {
  it('is 32 bytes in standard base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (array) => {
        const bytes = Buffer.from(array)
        assert.deepEqual(parseClientEncryptionKey(bytes.toString('base64')), bytes)
      }),
    )
  })

  it('is refused with any other length', () => {
    for (const length of [0, 1, 16, 24, 31, 33, 64]) {
      assert.throws(() => parseClientEncryptionKey(randomBytes(length).toString('base64')), InvalidEncryptionKeyError)
    }
  })

  it('is refused in any other spelling, and never named', () => {
    const standard = Buffer.alloc(32, 0xfb).toString('base64')
    const spellings = [
      Buffer.alloc(32, 0xfb).toString('base64url'),
      standard.slice(0, -1),
      ` ${standard}`,
      `${standard}\n`,
      standard.replaceAll('+', '-').replaceAll('/', '_'),
      standard.replace(/.=$/, 't='), // the same 32 bytes for a lenient decoder
      Buffer.alloc(32, 0xfb).toString('hex'),
    ]
    assert.deepEqual(Buffer.from(spellings[5] ?? '', 'base64'), Buffer.alloc(32, 0xfb))
    for (const text of spellings) {
      assert.throws(
        () => parseClientEncryptionKey(text),
        (error: unknown) => {
          assert.ok(error instanceof InvalidEncryptionKeyError)
          assert.ok(!inspect(error).includes(text.trim().slice(0, 8)))
          return true
        },
      )
    }
  })
})
