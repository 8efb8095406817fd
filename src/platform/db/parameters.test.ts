import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from './database.ts'
import { encodeParameter } from './parameters.ts'

let testDatabase: TestDatabase
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  database = new Database({ connection: testDatabase.owner, poolSize: 2 })
})
after(async () => {
  await database.end()
  await testDatabase.drop()
})

/** What PostgreSQL gives back of the value, taken as this type. */
async function roundTrip(type: string, value: unknown): Promise<unknown> {
  const [result] = await database.batch([{ text: `select $1::${type} as back`, values: [value] }])
  return result?.rows[0]?.back
}

/** All of Unicode but U+0000, which PostgreSQL cannot store, and lone surrogates, which no encoding has. */
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((some) => some.replaceAll('\0', '').toWellFormed())
const awkward = fc.oneof(
  text,
  fc.constantFrom('', 'null', 'NULL', '"', '\\', '\\"', '{}', '{a,b}', ',', ' ', '\n', "'", '😀', 'é', '\\x00', '$1'),
)
const moment = fc.date({ noInvalidDate: true, min: new Date('-004700-01-01'), max: new Date('+200000-12-31') })
/** Keys without a backslash: once JSON.parse of Node 24 has seen the key "\\", it gives it for the key "\"" too. */
const key = awkward.map((some) => some.replaceAll('\\', '/'))
function objectOf<T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T | null>> {
  return fc.dictionary(key, fc.option(values), { noNullPrototype: true })
}
const runs = { numRuns: 150 }

describe('a value comes back from PostgreSQL as it went in', () => {
  const laws: Record<string, [string, fc.Arbitrary<unknown>]> = {
    text: ['text', awkward],
    'arrays of text with nulls': ['text[]', fc.array(fc.option(awkward), { maxLength: 8 })],
    booleans: ['boolean', fc.boolean()],
    integers: ['integer', fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
    'floating point numbers, infinities and NaN': ['float8', fc.double().map((n) => (Object.is(n, -0) ? 0 : n))],
    'arrays of numbers': [
      'float8[]',
      fc.array(
        fc.double({ noNaN: true }).map((n) => n + 0),
        { maxLength: 8 },
      ),
    ],
    bytes: ['bytea', fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes))],
    'arrays of bytes with nulls': [
      'bytea[]',
      fc.array(fc.option(fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes))), { maxLength: 5 }),
    ],
    'moments, to the millisecond, before Christ and after the year 9999 too': ['timestamptz', moment],
    'arrays of moments': ['timestamptz[]', fc.array(fc.option(moment), { maxLength: 5 })],
    'JSON objects': [
      'jsonb',
      objectOf(fc.oneof(awkward, fc.integer(), fc.boolean(), fc.array(awkward), objectOf(awkward))),
    ],
    'arrays of JSON objects': ['jsonb[]', fc.array(objectOf(awkward), { maxLength: 4 })],
  }
  for (const [name, [type, values]] of Object.entries(laws)) {
    test(name, async () => {
      await fc.assert(
        fc.asyncProperty(values, async (value) => {
          assert.deepEqual(await roundTrip(type, value), value)
        }),
        runs,
      )
    })
  }

  test('arrays of arrays', async () => {
    const rectangles = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .chain(([rows, columns]) =>
        fc.array(fc.array(fc.option(awkward), { minLength: columns, maxLength: columns }), {
          minLength: rows,
          maxLength: rows,
        }),
      )
    await fc.assert(
      fc.asyncProperty(rectangles, async (value) => {
        assert.deepEqual(await roundTrip('text[]', value), value)
      }),
      runs,
    )
  })

  test('big integers, as text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), async (value) => {
        assert.equal(await roundTrip('bigint', value), String(value))
      }),
      runs,
    )
  })

  test('bytes of any view, not only of a Buffer', async () => {
    const bytes = new Uint8Array([0, 1, 254, 255, 7]).subarray(1, 4)
    assert.deepEqual(await roundTrip('bytea', bytes), Buffer.from([1, 254, 255]))
    assert.deepEqual(await roundTrip('bytea[]', [bytes]), [Buffer.from([1, 254, 255])])
  })

  test('nothing: null and undefined are both null', async () => {
    assert.equal(await roundTrip('text', null), null)
    assert.equal(await roundTrip('text', undefined), null)
    assert.deepEqual(await roundTrip('text[]', [null, undefined]), [null, null])
    assert.deepEqual(await roundTrip('text[]', []), [])
  })
})

describe('what cannot be a parameter', () => {
  test('functions, symbols and invalid dates are refused, not sent as something else', () => {
    assert.throws(() => encodeParameter(() => 1), TypeError)
    assert.throws(() => encodeParameter(Symbol('s')), TypeError)
    assert.throws(() => encodeParameter([Symbol('s')]), TypeError)
    assert.throws(() => encodeParameter(new Date(Number.NaN)), RangeError)
  })

  test('costs no connection: the pool is whole afterwards', async () => {
    for (let time = 0; time < 5; time++) {
      await assert.rejects(database.batch([{ text: 'select $1', values: [Symbol('s')] }]), TypeError)
    }
    assert.equal(database.pool.waitingCount, 0)
    assert.equal(database.pool.totalCount - database.pool.idleCount, 0)
    assert.equal(await roundTrip('text', 'still here'), 'still here')
  })

  test('text with a null character is refused by the server, and the connection works on', async () => {
    await assert.rejects(roundTrip('text', 'a\0b'), { code: '22021' })
    await assert.rejects(roundTrip('jsonb', { a: 'a\0b' }), { code: '22P05' })
    assert.equal(await roundTrip('text', 'b'), 'b')
  })
})
