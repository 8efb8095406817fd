import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Nodes } from './signing-keys.fixture.ts'
import { claims, code, kidOf, pass, startNodes } from './signing-keys.fixture.ts'

const day = 24 * 3600 * 1000

let nodes: Nodes
beforeEach(async () => {
  nodes = await startNodes()
})
afterEach(() => nodes.close())

test('the next key is published an hour ahead, signs from its time on, and older tokens stay valid', async () => {
  const keys = nodes.node()
  const first = await keys.ensureCurrent()
  const other = nodes.node()
  const early = await keys.sign(claims, (30 * 24 + 12) * 3600)
  const later = (ms: number) => new Date(Date.now() + ms)
  assert.equal(await keys.ensureCurrent(later(30 * day - 3601_000)), null)
  const second = await keys.ensureCurrent(later(30 * day - 3599_000))
  assert.ok(second)
  assert.equal(await keys.ensureCurrent(later(30 * day - 3599_000)), null, 'once')
  assert.deepEqual(
    (await other.publicKeys()).keys.map((key) => key.kid),
    [first, second],
  )
  assert.equal(kidOf(await keys.sign(claims, 60)), first)
  pass(30 * day + 1000)
  const late = await other.sign(claims, 60)
  assert.equal(kidOf(late), second)
  await keys.verify(late)
  await other.verify(early)
})

test('in an emergency the new key signs at once, and nobody trusts another one five seconds later', async () => {
  const [one, two] = [nodes.node(), nodes.node()]
  const first = await one.ensureCurrent()
  await one.idTokenKeys()
  await two.publicKeys()
  const before = await two.sign(claims, 60)
  const { keyId } = await two.verify(before)
  assert.deepEqual([keyId, await two.trusts(keyId)], [first, true])

  const second = await one.rotate({ immediately: true })
  const token = await one.sign(claims, 60)
  assert.equal(kidOf(token), second)
  await assert.rejects(one.verify(before), code('unauthenticated'))
  assert.equal(await one.trusts(keyId), false)
  const published = (await one.publicKeys()).keys
  assert.equal(published.length, 2)
  assert.deepEqual(new Set(published.map((key) => key.alg)), new Set(['EdDSA', 'RS256']))
  assert.ok(!published.some((key) => key.kid === first))
  assert.deepEqual(
    (await one.idTokenKeys()).map((key) => key.kid),
    published.filter((key) => key.alg === 'RS256').map((key) => key.kid),
  )

  pass(2_001)
  await two.verify(token)
  await assert.rejects(two.verify(before), code('unauthenticated'))
  assert.equal(kidOf(await two.sign(claims, 60)), second)
  assert.equal(await one.ensureCurrent(), null, 'the one that signs is as good as any')
})

test('in an emergency a node that nobody has asked for long looks before it answers', async () => {
  const [one, two] = [nodes.node(), nodes.node()]
  await one.ensureCurrent()
  const { keyId } = await two.verify(await one.sign(claims, 60))
  await one.rotate({ immediately: true })
  pass(5_001)
  assert.equal(await two.trusts(keyId), false)
})

test('in an emergency a key that was published ahead is trusted no longer either', async () => {
  const keys = nodes.node()
  await keys.ensureCurrent()
  const ahead = await keys.rotate({ immediately: false })
  const now = await keys.rotate({ immediately: true })
  assert.deepEqual(
    (await keys.publicKeys()).keys.map((key) => key.kid),
    [now],
  )
  pass(3_601_000)
  assert.notEqual(kidOf(await keys.sign(claims, 60)), ahead)
})

test('by hand it is published first and signs an hour later', async () => {
  const keys = nodes.node()
  const first = await keys.ensureCurrent()
  const second = await keys.rotate({ immediately: false })
  const token = await keys.sign(claims, 7200)
  assert.equal(kidOf(token), first)
  assert.ok((await keys.publicKeys()).keys.some((key) => key.kid === second))
  pass(3_601_000)
  assert.equal(kidOf(await keys.sign(claims, 60)), second)
  await nodes.node().verify(token)
})

test('a key that was removed is trusted no longer than five seconds', async () => {
  const keys = nodes.node()
  await keys.ensureCurrent()
  const token = await keys.sign(claims, 3600)
  await nodes.owner.query('delete from signing_keys')
  pass(5_001)
  await assert.rejects(keys.verify(token), code('unauthenticated'))
})

test('an expired key signs nothing and verifies nothing', async () => {
  const keys = nodes.node()
  await keys.ensureCurrent()
  const token = await keys.sign(claims, 90 * 24 * 3600).catch((error: unknown) => error)
  assert.equal((token as { code?: string }).code, 'unavailable', 'a token must not outlive its key')
  const short = await keys.sign(claims, 3600)
  await nodes.owner.query(`update signing_keys set expires_at = now() - interval '1 second'`)
  await assert.rejects(nodes.node().verify(short), code('unauthenticated'))
  await assert.rejects(nodes.node().sign(claims, 60), code('unavailable'))
  assert.deepEqual((await nodes.node().publicKeys()).keys, [])
})
