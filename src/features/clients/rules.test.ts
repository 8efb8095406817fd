import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normalizeName, requireValidSiret } from './rules.ts'

test('a SIRET passes with a right check digit, La Poste’s by its own rule; an absent one passes too', () => {
  for (const siret of ['73282932000074', '35600000000048', '35600000049837', null, undefined]) requireValidSiret(siret)
})

test('a SIRET with a wrong check digit is refused with its place, without being repeated', () => {
  assert.throws(
    () => requireValidSiret('73282932000075'),
    (error: Error & { code?: string; details?: { path?: string[] }[] }) => {
      assert.equal(error.code, 'siret_invalid')
      assert.deepEqual(error.details?.[0]?.path, ['body', 'siret'])
      return !JSON.stringify([error.message, error.details]).includes('73282932000075')
    },
  )
})

test('names are compared as people see them: composed, and without blanks around', () => {
  assert.equal(normalizeName('  Cafe\u0301 de la Gare\u00a0'), 'Caf\u00e9 de la Gare')
})

test('a normalized name stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      assert.equal(normalizeName(normalizeName(name)), normalizeName(name))
    }),
  )
})
