import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isSiren, isSiret } from '#kernel/french-identifiers.ts'

/** Luhn's sum of a number (ISO/IEC 7812-1 annex B): a multiple of 10 when the check digit is right. */
function luhnSum(digits: string): number {
  return Array.from(digits)
    .reverse()
    .reduce((sum, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
      return sum + (value > 9 ? value - 9 : value)
    }, 0)
}

const digitSum = (digits: string) => Array.from(digits).reduce((sum, digit) => sum + Number(digit), 0)
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length })

describe('SIREN', () => {
  it('accepts real companies', () => {
    const companies = {
      laPoste: '356000000',
      edf: '552081317',
      sncf: '552049447',
      google: '443061841',
      ovh: '424761419',
      insee: '120027016',
    }
    for (const [name, siren] of Object.entries(companies)) assert.equal(isSiren(siren), true, name)
  })

  it('accepts exactly one check digit for any eight digits', () => {
    fc.assert(
      fc.property(digits(8), (body) => {
        const valid = Array.from('0123456789').filter((digit) => isSiren(body + digit))
        assert.equal(valid.length, 1)
        assert.equal(luhnSum(body + valid.join('')) % 10, 0)
      }),
    )
  })

  it('refuses the example number 123456789, other lengths, separators and digits of other scripts', () => {
    for (const text of [
      '123456789',
      '',
      '55208131',
      '5520813170',
      '552 081 317',
      '552.081.317',
      ' 552081317',
      '552081317\n',
      '５５２０８１３１７',
    ]) {
      assert.equal(isSiren(text), false, text)
    }
  })
})

describe('SIRET', () => {
  it('accepts real sites', () => {
    const sites = {
      edf: '55208131766522',
      google: '44306184100047',
      ovh: '42476141900045',
      laPosteHeadOffice: '35600000000048',
    }
    for (const [name, siret] of Object.entries(sites)) assert.equal(isSiret(siret), true, name)
  })

  it("accepts La Poste's sites by the sum of their digits, though Luhn refuses them", () => {
    for (const siret of ['35600000049837', '35600000000001']) {
      assert.equal(digitSum(siret) % 5, 0)
      assert.notEqual(luhnSum(siret) % 10, 0)
      assert.equal(isSiret(siret), true, siret)
    }
  })

  it("refuses La Poste's numbers whose digits do not sum to a multiple of 5", () => {
    fc.assert(
      fc.property(digits(5), (site) => {
        const siret = `356000000${site}`
        assert.equal(isSiret(siret), siret === '35600000000048' || digitSum(siret) % 5 === 0)
      }),
    )
  })

  it('accepts exactly one check digit for any thirteen digits of another company', () => {
    fc.assert(
      fc.property(digits(13), (body) => {
        fc.pre(!body.startsWith('356000000'))
        const valid = Array.from('0123456789').filter((digit) => isSiret(body + digit))
        assert.equal(valid.length, 1)
        assert.equal(luhnSum(body + valid.join('')) % 10, 0)
      }),
    )
  })

  it('refuses two neighbouring digits exchanged (Luhn sees all but 09 and 90)', () => {
    const siret = '55208131766522'
    for (let index = 0; index < siret.length - 1; index++) {
      const [left, right] = [siret.charAt(index), siret.charAt(index + 1)]
      if (left === right) continue
      assert.equal(isSiret(siret.slice(0, index) + right + left + siret.slice(index + 2)), false)
    }
  })

  it('refuses other lengths, separators and letters', () => {
    for (const text of [
      '',
      '552081317',
      '5520813176652',
      '552081317665220',
      '552 081 317 66522',
      '552-081-317-66522',
      '5520813176652A',
    ]) {
      assert.equal(isSiret(text), false, text)
    }
  })
})
