import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'

test('writes the example of RFC 8785, 3.2.3', () => {
  const value = {
    // 333333333.33333329 in the RFC: the same number.
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\u002f',
    literals: [null, true, false],
  }
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('sorts members by UTF-16 code units, as RFC 8785, 3.2.3 has it', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '10']
  const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))
  assert.deepEqual(Object.keys(JSON.parse(text.replaceAll(/"(1|10)"/g, '"x$1"')) as object), [
    '\r',
    'x1',
    'x10',
    '\u0080',
    '\u00f6',
    '\u20ac',
    '\u{1f600}',
    '\ufb33',
  ])
})

test('means the same as JSON.stringify, and does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      assert.equal(canonicalJson(JSON.parse(text)), text)
    }),
  )
})

test('leaves out what is undefined, writes dates as text, and refuses what JSON cannot hold', () => {
  const date = new Date('2026-01-02T03:04:05.678Z')
  assert.equal(canonicalJson({ b: undefined, a: date, c: [undefined] }), '{"a":"2026-01-02T03:04:05.678Z","c":[null]}')
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
    assert.throws(() => canonicalJson({ value }), TypeError)
  }
})
