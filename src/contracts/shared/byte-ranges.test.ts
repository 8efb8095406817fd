import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isKnown, isSameFile, rangeOf } from './byte-ranges.ts'

test('a range is what RFC 9110 says it is', () => {
  for (const [header, expected] of [
    [undefined, null],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=5-', { first: 5, last: 9 }],
    ['bytes=5-99', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['BYTES=1-2', { first: 1, last: 2 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=10-', 'unsatisfiable'],
    // Not understood, so the whole is sent.
    ['bytes=5-4', null],
    ['bytes=0-1,3-4', null],
    ['lines=0-1', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
  ] as const) {
    assert.deepEqual(rangeOf(header, 10), expected, header)
  }
  assert.equal(rangeOf('bytes=0-', 0), 'unsatisfiable')
  assert.equal(rangeOf('bytes=-5', 0), 'unsatisfiable')
})

test('no header gives a range outside of the file', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat({ max: 50 }), (text, a, b, size) => {
      for (const header of [text, `bytes=${text}`, `bytes=${a}-${b}`, `bytes=-${a}`]) {
        const span = rangeOf(header, size)
        if (span === null || span === 'unsatisfiable') continue
        assert.ok(span.first >= 0 && span.first <= span.last && span.last < size, header)
      }
    }),
  )
})

test('validators are compared as they are: another file, or a weak one for a range, is not the same', () => {
  assert.ok(isSameFile(undefined, '"a"') && isSameFile('"a"', '"a"'))
  assert.ok(
    !isSameFile('"b"', '"a"') && !isSameFile('W/"a"', '"a"') && !isSameFile('Wed, 21 Oct 2015 07:28:00 GMT', '"a"'),
  )
  assert.ok(isKnown('"b", W/"a"', '"a"') && isKnown('*', '"a"'))
  assert.ok(!isKnown(undefined, '"a"') && !isKnown('"b"', '"a"'))
})
