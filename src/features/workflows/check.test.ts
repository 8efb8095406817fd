/** What is refused before anybody runs it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql as migration } from '#migrations/0015-workflows.ts'
import { checkDefinition } from './check.ts'
import { retryDelaySeconds, secondsOf } from './duration.ts'
import { exitsOf, findLoop } from './flow.ts'
import type { Action, Definition } from './schemas.ts'
import { nextRun } from './triggers.ts'
import { neededPermissions } from './updates.ts'

const ask = { id: 'ask', type: 'approval', approvers: ['role:approver'] }
const definition = (changes: object = {}) => ({
  name: 'Test',
  triggers: ['event:invoice.created', 'manual'],
  entity_type: 'invoice',
  variables: [{ name: 'threshold', type: 'number', default: 100 }],
  actions: [{ id: 'big', type: 'condition', expression: 'entity.total_amount > variables.threshold' }, ask],
  ...changes,
})

/** Where and why, for reading. */
function refusals(given: unknown): string[] {
  return checkDefinition(given).problems.map(({ path, message }) => `${path?.slice(1).join('.')}: ${message}`)
}

test('takes a definition that fits, and the one that is there from the start', () => {
  assert.deepEqual(refusals(definition()), [])
  const seeded = /'wf_invoice_approval', 1, '(\{.*\})'\);/.exec(migration)?.[1]?.replaceAll("''", "'")
  assert.deepEqual(refusals(JSON.parse(seeded ?? '')), [])
})

const condition = (expression: string) => definition({ actions: [{ id: 'big', type: 'condition', expression }] })
const one = (action: object) => definition({ actions: [action] })

for (const [what, given, expected] of [
  ['a variable that is not declared', condition('variables.limit > 1.0'), /actions\.0\.expression: No such key: limit/],
  ['a name that does not exist', condition('amount > 1.0'), /Unknown variable: amount/],
  ['a field that the entity does not have', condition('entity.total > 1.0'), /No such key: total/],
  ['a condition that is neither true nor false', condition('entity.total_amount'), /must give true or false/],
  ['an expression that cannot be read', condition('1 +'), /Unexpected token/],
  ['regular expressions', condition('entity.number.matches("(a+)+$")'), /matches\(\) is not available/],
  ['nested loops', condition('[1].exists(x, [1].exists(y, x == y))'), /At most one of map/],
  ['an action that does not exist', one({ ...ask, on_approved: 'pay' }), /on_approved: There is no action pay/],
  ['a loop of one', one({ id: 'wait', type: 'delay', for: '1h', next: 'wait' }), /A loop.*wait -> wait/],
  ['an approval without approvers', one({ ...ask, approvers: [] }), /actions\.0\.approvers/],
  ['the submitter as an approver', one({ ...ask, approvers: ['submitter'] }), /Nobody decides what he submitted/],
  ['an unknown kind of action', one({ id: 'x', type: 'script', code: '1' }), /type: Must be one of notification/],
  ['a field that no such action has', one({ ...ask, timeout: 3 }), /Not known here: timeout/],
  ['a delay without end', one({ id: 'wait', type: 'delay' }), /One of for and until/],
  ['a delay of years', one({ id: 'wait', type: 'delay', for: '400d' }), /At most 366 days/],
  [
    'an update of a field that cannot be set',
    one({ id: 'x', type: 'update', set: { total: 1 } }),
    /Must be one of status/,
  ],
  [
    'an unknown variable in a notification',
    one({
      id: 'n',
      type: 'notification',
      template: 'a',
      recipients: ['role:owner'],
      variables: { a: { b: ['=variables.x'] } },
    }),
    /variables\.a\.b\.0: No such key: x/,
  ],
  ['an id that is there twice', definition({ actions: [ask, ask] }), /ask is there twice/],
  ['an id with a meaning', one({ ...ask, id: 'end' }), /end has a meaning/],
  [
    'an action that nothing leads to',
    definition({
      actions: [
        { ...ask, on_approved: 'end' },
        { ...ask, id: 'other' },
      ],
    }),
    /No way leads to other/,
  ],
  ['a schedule that is none', definition({ triggers: ['schedule:99 * * * *'] }), /Not a schedule/],
  ['a schedule by the second', definition({ triggers: ['schedule:* * * * * *'] }), /five parts/],
  ['a schedule that never comes', definition({ triggers: ['schedule:0 0 30 2 *'] }), /never fires/],
  ['a time zone that is none', definition({ triggers: ['schedule:0 8 * * *'], time_zone: 'Mars' }), /Not a schedule/],
  ['an event of another entity', definition({ triggers: ['event:customer.created'] }), /does not concern/],
  ['a trigger of no kind', definition({ triggers: ['sometimes'] }), /event:<name>/],
  [
    'a default of another type',
    definition({ variables: [{ name: 'threshold', type: 'number', default: 'x' }] }),
    /is no number/,
  ],
  ['no definition at all', {}, /Missing: name, triggers, actions/],
] as const) {
  test(`refuses ${what}, and says where`, () => {
    const found = refusals(given)
    assert.ok(
      found.some((text) => expected.test(text)),
      found.join('\n'),
    )
  })
}

test('whatever is given, the check ends with an answer', () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 4 }), (given) => {
      const checked = checkDefinition(given)
      assert.ok(checked.definition !== null || checked.problems.length > 0)
    }),
    { numRuns: 200 },
  )
})

test('law: where no loop is found, every way from every action ends', () => {
  const id = fc.integer({ min: 0, max: 7 }).map((n) => `a${n}`)
  const target = fc.option(fc.oneof(id, fc.constantFrom('end', 'fail')), { nil: undefined })
  const actions = fc
    .array(fc.record({ on_true: target, on_false: target }), { minLength: 1, maxLength: 8 })
    .map((ways) =>
      ways.map(({ on_true, on_false }, i) => ({
        id: `a${i}`,
        type: 'condition' as const,
        expression: 'true',
        ...(on_true ? { on_true } : {}),
        ...(on_false ? { on_false } : {}),
      })),
    )
  const longest = (whole: Definition, action: Action, depth: number): number => {
    if (depth > whole.actions.length) return depth
    const next = whole.actions.filter((one) => Object.values(exitsOf(whole, action)).includes(one.id))
    return Math.max(depth, ...next.map((one) => longest(whole, one, depth + 1)))
  }
  fc.assert(
    fc.property(actions, (list) => {
      const whole: Definition = { name: 'x', triggers: ['manual'], actions: list }
      const steps = Math.max(...list.map((action) => longest(whole, action, 1)))
      assert.equal(findLoop(whole) === null, steps <= list.length)
    }),
    { numRuns: 150 },
  )
})

test('durations are seconds; retries wait twice as long each time, up to an hour', () => {
  assert.deepEqual(['30s', '15m', '48h', '7d'].map(secondsOf), [30, 900, 172_800, 604_800])
  assert.deepEqual(
    [1, 2, 3, 10].map((attempt) => retryDelaySeconds(attempt, 30)),
    [30, 60, 120, 3600],
  )
})

test('a schedule keeps its hour over the change of clocks', () => {
  const fires = (after: string) => nextRun('0 8 * * 1', 'Europe/Paris', new Date(after))?.toISOString()
  assert.equal(fires('2026-03-24T00:00:00Z'), '2026-03-30T06:00:00.000Z')
  assert.equal(fires('2026-10-20T00:00:00Z'), '2026-10-26T07:00:00.000Z')
})

test('whoever saves what reads an entity must be allowed to look at it', () => {
  const needed = (changes: object) =>
    neededPermissions(definition({ actions: [ask], ...changes }) as Definition).map(({ permission }) => permission)
  assert.deepEqual(needed({}), ['invoice:view'])
  assert.deepEqual(needed({ entity_type: undefined }), [])
  const any = ['invoice:view', 'customer:view']
  assert.deepEqual(needed({ entity_type: undefined, entity_summary: 'string(entity.email)' }), any)
  const wait = { id: 'wait', type: 'delay', until: 'timestamp(entity.due_date)' }
  assert.deepEqual(needed({ entity_type: undefined, actions: [wait] }), any)
  const call = { id: 'call', type: 'webhook', url: 'https://example.com', body: { to: ['=entity.email'] } }
  assert.deepEqual(needed({ entity_type: undefined, actions: [call] }), [...any, 'webhook:manage'])
})
