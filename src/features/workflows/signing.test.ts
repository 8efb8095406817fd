/** Calls of workflows to a URL, as receivers verify them: with the client package. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { verifyWebhook, WebhookError } from '../../../packages/client/src/index.ts'
import type { Call, Scene } from './scene.fixture.ts'
import { startScene } from './scene.fixture.ts'

let scene: Scene
before(async () => {
  scene = await startScene()
})
after(() => scene.close())

type Secret = { secret: string; previous_valid_until: string | null }
const rotate = (body: object = {}) => scene.ask<Secret>(scene.admin, 'POST', '/workflows/settings/secret', body)
const since = async () =>
  (await scene.ask<{ secret_created_at: string | null }>(scene.admin, 'GET', '/workflows/settings')).secret_created_at
const isSignedBy = ({ raw, headers }: Call, secret: string): boolean => {
  try {
    return verifyWebhook<{ amount: number }>({ body: raw, headers }, secret).amount === 1200
  } catch (error) {
    if (error instanceof WebhookError) return false
    throw error
  }
}

/** Runs a workflow that calls out. @returns what arrived, attempt by attempt */
async function callOf(answers: readonly number[] = [200]): Promise<Call[]> {
  const { create, start, reaches, hurry, url, calls } = scene
  const action = { id: 'call', type: 'webhook', url, body: { amount: 1200 }, retry: { max_attempts: 3, delay: '1h' } }
  const id = await start(await create({ name: 'Calls', actions: [action] }))
  const from = calls.length
  scene.answers.push(...answers)
  for (let i = 1; i < answers.length; i++) {
    await reaches(id, 'retrying')
    await hurry(id)
  }
  await reaches(id, 'completed')
  return calls.slice(from)
}

test('a call is signed as webhooks are, once the account has a secret for it: with the account’s own, and anew in each attempt', async () => {
  const [before] = await callOf()
  assert.equal(before?.headers['webhook-signature'], undefined)
  assert.equal(await since(), null)

  const { secret, previous_valid_until: ofNone } = await rotate()
  assert.equal(ofNone, null, 'there was none before')
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.notEqual(await since(), null)
  const attempts = await callOf([503, 200])
  assert.equal(attempts.length, 2)
  for (const one of attempts) {
    assert.ok(isSignedBy(one, secret))
    assert.equal(one.headers['webhook-id'], one.key, 'the id is that of all attempts')
    assert.ok(!isSignedBy({ ...one, raw: one.raw.replace('1200', '1201') }, secret), 'another body is refused')
    assert.ok(!isSignedBy({ ...one, headers: { ...one.headers, 'webhook-id': 'other' } }, secret))
  }
  const [stored] = await queryAsOwner<{ n: number }>(
    scene.app.database,
    'select count(*)::integer as n from workflow_settings s where strpos(s::text, $1) > 0',
    [secret.slice(6)],
  )
  assert.equal(stored?.n, 0, 'it does not stand in the database in the clear')
})

test('after a rotation both secrets sign until the overlap is over; without an overlap the new one alone; removed, none', async () => {
  const { secret: first } = await rotate()
  const { secret: second, previous_valid_until: until } = await rotate({ overlap_hours: 1 })
  assert.ok(until !== null && Date.parse(until) > Date.now())
  const [during] = await callOf()
  assert.ok(during && isSignedBy(during, first) && isSignedBy(during, second))
  await queryAsOwner(scene.app.database, "update workflow_settings set old_secret_until = now() - interval '1 s'")
  const [later] = await callOf()
  assert.ok(later && !isSignedBy(later, first) && isSignedBy(later, second))

  const { secret: third, previous_valid_until: none } = await rotate({ overlap_hours: 0 })
  assert.equal(none, null)
  const [alone] = await callOf()
  assert.ok(alone && !isSignedBy(alone, second) && isSignedBy(alone, third))

  await scene.ask(scene.admin, 'DELETE', '/workflows/settings/secret')
  const [unsigned] = await callOf()
  assert.equal(unsigned?.headers['webhook-signature'], undefined)
})

test('a secret whose master key is gone fails the attempt, which is tried again: nothing goes out unsigned', async () => {
  await rotate()
  await queryAsOwner(scene.app.database, "update workflow_settings set secret_ciphertext = 'gAAAAABnone'")
  const { create, start, reaches, url, calls } = scene
  const from = calls.length
  const id = await start(await create({ name: 'Unreadable', actions: [{ id: 'call', type: 'webhook', url }] }))
  const waiting = await reaches(id, 'retrying')
  assert.match(waiting.error ?? '', /does not open/)
  assert.equal(calls.length, from)
  await rotate({ overlap_hours: 0 })
  await scene.hurry(id)
  await reaches(id, 'completed')
})
