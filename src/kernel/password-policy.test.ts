import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkPassword, normalizePassword } from '#kernel/password-policy.ts'

const list = readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
const common = fc.constantFrom(...list)
const tooCommon = { ok: false, reason: 'too_common' }

describe('the password policy', () => {
  it('accepts a passphrase, in any script', () => {
    for (const text of [
      'correct horse battery staple',
      'vélo-citron-11-fusée',
      'パスワードは長いほど安全です',
      'Xk7#mQ2$vL9!',
    ]) {
      assert.deepEqual(checkPassword(text), { ok: true }, text)
    }
  })

  it('accepts random passwords of 12 to 256 characters', () => {
    const random = fc.string({
      unit: fc.constantFrom(...'bcdfgmpqvxzBCDFGMPQVXZ#$%&!'.split('')),
      minLength: 12,
      maxLength: 256,
    })
    fc.assert(
      fc.property(random, (text) => {
        fc.pre(new Set(text.toLowerCase()).size > 5)
        assert.deepEqual(checkPassword(text), { ok: true })
      }),
    )
  })

  it('counts code points after NFKC, not UTF-16 units', () => {
    assert.deepEqual(checkPassword('🦊🚀🌵🎻🧊🪁🫖🧭🪴🛶🎲'), { ok: false, reason: 'too_short' })
    assert.deepEqual(checkPassword('🦊🚀🌵🎻🧊🪁🫖🧭🪴🛶🎲🔭'), { ok: true })
    assert.deepEqual(checkPassword('e\u0301'.repeat(11)), { ok: false, reason: 'too_short' })
    assert.deepEqual(checkPassword('xkqzvwjg\ufb03ab'), { ok: true }) // one ligature, three letters
  })

  it('refuses fewer than 12 and more than 256, and takes both limits', () => {
    const text = (length: number) => 'quiet river of glass '.repeat(20).slice(0, length)
    assert.deepEqual(checkPassword(''), { ok: false, reason: 'too_short' })
    assert.deepEqual(checkPassword(text(11)), { ok: false, reason: 'too_short' })
    assert.deepEqual(checkPassword(text(12)), { ok: true })
    assert.deepEqual(checkPassword(text(256)), { ok: true })
    assert.deepEqual(checkPassword(text(257)), { ok: false, reason: 'too_long' })
    assert.deepEqual(checkPassword('x'.repeat(10_000_000)), { ok: false, reason: 'too_long' })
  })

  it('takes 256 characters however they are composed', () => {
    const decomposed = 'ᾂ'.normalize('NFD')
    assert.equal(Array.from(decomposed).length, 4)
    assert.deepEqual(checkPassword(`${decomposed.repeat(245)}quiet river`), { ok: true })
    assert.deepEqual(checkPassword(`${decomposed.repeat(246)}quiet river`), { ok: false, reason: 'too_long' })
  })

  it('is the same for every spelling that normalizes to the same password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        assert.deepEqual(checkPassword(text.normalize('NFD')), checkPassword(normalizePassword(text)))
      }),
    )
  })
})

describe('common passwords', () => {
  it('are 10,000 real ones', () => {
    assert.equal(list.length, 10_000)
    assert.equal(new Set(list).size, 10_000)
    for (const text of ['password', '123456', 'qwerty', 'letmein', 'trustno1']) assert.ok(list.includes(text))
  })

  it('are refused as they are, each of them', () => {
    for (const text of list) {
      const reason = text.length < 12 ? 'too_short' : 'too_common'
      assert.deepEqual(checkPassword(text), { ok: false, reason }, text)
    }
  })

  it('are refused padded with digits to 12 characters, each of them, before and after', () => {
    for (const text of list) {
      const padding = '73519284605'.slice(0, Math.max(0, 12 - text.length))
      assert.deepEqual(checkPassword(text + padding), tooCommon, text + padding)
      assert.deepEqual(checkPassword(padding + text), tooCommon, padding + text)
    }
  })

  it('are refused repeated to 12 characters, each of them', () => {
    for (const text of list) assert.deepEqual(checkPassword(text.repeat(Math.ceil(12 / text.length))), tooCommon, text)
  })

  it('are refused in any letter case, repeated, cut, and with up to 12 digits around', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), maxLength: 6 })
    const part = fc.record({ text: common, repeats: fc.integer({ min: 1, max: 4 }), before: digits, after: digits })
    fc.assert(
      fc.property(part, fc.boolean(), ({ text, repeats, before, after }, upper) => {
        const password = before + text.repeat(repeats) + after
        fc.pre(password.length >= 12)
        assert.deepEqual(checkPassword(upper ? password.toUpperCase() : password), tooCommon)
      }),
      { numRuns: 500 },
    )
    for (const text of [
      'password1234',
      'Password2026',
      'qwertyqwerty',
      'QWERTYqwerty1',
      'dragondragondra',
      '123456789012',
    ]) {
      assert.deepEqual(checkPassword(text), tooCommon, text)
    }
  })

  it('are refused in full-width letters too', () => {
    assert.deepEqual(checkPassword('ｐａｓｓｗｏｒｄ１２３４'), tooCommon)
  })

  it('may be a part of something longer, or stand among more than 12 digits', () => {
    for (const text of [
      'my password is a river',
      'dragon-Violin-42-lamp',
      'password12345678901234567890',
      '8205937velvet820593',
    ]) {
      assert.deepEqual(checkPassword(text), { ok: true }, text)
    }
  })
})
