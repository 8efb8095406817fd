/** GET /api/v1/notifications/stream: /api/v1/notifications/stream is followed by several processes at once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'
import { notify } from './index.ts'
import { until } from './sending.fixture.ts'

let app: TestApp
let other: TestApp
before(async () => {
  app = await startTestApp()
  const { masterKeys } = app.runtime.config
  other = await startTestApp({ database: app.database, config: { masterKeys } })
})
after(async () => {
  await other.close()
  await app.close()
})

type Event = { id: string | null; event: string; data: Record<string, unknown> }
const address = '/api/v1/notifications/stream'

/** Reads events until it is stopped, as a page does. */
async function follow(server: TestApp, token: string, lastEventId?: string) {
  const abort = new AbortController()
  const response = await fetch(server.url + address, {
    signal: abort.signal,
    headers: {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
    },
  })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const events: Event[] = []
  const state = { ended: false }
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream() as never) ?? []) {
      text += String(chunk)
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
        )
        const data = fields.get('data')
        if (data)
          events.push({ id: fields.get('id') ?? null, event: fields.get('event') ?? '', data: JSON.parse(data) })
      }
    }
  })()
    .catch(() => {})
    .finally(() => {
      state.ended = true
    })
  const stop = async () => {
    abort.abort()
    await reading
  }
  return { events, state, stop }
}

async function tell(userId: string, title: string): Promise<void> {
  const unit = new UnitOfWork(app.runtime.services.database, 'write', {
    text: 'select enter_tenant($1)',
    values: ['tenant_001'],
  })
  await notify(unit.tx, {
    now: new Date(),
    tenantId: 'tenant_001',
    recipients: [{ userId }],
    template: 'announcement',
    variables: { title, message: `About ${title}` },
    channels: ['in_app'],
  })
  await unit.complete()
}

test('what one process tells a user comes to her browser at another, once, and to nobody else; who comes back misses nothing', async () => {
  const [mine, hers] = [await prepareUser(app, 'viewer'), await prepareUser(app, 'viewer')]
  const { access } = await signInAs(app, hers)
  const stranger = await follow(app, (await signInAs(app, mine)).access)
  const here = await follow(app, access)
  const there = await follow(other, access)
  await until('the first event', () => there.events.length === 1 && here.events.length === 1)
  assert.deepEqual(there.events[0], { id: null, event: 'unread', data: { unread_count: 0 } })
  await tell(hers.id, 'one')
  await tell(hers.id, 'two')
  const titles = (events: Event[]) => events.filter((one) => one.event === 'notification').map((one) => one.data.title)
  await until('both at both', () => titles(there.events).length === 2 && titles(here.events).length === 2)
  assert.deepEqual(titles(there.events), ['one', 'two'])
  assert.deepEqual(
    stranger.events.map((one) => one.event),
    ['unread'],
  )
  const first = there.events[1]
  assert.deepEqual(Object.keys(first?.data ?? {}).slice(0, 6), ['id', 'title', 'body', 'channel', 'read', 'created_at'])
  await there.stop()
  await tell(hers.id, 'three')
  const back = await follow(other, access, first?.id ?? '')
  await until('what was missed', () => titles(back.events).length === 2)
  assert.deepEqual(titles(back.events), ['two', 'three'])
  for (const one of [stranger, here, back]) await one.stop()
})

test('a closing server ends its streams, so that it can go', async (t) => {
  const closing = await startTestApp({ database: app.database, config: { masterKeys: app.runtime.config.masterKeys } })
  let isClosed = false
  t.after(() => isClosed || closing.close())
  const { access } = await signInAs(app, await prepareUser(app, 'viewer'))
  const stream = await follow(closing, access)
  await until('the first event', () => stream.events.length === 1)
  await closing.close()
  isClosed = true
  await until('its end', () => stream.state.ended)
})

test('refuses what is no event stream, who is no user, and a position that is none', async () => {
  const token = await app.signIn()
  assert.equal((await app.request(address, { token })).status, 422)
  const key = (await app.register()).apiKey
  const headers = { accept: 'text/event-stream' }
  assert.equal((await app.request(address, { apiKey: key, headers })).status, 403)
  assert.equal((await app.request(address, { token, headers: { ...headers, 'last-event-id': 'abc' } })).status, 422)
})
