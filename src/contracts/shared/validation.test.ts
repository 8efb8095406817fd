import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import type { ErrorDetail } from '#kernel/errors.ts'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'
import { processorMs } from '#test/support/processor-time.ts'
import { validatorOf } from './validation.ts'

const body = validatorOf(
  'body',
  Type.Object({
    name: lineOfText(10),
    siret: Type.Optional(nullable(Type.String({ pattern: '^[0-9]{14}$' }))),
    kind: Type.Optional(Type.Union([Type.Literal('a'), Type.Literal('b')])),
    nested: Type.Optional(Type.Object({ 'a/b~c': Type.Integer() })),
    list: Type.Optional(Type.Array(Type.Integer())),
  }),
)
const query = validatorOf(
  'query',
  Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    ratio: Type.Optional(Type.Number()),
    all: Type.Optional(Type.Boolean()),
    text: Type.Optional(Type.String()),
  }),
)

const at = (problems: readonly ErrorDetail[]) => problems.map(({ path, type }) => [path?.join('.'), type])

describe('bodies', () => {
  test('are taken as they are: a text that spells a number is no number', () => {
    const given = { name: 'x', list: [1, 2], unknown: { kept: true } }
    assert.deepEqual(body(given), { value: given, problems: [] })
    assert.deepEqual(at(body({ name: 'x', list: ['1'] }).problems), [['body.list.0', 'type']])
  })

  test('that are no objects, absent ones included, are told so at the body itself', () => {
    for (const given of [undefined, null, [], 'text', 7]) {
      assert.deepEqual(at(body(given).problems), [['body', 'type']], JSON.stringify(given))
    }
  })

  test('a missing field is named with its place', () => {
    const told = { message: 'Field required', code: 'value_missing', parameters: {} }
    assert.deepEqual(body({}).problems, [{ path: ['body', 'name'], ...told, type: 'missing' }])
    assert.deepEqual(at(body({ name: 'x', nested: {} }).problems), [['body.nested.a/b~c', 'missing']])
  })

  test('each field is told once, with words for people', () => {
    const { problems } = body({ name: ' ', siret: '123', kind: 'c', nested: { 'a/b~c': 'x' } })
    assert.deepEqual(Object.fromEntries(at(problems)), {
      'body.kind': 'const',
      'body.name': 'pattern',
      'body.nested.a/b~c': 'type',
      'body.siret': 'pattern',
    })
    assert.equal(problems.length, 4)
    const messages = new Map(problems.map((one) => [one.path?.at(-1), one.message]))
    assert.equal(messages.get('kind'), 'Has a value that is not allowed here')
    assert.equal(messages.get('siret'), 'Must have exactly 14 digits')
    assert.equal(messages.get('a/b~c'), 'Must be integer')
  })

  test('of a list that may be null, the item that does not fit is told, not that the list is no null', () => {
    const schema = Type.Object({
      to: nullable(Type.Array(Type.String({ pattern: '@' }))),
      or: Type.Union([Type.Null(), Type.Object({ x: Type.Integer() })]),
    })
    const { problems } = validatorOf('body', schema)({ to: ['a@b', 'nope'], or: { x: 'y' } })
    assert.deepEqual(Object.fromEntries(at(problems)), { 'body.or.x': 'type', 'body.to.1': 'pattern' })
    assert.deepEqual(at(validatorOf('body', schema)({ to: 1, or: null }).problems), [['body.to', 'type']])
  })

  test('with faults without end are told some of them, soon', () => {
    const started = processorMs()
    const { problems } = body({ name: 'x', list: Array.from({ length: 100_000 }, () => 'x') })
    assert.ok(problems.length >= 1 && problems.length <= 50)
    assert.ok(processorMs() - started < 2000)
  })

  test('no problem repeats a value that was sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (secret) => {
        const marked = `s3cr3t-${secret}`
        const told = JSON.stringify(body({ name: `${marked}\n`, siret: marked, kind: marked, list: [marked] }).problems)
        assert.ok(!told.includes('s3cr3t'))
      }),
    )
  })

  test('the prototype of objects is no field', () => {
    assert.deepEqual(at(body(JSON.parse('{"__proto__": {"name": "x"}}')).problems), [['body.name', 'missing']])
  })
})

describe('path, query and headers', () => {
  test('text that spells a number or a boolean is one, where the schema has one', () => {
    assert.deepEqual(query({ page: '7', ratio: '-0.5', all: 'true', text: '7' }).value, {
      page: 7,
      ratio: -0.5,
      all: true,
      text: '7',
    })
  })

  test('other spellings are no numbers', () => {
    for (const page of ['', ' 1', '1 ', '1.0', '1e1', '0x1', '+1', 'true', 'null', '١', '9'.repeat(400), ['1', '2']]) {
      assert.deepEqual(at(query({ page }).problems), [['query.page', 'type']], JSON.stringify(page))
    }
    for (const all of ['', 'TRUE', '1', 'yes']) assert.equal(query({ all }).value, null, all)
  })

  test('numbers beyond the limits are told so', () => {
    assert.deepEqual(at(query({ page: '0' }).problems), [['query.page', 'minimum']])
    assert.deepEqual(at(query({ page: '101' }).problems), [['query.page', 'maximum']])
  })

  test('what was given stays untouched', () => {
    const given = { page: '7' }
    query(given)
    assert.deepEqual(given, { page: '7' })
  })

  test('a UUID in either case fits, anything else does not', () => {
    const path = validatorOf('path', Type.Object({ uid: uuid }))
    assert.equal(path({ uid: '550E8400-e29b-41d4-a716-446655440000' }).problems.length, 0)
    for (const uid of ['550e8400e29b41d4a716446655440000', '{550e8400-e29b-41d4-a716-446655440000}', "' or 1=1", '']) {
      assert.equal(path({ uid }).problems.length, 1, uid)
    }
  })
})
