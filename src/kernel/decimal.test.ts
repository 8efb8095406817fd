import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUnits, parseDecimal, roundPlaces, toUnits } from './decimal.ts'

const cents = fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n })
const money = { scale: 2 }

test('amounts are read as the French and as programs write them', () => {
  const amounts: [string | number, string][] = [
    ['1 234,56', '1234.56'],
    ['1\u00a0234,56 €', '1234.56'],
    ['1\u202f234\u202f567,8', '1234567.80'],
    ['1234.56', '1234.56'],
    ['-12,5', '-12.50'],
    ['\u221212,50', '-12.50'],
    ['+7', '7.00'],
    ['0012,30', '12.30'],
    ['12,3400', '12.34'],
    ['-0,00', '0.00'],
    [1234.56, '1234.56'],
    [-3, '-3.00'],
  ]
  for (const [written, read] of amounts) assert.equal(parseDecimal(written, money), read, String(written))
})

test('what is ambiguous, would have to be rounded or is no amount is refused', () => {
  const refused = ['', ' ', '1,234', '1.234.567', '1 23,4', '12 34', '1,2,3', '1e3', 'NaN', '12-', '0x10', '--1', ',5']
  for (const text of refused) assert.equal(parseDecimal(text, money), null, text)
  for (const number of [0.1 + 0.2, 1e21, Number.NaN, Number.POSITIVE_INFINITY, 1e-7])
    assert.equal(parseDecimal(number, money), null)
  assert.equal(parseDecimal('12345678901234', money), null)
})

test('a megabyte of zeros is refused at once: a file that is imported may have it in a cell', {
  timeout: 10_000,
}, () => {
  assert.equal(parseDecimal(`1.${'0'.repeat(1_000_000)}1`, money), null)
  assert.equal(parseDecimal(`1.5${'0'.repeat(1_000_000)}`, money), '1.50')
})

test('an amount survives being written and read, in the French way too', () => {
  fc.assert(
    fc.property(cents, (units) => {
      const text = fromUnits(units, 2)
      assert.equal(toUnits(text), units)
      assert.equal(parseDecimal(text, money), text)
      const formatted = new Intl.NumberFormat('fr-FR', { style: 'currency', currency: 'EUR' }).format(text as never)
      assert.equal(parseDecimal(formatted, money), text)
    }),
  )
})

test('rounding goes to the nearest, and halves away from zero', () => {
  assert.deepEqual(
    [149n, 150n, 151n, -149n, -150n, 0n].map((units) => roundPlaces(units, 2)),
    [1n, 2n, 2n, -1n, -2n, 0n],
  )
  fc.assert(
    fc.property(cents, fc.integer({ min: 0, max: 9 }), (units, places) => {
      const divisor = 10n ** BigInt(places)
      const error = roundPlaces(units, places) * divisor - units
      assert.ok((error < 0n ? -error : error) * 2n <= divisor)
    }),
  )
})
