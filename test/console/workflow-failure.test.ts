import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { endedBy } from '../../console/src/workflows/definition.ts'

test('an execution that a step led to its failing end is told in words; other errors stay as they are', () => {
  assert.deepEqual(endedBy('ask: ended by on_expired'), { step: 'ask', exit: 'on_expired' })
  assert.equal(endedBy('send: the receiver answered 500'), null)
  assert.equal(endedBy('ask: ended by on_holiday'), null)
  const file = path.join(import.meta.dirname, '../../src/features/workflows/following.ts')
  assert.match(
    readFileSync(file, 'utf8'),
    /`\$\{action\.id\}: ended by \$\{exit\}`/,
    'the server says it otherwise now',
  )
})
