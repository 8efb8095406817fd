import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { oddValues } from '#test/support/odd-values.ts'
import { processorMs } from '#test/support/processor-time.ts'
import { builtInDefinition } from './built-in-catalogue.ts'
import { compileCatalogue } from './compiled-catalogue-rules.ts'
import type { Attribute, Entry } from './schemas.ts'
import { plainAttribute } from './schemas.ts'
import { isCalendarDate, longestText, readValues } from './value-rules.ts'

const builtIn = compileCatalogue(0, builtInDefinition)

/** What becomes of one value of an attribute that is like this. */
function read(like: Partial<Attribute> & Pick<Attribute, 'type'>, value: unknown): string | string[] {
  const attribute = { ...plainAttribute, pk: 1, name: 'it', displayedName: 'It', category: 'all', ...like }
  const { entries, faults } = readValues(compileCatalogue(1, { attributes: [attribute], requirements: [] }), {
    it: value,
  })
  return faults[0]?.code ?? entries.map((one) => one.value)
}

describe('each type', () => {
  const cases: [Partial<Attribute> & Pick<Attribute, 'type'>, unknown, string | string[]][] = [
    [{ type: 'string' }, ' as it is ', [' as it is ']],
    [{ type: 'string' }, '', ['']],
    [{ type: 'string' }, 75001, 'attribute_type'],
    [{ type: 'string' }, null, 'attribute_type'],
    [{ type: 'string' }, ['a'], 'attribute_type'],
    [{ type: 'string' }, 'with\u0000null', 'attribute_value'],
    [{ type: 'string' }, 'half \ud800', 'attribute_value'],
    [{ type: 'string' }, 'x'.repeat(longestText), ['x'.repeat(longestText)]],
    [{ type: 'string' }, 'x'.repeat(longestText + 1), 'attribute_value'],
    [{ type: 'string', minLength: 2, maxLength: 3 }, '💥', 'attribute_value'],
    [{ type: 'string', minLength: 2, maxLength: 3 }, '💥💥💥', ['💥💥💥']],
    [{ type: 'string', minLength: 2, maxLength: 3 }, 'abcd', 'attribute_value'],
    [{ type: 'string', validation: 'regex', pattern: 'a+' }, 'aaa', ['aaa']],
    [{ type: 'string', validation: 'regex', pattern: 'a+' }, 'aaab', 'attribute_mismatch'],
    [{ type: 'string', validation: 'regex', pattern: 'a|b' }, 'ab', 'attribute_mismatch'],
    [{ type: 'string', validation: null, pattern: 'a+' }, 'b', ['b']],
    [{ type: 'string', isEqualTo: 'oui' }, 'oui', ['oui']],
    [{ type: 'string', isEqualTo: 'oui' }, 'non', 'attribute_value'],
    [{ type: 'integer' }, 42, ['42']],
    [{ type: 'integer' }, '42', ['42']],
    [{ type: 'integer' }, '-0042', ['-42']],
    [{ type: 'integer' }, -0, ['0']],
    [{ type: 'integer' }, '9223372036854775807', ['9223372036854775807']],
    [{ type: 'integer' }, '9223372036854775808', 'attribute_value'],
    [{ type: 'integer' }, 2 ** 53, 'attribute_value'],
    ...[
      1.5,
      '1.5',
      '1e3',
      '+1',
      ' 1',
      '',
      '١',
      '0x1',
      '1_000',
      true,
      null,
      [1],
      {},
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ].map((value) => [{ type: 'integer' }, value, 'attribute_type'] as [{ type: 'integer' }, unknown, string]),
    [{ type: 'integer', minValue: 0 }, -1, 'attribute_value'],
    [{ type: 'integer', minValue: 0 }, 0, ['0']],
    [{ type: 'integer', maxValue: 1.5 }, 1, ['1']],
    [{ type: 'integer', maxValue: 1.5 }, 2, 'attribute_value'],
    [{ type: 'boolean' }, true, ['true']],
    [{ type: 'boolean' }, 'False', ['false']],
    [{ type: 'boolean' }, 'oui', 'attribute_type'],
    [{ type: 'boolean' }, 1, 'attribute_type'],
    [{ type: 'boolean', isEqualTo: 'true' }, false, 'attribute_value'],
    [{ type: 'date' }, '2024-02-29', ['2024-02-29']],
    [{ type: 'date' }, '2023-02-29', 'attribute_type'],
    ...['29/02/2024', '2024-2-9', '2024-02-29T00:00:00Z', '0000-01-01', '2024-13-01', '+02024-01-01', 20240229].map(
      (value) => [{ type: 'date' }, value, 'attribute_type'] as [{ type: 'date' }, unknown, string],
    ),
    [{ type: 'date', minDate: '2000-01-01' }, '1999-12-31', 'attribute_value'],
    [{ type: 'date', maxDate: '2000-01-01' }, '2000-01-01', ['2000-01-01']],
    [{ type: 'choice', choices: ['é', 'b'] }, 'e\u0301', ['é']],
    [{ type: 'choice', choices: ['a', 'b'] }, 'A', 'choice_unknown'],
    [{ type: 'choice', choices: ['a', 'b'] }, 7, 'attribute_type'],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'multiple choice' }, ['b', 'a'], ['b', 'a']],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'multiple choice' }, ['b', 'b'], 'attribute_value'],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'multiple choice' }, ['b', ['a']], 'attribute_type'],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'multiple choice' }, [], []],
    [{ type: 'choice', choices: ['a', 'b'] }, ['a', 'b'], ['a', 'b']],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'unique choice' }, ['a', 'b'], 'choice_not_unique'],
    [{ type: 'choice', choices: ['a', 'b'], validation: 'unique choice' }, ['a'], ['a']],
    [{ type: 'file' }, 'a.pdf', 'attribute_type'],
  ]
  test('accepts what fits, in one spelling, and says what is wrong with the rest', () => {
    for (const [like, value, expected] of cases) {
      assert.deepEqual(read(like, value), expected, `${JSON.stringify(like)} ${JSON.stringify(value)?.slice(0, 80)}`)
    }
  })

  test('French phone numbers and e-mail addresses are told from others', () => {
    const accepts = (name: string, value: string) => readValues(builtIn, { [name]: value }).faults.length === 0
    for (const good of ['0612345678', '06 12 34 56 78', '06.12.34.56.78', '01-23-45-67-89', '+33612345678']) {
      assert.ok(accepts('phone_number', good), good)
    }
    for (const good of ['+33 (0)6 12 34 56 78', '0033 6 12 34 56 78', '+262 692 12 34 56']) {
      assert.ok(accepts('phone_number', good), good)
    }
    for (const bad of [
      '',
      '612345678',
      '06123456789',
      '0012345678',
      '+33 06 12 34 56 78',
      '+1 212 555 0100',
      '06 12 34 56 7a',
    ]) {
      assert.ok(!accepts('phone_number', bad), bad)
    }
    for (const good of ['a@example.fr', "o'neil+tag@sub.example.co.uk", 'a@xn--caf-dma.fr']) {
      assert.ok(accepts('email', good), good)
    }
    for (const bad of ['', 'a', 'a@', '@b.fr', 'a@b', 'a b@c.fr', 'a@b..fr', 'a@-b.fr', 'a@b.fr\n', '<a@b.fr>']) {
      assert.ok(!accepts('email', bad), bad)
    }
  })

  test('an expression that would keep a backtracking engine busy for years is answered at once', () => {
    const like = { type: 'string', validation: 'regex', pattern: '(a|a)*(a*)*b' } as const
    const started = processorMs()
    assert.equal(read(like, 'a'.repeat(5_000)), 'attribute_mismatch')
    assert.ok(processorMs() - started < 2_000)
  })

  test('a day exists, or it does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.nat(13), fc.nat(32), (year, month, day) => {
        const text = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')]
        const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
        const days = [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0
        assert.equal(isCalendarDate(text.join('-')), day >= 1 && day <= days)
      }),
    )
  })
})

describe('whatever is sent', () => {
  const names = builtInDefinition.attributes.map((one) => one.name)
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '', 'Email', 'email ') },
    { weight: 1, arbitrary: fc.string() },
  )
  const good = fc.constantFrom(
    ...builtInDefinition.attributes.flatMap((one) => one.choices.slice(0, 3)),
    ...['0612345678', 'a@example.fr', '2024-02-29', '12', 'true'],
  )
  const value = fc.oneof(
    good,
    fc.array(good, { maxLength: 4 }),
    fc.constantFrom(...oddValues),
    fc.jsonValue() as fc.Arbitrary<unknown>,
    fc.integer(),
    fc.boolean(),
  )
  const given = fc.dictionary(name, value, { maxKeys: 12, noNullPrototype: true })

  test('every attribute is kept or told as a fault, in the order sent, and never throws', () => {
    fc.assert(
      fc.property(given, (sent) => {
        const { entries, faults } = readValues(builtIn, sent)
        const faulty = new Set(faults.map((one) => one.name))
        const kept = [...new Set(entries.map((one) => one.name))]
        const expected = Object.keys(sent).filter((one) => !faulty.has(one) && !isEmptyList(sent[one]))
        assert.deepEqual(kept, expected)
        assert.equal(faults.length, faulty.size)
      }),
      { numRuns: 2000 },
    )
  })

  test('the same is answered to the same', () => {
    fc.assert(
      fc.property(given, (sent) => {
        assert.deepEqual(readValues(builtIn, sent), readValues(builtIn, structuredClone(sent)))
      }),
    )
  })

  test('what was accepted once, is accepted again as it is read, and stays as it is', () => {
    fc.assert(
      fc.property(given, (sent) => {
        const { entries } = readValues(builtIn, sent)
        assert.deepEqual(readValues(builtIn, sentAgain(entries)), { entries, faults: [] })
        assert.doesNotThrow(() => JSON.stringify(entries))
        assert.ok(entries.every((one) => one.value.isWellFormed() && !one.value.includes('\u0000')))
      }),
      { numRuns: 2000 },
    )
  })

  const isEmptyList = (one: unknown) => Array.isArray(one) && one.length === 0
  function sentAgain(entries: readonly Entry[]): Record<string, unknown> {
    const sent: Record<string, string[]> = {}
    for (const one of entries) sent[one.name] = [...(sent[one.name] ?? []), one.value]
    return Object.fromEntries(Object.entries(sent).map(([key, all]) => [key, all.length === 1 ? all[0] : all]))
  }
})
