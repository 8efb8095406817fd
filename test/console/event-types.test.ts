import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { eventPattern } from '#features/webhooks/rules.ts'
import { eventTypes } from '../../console/src/webhooks/event-types.ts'

const root = path.join(import.meta.dirname, '../..')
const offered: readonly string[] = Object.values(eventTypes).flat()

test('a webhook can be set up for every event that the server tells under a fixed name', () => {
  const sources = globSync('src/features/**/*.ts', { cwd: root }).filter((one) => !/\.(test|fixture)\.ts$/.test(one))
  const told = sources.flatMap((one) =>
    [...readFileSync(path.join(root, one), 'utf8').matchAll(/emit\(\{\s*type: '([^']+)'/g)].map(
      ([, type]) => type ?? '',
    ),
  )
  assert.ok(told.length > 15, 'events are no longer told as they were')
  assert.deepEqual(
    told.filter((one) => !offered.includes(one)),
    [],
  )
  for (const one of offered) assert.match(one, new RegExp(eventPattern))
})
