/** What no expression may do to the process that evaluates it, whoever wrote it and whatever it reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTime, TooSlowError } from './expression-limits.ts'
import type { ExpressionScope } from './expressions.ts'
import { ExpressionError, expressionsOf, resolve } from './expressions.ts'

const expressions = expressionsOf({
  variables: [
    { name: 'text', type: 'string' },
    { name: 'list', type: 'any' },
  ],
  actions: [{ id: 'call', type: 'webhook', url: 'https://example.com' }],
})

const scopeOf = (text: string, list: readonly unknown[] = []): ExpressionScope => ({
  variables: { text, list },
  event: {},
  steps: {},
  entity: {},
  execution: { id: 'exec_1', workflow_id: 'wf_1', submitted_by: null },
  now: new Date('2024-06-03T10:00:00Z'),
})
const refused = (work: () => unknown, expected: RegExp) =>
  assert.throws(work, (error: unknown) => error instanceof ExpressionError && expected.test(error.message))

for (const [what, source, expected] of [
  ['a regular expression', 'variables.text.matches//\n("^(a+)+$")', /matches\(\) is not available/],
  ['a regular expression without a receiver', 'matches //\n(variables.text, "^(a+)+$")', /matches/],
  ['loops inside of loops', '[1].map//\n(x, [1].map//\n(y, [1].all//\n(z, z > 0)))', /At most one of map/],
] as const) {
  test(`refuses ${what} behind a comment, when it is saved and when it was saved before`, () => {
    assert.match(expressions.problemOf(source, 'any')?.message ?? '', expected)
    refused(() => expressions.evaluate(source, scopeOf('aaa')), expected)
  })
}

test('refuses what doubles a text again and again', () => {
  for (const source of [
    'cel.bind(a, variables.text + variables.text, a)',
    'bytes(variables.text).hex()',
    'bytes(variables.text).base64()',
  ]) {
    assert.match(expressions.problemOf(source, 'any')?.message ?? '', /no matching overload for '(bind|hex|base64)'/)
  }
})

test('takes the words of what is refused where they are texts', () => {
  assert.equal(expressions.problemOf('variables.text.contains("matches (") ? "a.map(" : "b.all("', 'text'), null)
})

test('reads durations, and no text that is longer than any', () => {
  const later = (text: string) => expressions.evaluate('now + duration(variables.text)', scopeOf(text))
  assert.deepEqual(later('1h30m'), new Date('2024-06-03T11:30:00Z'))
  assert.equal(expressions.problemOf('now + duration("24h")', 'moment'), null)
  refused(() => later('1'.repeat(3000)), /A duration has at most 40 characters/)
  refused(() => later('soon'), /Invalid duration/)
})

test('gives no more than a mebibyte, of one value or of many', () => {
  const scope = scopeOf('x'.repeat(100_000))
  const twenty = Array.from({ length: 20 }, () => 'variables.text').join(' + ')
  refused(() => expressions.evaluate(twenty, scope), /It gives more than 1048576 characters/)
  refused(() => resolve(expressions, { all: Array(20).fill('=variables.text') }, scope), /It gives more than/)
  assert.deepEqual(resolve(expressions, { one: '=variables.text' }, scope), { one: scope.variables.text })
})

test('holds no text for each item of a long list', () => {
  const scope = scopeOf('x'.repeat(8000), Array(3000).fill(0))
  const many = Array.from({ length: 40 }, () => 'string(variables.text)').join(' + ')
  refused(() => expressions.evaluate(`variables.list.map(x, ${many})`, scope), /too much for it to read/)
  refused(() => expressions.evaluate('variables.text.split("").map(x, variables.text)', scope), /too much for it/)
  const names = Array.from({ length: 500 }, (_, i) => ({ name: `Item ${i}` }))
  const joined = expressions.evaluate('variables.list.map(x, string(x.name)).join(", ")', scopeOf('', names))
  assert.match(String(joined), /^Item 0, Item 1, /)
})

test('joins no list to a text that no process could hold, and looks for no long text in a long one', () => {
  const scope = scopeOf('a'.repeat(256_000), Array(16_000).fill(''))
  refused(
    () => expressions.evaluate('variables.list.join(variables.text).split("").size()', scope),
    /joined have at most/,
  )
  refused(() => expressions.evaluate('variables.text.split("").join(variables.text)', scope), /joined have at most/)
  const twice = '(variables.text + variables.text)'
  for (const name of ['contains', 'indexOf', 'lastIndexOf', 'split']) {
    refused(
      () => expressions.evaluate(`${twice}.${name}(variables.text + "b")`, scope),
      new RegExp(`: Its texts are too long for ${name}$`),
    )
  }
})

test('splits, joins and looks for texts as the library does, of texts and of what nobody knows the type of', () => {
  const scope = { ...scopeOf('a, b,c'), event: { text: 'a, b,c', list: ['x', 'y'] } }
  for (const text of ['variables.text', 'event.text']) {
    const values = [
      `${text}.split(",")`,
      `${text}.split(",", 2)`,
      `${text}.split(", ").join("-")`,
      `${text}.contains("b")`,
      `${text}.indexOf("c")`,
      `${text}.indexOf("a", 1)`,
      `${text}.lastIndexOf(",")`,
      `${text}.lastIndexOf(",", 3)`,
      `${text}.split(",").exists(x, x.contains("c"))`,
    ]
    for (const value of values) assert.equal(expressions.problemOf(value, 'any'), null, value)
    assert.deepEqual(
      values.map((value) => expressions.evaluate(value, scope)),
      [['a', ' b', 'c'], ['a', ' b,c'], 'a-b,c', true, 5, -1, 4, 1, true],
    )
  }
  assert.equal(
    expressions.evaluate('event.list.join() + variables.list.join("/")', {
      ...scope,
      variables: { text: '', list: ['1', '2'] },
    }),
    'xy1/2',
  )
  assert.equal(expressions.evaluate('variables.list.join(",")', scopeOf('')), '')
  assert.match(expressions.problemOf('variables.text.split(1)', 'any')?.message ?? '', /'string\.split\(int\)'/)
  refused(
    () => expressions.evaluate('variables.list.join(",")', scopeOf('', [1])),
    /no matching overload for 'list\.join\(string\)'/,
  )
})

test('does a loop again that the machine kept waiting, and ends one that it keeps waiting', () => {
  const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000)
  let runs = 0
  const result = inTime(() => {
    runs += 1
    if (runs === 1) sleep()
    return 'done'
  })
  assert.deepEqual([result, runs], ['done', 2])
  assert.throws(() => inTime(sleep), TooSlowError)
})

test('ends a loop that takes the time of everybody else, and says that it did', () => {
  const slow = 'variables.list.all(x, now.getHours("Europe/Paris") + now.getHours("Asia/Tokyo") >= 0)'
  assert.throws(
    () => expressions.evaluate(slow, scopeOf('', Array(60_000).fill(0))),
    (error: unknown) => error instanceof ExpressionError && error.isSlow && /longer than 250 ms/.test(error.message),
  )
})
