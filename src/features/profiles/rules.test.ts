import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { generateFernetKey } from '#kernel/fernet.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { builtInDefinition } from './built-in-catalogue.ts'
import { compileCatalogue } from './compiled-catalogue-rules.ts'
import { mergeEntries, missingAttributes, queryWords, searchWords } from './rules.ts'
import type { Entry } from './schemas.ts'
import { lexemesOf, mask, seal, toTsquery, unseal } from './sealing.ts'

const catalogue = compileCatalogue(0, builtInDefinition)
const entry = (name: string, value: string): Entry => ({ name, value })

describe('what a profile must have', () => {
  const complete = ['lastname', 'firstname', 'email', 'birth_date', 'phone_number', 'monthly_income', 'monthly_charges']
  const whole = complete.map((name) => entry(name, 'x'))

  test('is what the catalogue requires; a blank text is not there', () => {
    assert.deepEqual(missingAttributes(catalogue, [], null), complete.toSorted(byCatalogue))
    assert.deepEqual(missingAttributes(catalogue, whole, null), [])
    assert.deepEqual(missingAttributes(catalogue, [...whole.slice(1), entry('lastname', ' \t')], null), ['lastname'])
  })

  test('and what a choice makes required, however its accents are composed', () => {
    const chosen = (choice: string) =>
      missingAttributes(catalogue, [...whole, entry('professional_situation', choice)], null)
    assert.deepEqual(chosen('étudiant'), ['scholarship_student'])
    assert.deepEqual(chosen('étudiant'.normalize('NFD')), ['scholarship_student'])
    assert.deepEqual(chosen('cadre'), ['years_in_current_job'])
    assert.deepEqual(chosen('recherche_emploi'), [])
  })

  test('files count where it is known which there are', () => {
    const attributes = builtInDefinition.attributes.map((one) =>
      one.name === 'bank_statement' ? { ...one, isRequired: true } : one,
    )
    const strict = compileCatalogue(1, { ...builtInDefinition, attributes })
    assert.deepEqual(missingAttributes(strict, whole, null), [])
    assert.deepEqual(missingAttributes(strict, whole, new Set()), ['bank_statement'])
    assert.deepEqual(missingAttributes(strict, whole, new Set(['bank_statement'])), [])
  })

  function byCatalogue(a: string, b: string): number {
    const order = builtInDefinition.attributes.map((one) => one.name)
    return order.indexOf(a) - order.indexOf(b)
  }
})

describe('a change', () => {
  test('puts new values where the old ones stood, new attributes at the end, and takes away what has none', () => {
    const old = [entry('a', '1'), entry('b', '2'), entry('b', '3'), entry('c', '4')]
    const changed = [entry('d', '5'), entry('b', '6'), entry('b', '7'), entry('b', '8')]
    assert.deepEqual(mergeEntries(old, new Set(['d', 'b', 'c']), changed), [
      entry('a', '1'),
      ...changed.slice(1),
      entry('d', '5'),
    ])
  })

  test('of nothing changes nothing; of everything leaves nothing else', () => {
    const entries = fc.array(
      fc.record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.string() }, { noNullPrototype: true }),
    )
    fc.assert(
      fc.property(entries, entries, (old, changed) => {
        assert.deepEqual(mergeEntries(old, new Set(), []), old)
        const merged = mergeEntries(old, new Set(['a', 'b', 'c']), changed)
        assert.deepEqual(new Set(merged), new Set(changed))
        assert.equal(merged.length, changed.length)
      }),
    )
  })
})

describe('what is sensitive', () => {
  const secrets = new MasterKeys({ keys: generateFernetKey() })
  const attributes = builtInDefinition.attributes.map((one) =>
    one.name === 'lastname' || one.name === 'means_of_movement' ? { ...one, sensitiveData: true } : one,
  )
  const secretive = compileCatalogue(1, { ...builtInDefinition, attributes })

  test('comes back as it was, in its place, and stands nowhere in the clear', () => {
    const entries = fc.array(
      fc.record(
        { name: fc.constantFrom('lastname', 'email', 'means_of_movement'), value: fc.string() },
        { noNullPrototype: true },
      ),
    )
    fc.assert(
      fc.property(entries, (given) => {
        const stored = seal(secrets, secretive, given)
        assert.deepEqual(unseal(secrets, stored), given)
        assert.deepEqual(
          mask(stored),
          given.map((one) => (one.name === 'email' ? one : { ...one, value: null })),
        )
        assert.equal(
          stored.sensitiveCiphertext === null,
          given.every((one) => one.name === 'email'),
        )
      }),
    )
  })

  test('is no word to find a profile by', () => {
    const owner = { tenantId: 't', clientUid: 'c' }
    const stored = seal(secrets, secretive, [entry('lastname', 'Hidden'), entry('firstname', 'Shown')])
    assert.deepEqual(
      lexemesOf(owner, stored, null).map((one) => one.split(':')[1]),
      ['shown', 'shown'],
    )
  })
})

describe('search', () => {
  test('words have neither accents nor capitals; a phone number has one spelling', () => {
    const entries = [
      entry('lastname', "D'Ars-Éloïse"),
      entry('email', 'Jean.Dupont@Example.com'),
      entry('phone_number', '+33 (0)6 12.34-56 78'),
      entry('billing_town', 'Nowhere'),
    ]
    assert.deepEqual(searchWords(entries, 'REF 42/b'), [
      ...['d', 'ars', 'eloise', 'jean', 'dupont', 'example', 'com', '0612345678', 'ref', '42', 'b'],
    ])
    assert.deepEqual(queryWords('  ÉLOÏSE d’ars '), ['eloise', 'd', 'ars'])
    assert.deepEqual(queryWords('06 12 34'), ['061234'])
    assert.deepEqual(queryWords('+33612'), ['0612'])
    assert.deepEqual(queryWords('%&|!():*<->'), [])
  })

  test('a query is never more than quoted words, whatever is asked', () => {
    const key = '[\\w-]{8}'
    const form = new RegExp(`^'${key}:[\\p{L}\\p{N}]+':\\*(?: & '${key}:[\\p{L}\\p{N}]+':\\*)*$`, 'u')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const query = toTsquery({ tenantId: 'tenant_001', clientUid: null }, text)
        assert.ok(query === null || form.test(query), query ?? '')
      }),
    )
  })
})
