import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql as migration } from '#migrations/0015-workflows.ts'
import { builtInSteps, builtInTexts, readable } from '../../console/src/workflows/built-in.ts'
import { readCondition } from '../../console/src/workflows/condition.ts'
import { readDefinition } from '../../console/src/workflows/definition.ts'
import type { Spot } from '../../console/src/workflows/layout.ts'
import { layOut, node } from '../../console/src/workflows/layout.ts'

const seeded = /'wf_invoice_approval', 1, '(\{.*\})'\);/.exec(migration)?.[1]?.replaceAll("''", "'") ?? ''
const builtIn = JSON.parse(seeded) as { description: string; actions: { id: string; name?: string }[] }

test('what the built-in workflow says, and its steps, have words in both languages', () => {
  assert.deepEqual(
    [...builtInSteps].sort(),
    builtIn.actions
      .filter(({ name }) => name === undefined)
      .map(({ id }) => id)
      .sort(),
  )
  for (const { text } of builtInTexts) assert.ok(seeded.includes(JSON.stringify(text)), text)
  assert.equal(readable('check_limit'), 'Check limit')
})

const ask = { id: 'ask', type: 'approval', on_approved: 'approve', on_rejected: 'reject', on_expired: 'fail' }
const update = (id: string, next?: string) => ({ id, type: 'update', ...(next ? { next } : {}) })
const drawn = {
  'the built-in one': builtIn,
  "the form's own beginning": {
    actions: [
      { id: 'large', type: 'condition', on_false: 'end' },
      ask,
      update('approve', 'end'),
      update('reject', 'end'),
    ],
  },
  'one whose exits lead to both sides, past others and to its ends': {
    actions: [
      { id: 'large', type: 'condition', on_true: 'ask', on_false: 'tell' },
      { ...ask, on_expired: 'late', on_failure: 'fail' },
      update('approve', 'tell'),
      update('reject', 'tell'),
      update('late', 'tell'),
      { id: 'tell', type: 'notification', next: 'end' },
    ],
  },
}

/** As it is drawn: straight pieces of the curves. */
function pieces(points: readonly Spot[]): [Spot, Spot][] {
  const all: Spot[] = []
  points.forEach((to, index) => {
    const from = points[index - 1]
    if (!from) return
    const bend = Math.max(12, (to.y - from.y) / 2)
    for (let step = 0; step <= 40; step++) {
      const [s, r] = [step / 40, 1 - step / 40]
      const mix = (a: number, b: number, c: number, d: number) =>
        a * r ** 3 + 3 * b * r * r * s + 3 * c * r * s * s + d * s ** 3
      all.push({ x: mix(from.x, from.x, to.x, to.x), y: mix(from.y, from.y + bend, to.y - bend, to.y) })
    }
  })
  return all.slice(1).map((one, index) => [all[index] as Spot, one])
}

const side = (a: Spot, b: Spot, c: Spot) => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x))
const cross = ([a, b]: [Spot, Spot], [c, d]: [Spot, Spot]) =>
  side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0

for (const [what, given] of Object.entries(drawn)) {
  test(`no way is drawn across another one or behind a step: ${what}`, () => {
    const definition = readDefinition(given)
    assert.ok(definition)
    const { ways, spots } = layOut(definition)
    assert.equal(spots.size, given.actions.length)
    const lines = ways.map((way) => ({ way, lines: pieces(way.points) }))
    for (const [index, one] of lines.entries()) {
      for (const other of lines.slice(index + 1)) {
        const met = one.lines.some((a) => other.lines.some((b) => cross(a, b)))
        assert.ok(!met, `${one.way.from} ${one.way.exit} × ${other.way.from} ${other.way.exit}`)
      }
      for (const [id, at] of spots) {
        if (id === one.way.from || id === one.way.to) continue
        const within = ({ x, y }: Spot) => x > at.x && x < at.x + node.width && y > at.y && y < at.y + node.height
        assert.ok(!one.lines.some(([a]) => within(a)), `${one.way.from} ${one.way.exit} behind ${id}`)
      }
    }
  })
}

for (const [text, expected] of [
  [
    'entity.total_amount > 1000',
    { field: { of: 'entity', name: 'total_amount' }, comparison: 'over', value: { literal: 1000 } },
  ],
  [
    ' entity.currency=="EUR" ',
    { field: { of: 'entity', name: 'currency' }, comparison: 'is', value: { literal: 'EUR' } },
  ],
  [
    'entity.total_amount <= variables.limit',
    {
      field: { of: 'entity', name: 'total_amount' },
      comparison: 'atMost',
      value: { of: 'variables', name: 'limit' },
    },
  ],
  [
    '!steps.ask.entity_changed',
    { field: { of: 'steps', step: 'ask', name: 'entity_changed' }, comparison: 'is', value: { literal: false } },
  ],
  ['entity.is_active', { field: { of: 'entity', name: 'is_active' }, comparison: 'is', value: { literal: true } }],
  ['entity.total_amount > 1000 && entity.currency == "EUR"', null],
  ['entity.total_amount > 1000 + 5', null],
  ['entity.name == "a" || entity.name == "b"', null],
  ['size(entity.name) > 3', null],
  ['true', null],
] as const) {
  test(`a condition of the simple form is read, all others stay as they are: ${text}`, () => {
    assert.deepEqual(readCondition(text), expected)
  })
}
