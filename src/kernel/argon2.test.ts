import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashArgon2id, verifyArgon2id } from './argon2.ts'

test('what was hashed is verified, and nothing else', async () => {
  const hashed = await hashArgon2id('a password')
  assert.match(hashed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await verifyArgon2id(hashed, 'a password'), true)
  assert.equal(await verifyArgon2id(hashed, 'another password'), false)
})

test('more than can run at once all get their answer, also after one that fails', async () => {
  const hashed = await hashArgon2id('a password')
  const asked = Array.from({ length: 12 }, (_, i) =>
    i % 3 === 0
      ? verifyArgon2id('no hash', 'a password')
      : verifyArgon2id(hashed, i % 3 === 1 ? 'a password' : 'wrong'),
  )
  const outcomes = (await Promise.allSettled(asked)).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))
  assert.deepEqual(outcomes, Array.from({ length: 4 }, () => ['failed', true, false]).flat())
  assert.equal(await verifyArgon2id(hashed, 'a password'), true)
})
