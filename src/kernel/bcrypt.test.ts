import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash } from 'bcryptjs'
import { verifyBcrypt } from './bcrypt.ts'

test('the text is the hash’s or it is not, for several at once', async () => {
  const hashed = await hash('the secret', 4)
  const prefixes = ['$2a$', '$2b$', '$2y$']
  const hashes = prefixes.map((prefix) => prefix + hashed.slice(4))
  const asked = hashes.flatMap((one) => [verifyBcrypt(one, 'the secret'), verifyBcrypt(one, 'another')])
  assert.deepEqual(await Promise.all(asked), [true, false, true, false, true, false])
})

test('nobody else waits for it: the event loop goes on while it computes', async () => {
  const hashed = `$2b$13$${'a'.repeat(53)}`
  let isOver = false
  let turns = 0
  const look = () => {
    turns++
    if (!isOver) setImmediate(look)
  }
  look()
  assert.equal(await verifyBcrypt(hashed, 'a guess'), false)
  isOver = true
  assert.ok(turns > 200, `${turns} turns`)
})
