import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import type { ApiKeyMode } from '#kernel/api-key.ts'
import { apiKeyHint, generateApiKey, generateToken, hashSecret, isWellFormedApiKey } from '#kernel/api-key.ts'

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const mode = fc.constantFrom<ApiKeyMode>('test', 'live')
const key = mode.map(generateApiKey)

function base62Value(digits: string): bigint {
  return Array.from(digits).reduce((value, digit) => value * 62n + BigInt(base62.indexOf(digit)), 0n)
}

describe('an API key', () => {
  it('has its mode, 43 random and 6 checksum characters, and is well formed', () => {
    fc.assert(
      fc.property(mode, (kind) => {
        const generated = generateApiKey(kind)
        assert.match(generated, new RegExp(`^sk_${kind}_[0-9A-Za-z]{49}$`))
        assert.equal(isWellFormedApiKey(generated), true)
        assert.ok(base62Value(generated.slice(8, 51)) < 2n ** 256n)
        assert.equal(base62Value(generated.slice(51)), BigInt(crc32(generated.slice(0, 51))))
      }),
    )
  })

  it('is never the same twice, and uses its whole length', () => {
    const keys = Array.from({ length: 2000 }, () => generateApiKey('live'))
    assert.equal(new Set(keys).size, keys.length)
    for (let position = 9; position < 51; position++) {
      assert.ok(new Set(keys.map((text) => text[position])).size > 50, `position ${position}`)
    }
  })

  it('is found out when one character is typed wrong, anywhere', () => {
    const generated = generateApiKey('test')
    for (let position = 0; position < generated.length; position++) {
      for (const wrong of ['0', 'x', '_']) {
        if (generated[position] === wrong) continue
        assert.equal(isWellFormedApiKey(generated.slice(0, position) + wrong + generated.slice(position + 1)), false)
      }
    }
  })

  it('of one mode cannot be rewritten to the other', () => {
    assert.equal(isWellFormedApiKey(generateApiKey('test').replace('_test_', '_live_')), false)
  })

  it('is found out when cut, lengthened, or surrounded by anything', () => {
    const generated = generateApiKey('live')
    for (const text of ['', 'sk_live_', generated.slice(0, -1), `${generated}0`, ` ${generated}`, `${generated}\n`]) {
      assert.equal(isWellFormedApiKey(text), false)
    }
  })

  it('is not any text', () => {
    fc.assert(fc.property(fc.string(), (text) => !isWellFormedApiKey(text) && !isWellFormedApiKey(`sk_test_${text}`)))
  })

  it('is shown by its first and last four characters only', () => {
    fc.assert(
      fc.property(key, (generated) => {
        const hint = apiKeyHint(generated)
        assert.match(hint, /^sk_(test|live)_[0-9A-Za-z]{4}…[0-9A-Za-z]{4}$/)
        assert.ok(generated.startsWith(hint.slice(0, 12)) && generated.endsWith(hint.slice(13)))
      }),
    )
  })

  it('that is malformed is not shown at all', () => {
    fc.assert(fc.property(fc.string(), (text) => apiKeyHint(text) === '…'))
  })
})

describe('the hash of a secret', () => {
  it('is SHA-256 (FIPS 180-2, example B.1)', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    assert.equal(hashSecret('abc').toString('hex'), expected)
  })
})

describe('a token', () => {
  it('is its prefix and the asked number of random bytes in base64url', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'abcxyz'.split('')), minLength: 2, maxLength: 8 }),
        fc.integer({ min: 16, max: 64 }),
        (prefix, bytes) => {
          const token = generateToken(prefix, bytes)
          const random = token.slice(token.indexOf('_') + 1)
          assert.equal(token, `${prefix}_${random}`)
          assert.equal(Buffer.from(random, 'base64url').length, bytes)
        },
      ),
    )
    assert.equal(generateToken('rt').length, 'rt_'.length + 43)
    assert.notEqual(generateToken('rt'), generateToken('rt'))
  })

  it('is refused with fewer than 16 bytes or a prefix that could not be read back', () => {
    for (const bytes of [15, 0, -1, 16.5, Number.NaN]) assert.throws(() => generateToken('rt', bytes), RangeError)
    for (const prefix of ['', 'r', 'r_t', 'RT', 'toolongname']) assert.throws(() => generateToken(prefix), RangeError)
  })
})
