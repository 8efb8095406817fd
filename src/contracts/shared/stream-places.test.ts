/** Nobody takes all connections of a process with streams that go on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import type { FastifyReply } from 'fastify'
import { anonymous } from '#platform/operations/actor.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'
import { holdStreamPlace } from './stream-places.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const address = '/api/v1/notifications/stream'

async function follow(token: string): Promise<{ status: number; retryAfter: string | null; end: () => Promise<void> }> {
  const abort = new AbortController()
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` }
  const answer = await fetch(app.url + address, { headers, signal: abort.signal })
  const end = async () => {
    abort.abort()
    await answer.body?.cancel().catch(() => {})
  }
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), end }
}

const newToken = async () => (await signInAs(app, await prepareUser(app, 'viewer'))).access

test('one caller has 32 streams at a time, with one session or several; others have theirs, and one that ends makes room', async () => {
  const user = await prepareUser(app, 'viewer')
  const tokens = [(await signInAs(app, user)).access, (await signInAs(app, user)).access] as const
  const open = await Promise.all(Array.from({ length: 32 }, (_, i) => follow(tokens[i % 2 === 0 ? 0 : 1])))
  assert.ok(open.every(({ status }) => status === 200))
  const refused = await Promise.all(tokens.map(follow))
  assert.deepEqual(
    refused.map(({ status, retryAfter }) => [status, retryAfter]),
    [
      [429, '60'],
      [429, '60'],
    ],
  )
  const others = await follow(await newToken())
  assert.equal(others.status, 200)
  await open.pop()?.end()
  const deadline = Date.now() + 10_000
  for (;;) {
    const again = await follow(tokens[0])
    open.push(again)
    if (again.status === 200) break
    assert.ok(Date.now() < deadline, 'there is no room yet')
  }
  for (const one of [...open, ...refused, others]) await one.end()
})

test('who has gone before the answer begins holds no place', async () => {
  for (let i = 0; i < 40; i++) {
    const raw = new ServerResponse(new IncomingMessage(new Socket()))
    const closed = once(raw, 'close')
    raw.destroy()
    await closed
    holdStreamPlace(anonymous, { raw, request: { ip: '192.0.2.1' } } as FastifyReply)
  }
})
