/** What receivers do wrong, and what becomes of their deliveries. The clock of retries is moved in the database. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { runForResult } from '#platform/operations/run-operation.ts'
import { serveTcp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { TestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import {
  as,
  changeClient,
  deliveriesOf,
  deliveryWhen,
  makeDue,
  newClient,
  newEndpoint,
  startApp,
  startDeliveries,
  until,
} from './delivery.fixture.ts'
import type { AttemptDetail } from './index.ts'
import { viewAttempt, viewDelivery, viewWebhook } from './index.ts'
import { startReceiver } from './receiver.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

const attemptOf = (clientUid: string, pk: number, number: number): Promise<AttemptDetail> =>
  runForResult(app.runtime.services, viewAttempt, { clientUid, pk, number }, as)

test('a refused delivery is tried again at the times of the schedule, then it has failed; every attempt is kept', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(500, { 'x-reason': 'none' }).end('no\0 thanks \ud83d')
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  const expected = [5, 300, 1800, 7200, 18000, 36000, 36000]
  for (const [i, seconds] of expected.entries()) {
    const state = await deliveryWhen(
      app,
      pk,
      `attempt ${i + 1}`,
      (one) => one.attempts === i + 1 && one.waiting === true,
    )
    assert.ok(
      state.due_in !== null && state.due_in > seconds - 5 && state.due_in <= seconds * 1.1,
      `${i}: ${state.due_in}`,
    )
    await makeDue(app, pk)
  }
  const failed = await deliveryWhen(app, pk, 'the end', (one) => one.status === 'failed')
  assert.equal(failed.attempts, 8)
  assert.equal(receiver.received.length, 8)
  const ids = new Set(receiver.received.map((one) => one.headers['webhook-id']))
  assert.equal(ids.size, 1, 'webhook-id is the same in all attempts')
  const bodies = new Set(receiver.received.map((one) => one.raw))
  assert.equal(bodies.size, 1)

  const shown = await runForResult(app.runtime.services, viewDelivery, { clientUid, pk: failed.pk }, as)
  assert.deepEqual(
    shown.tried.map((one) => one.number),
    [8, 7, 6, 5, 4, 3, 2, 1],
  )
  const attempt = await attemptOf(clientUid, failed.pk, 1)
  const [sent] = receiver.received
  assert.equal(attempt.request.body, sent?.raw)
  assert.equal(attempt.request.headers['webhook-signature'], sent?.headers['webhook-signature'])
  assert.equal(attempt.response?.headers['x-reason'], 'none')
  assert.equal(attempt.response?.body, 'no thanks \ufffd')
  assert.deepEqual([attempt.statusCode, attempt.errorCode], [500, 'status'])
  assert.ok(attempt.timing.connectMs !== null && attempt.timing.firstByteMs !== null && attempt.totalMs > 0)
})

test('a receiver that was down for a while gets everything once it is back', async (t) => {
  const receiver = await startReceiver(t)
  let isDown = true
  receiver.answer = (response) => response.writeHead(isDown ? 503 : 200).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  for (let i = 0; i < 20; i++) await changeClient(app, clientUid)
  await until('20 failures', async () => (await deliveriesOf(app, pk)).filter((one) => one.waiting).length === 20)
  assert.notEqual((await runForResult(app.runtime.services, viewWebhook, { clientUid, pk }, as)).failingSince, null)
  isDown = false
  await makeDue(app, pk)
  await until('20 successes', async () => {
    const states = await deliveriesOf(app, pk)
    return states.length === 20 && states.every((one) => one.status === 'succeeded' && one.attempts >= 2)
  })
  assert.equal((await runForResult(app.runtime.services, viewWebhook, { clientUid, pk }, as)).failingSince, null)
})

test('Retry-After of 429 delays the next attempt, within a day', async (t) => {
  const receiver = await startReceiver(t)
  const asked = ['120', '1', '9999999']
  receiver.answer = (response) => response.writeHead(429, { 'retry-after': asked[receiver.received.length - 1] }).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  for (const [i, seconds] of [120, 300, 86_400].entries()) {
    const state = await deliveryWhen(app, pk, `attempt ${i + 1}`, (one) => one.attempts === i + 1)
    assert.ok(
      state.due_in !== null && Math.abs(state.due_in - seconds) <= seconds * 0.1 + 5,
      `${seconds}: ${state.due_in}`,
    )
    // Not behind the last answer: a fourth attempt has none.
    if (i + 1 < asked.length) await makeDue(app, pk)
  }
})

test('hanging, closing, dripping, redirecting and endless receivers, and ones that are not there, fail and are told apart', async (t) => {
  const receiver = await startReceiver(t)
  const block = Buffer.alloc(64 * 1024, 'x')
  receiver.answer = (response, request) => {
    switch (request.url) {
      case '/redirect':
        return response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
      case '/gigabyte':
        response.writeHead(200)
        return void pipeline(Readable.from(Array.from({ length: 16_384 }, () => block)), response).catch(() => {})
      case '/close':
        return void request.socket.destroy()
      default:
        // /hang: says nothing
        return undefined
    }
  }
  const dripping = await serveTcp(t, (socket) => {
    socket.on('data', () => {})
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
    const timer = setInterval(() => socket.write('.'), 50)
    socket.on('close', () => clearInterval(timer))
  })
  const nonsense = await serveTcp(t, (socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))
  const expected: Record<string, { code: string | null; status: string }> = {
    [`${receiver.url}/hang`]: { code: 'timeout', status: 'pending' },
    [`${receiver.url}/close`]: { code: 'protocol_error', status: 'pending' },
    [`${receiver.url}/redirect`]: { code: 'redirect', status: 'pending' },
    [`${receiver.url}/gigabyte`]: { code: null, status: 'succeeded' },
    [`http://127.0.0.1:${dripping}/`]: { code: 'timeout', status: 'pending' },
    [`http://127.0.0.1:${nonsense}/`]: { code: 'protocol_error', status: 'pending' },
    'http://127.0.0.1:1/nobody-listens': { code: 'connect_failed', status: 'pending' },
    'http://10.255.255.1/private': { code: 'address_not_allowed', status: 'pending' },
    'http://never.invalid/': { code: 'dns_failed', status: 'pending' },
  }
  const clientUid = await newClient(app)
  const endpoints = new Map<string, number>()
  for (const url of Object.keys(expected)) {
    // A private address is refused at configuration; one that a name has come to mean is met at the delivery.
    const { pk } = await newEndpoint(app, clientUid, url.replace('10.255.255.1', 'hooks.example.com'))
    await queryAsOwner(app.database, 'update webhook_endpoints set url = $2 where pk = $1', [pk, url])
    endpoints.set(url, pk)
  }
  const healthy = await startReceiver(t)
  await newEndpoint(app, clientUid, healthy.url)
  startDeliveries(t, app, 4_000)
  await changeClient(app, clientUid)
  await healthy.waitFor(1)
  for (const [url, { code, status }] of Object.entries(expected)) {
    // The first of them are tried again while the last are looked at.
    const state = await deliveryWhen(app, endpoints.get(url) as number, url, (one) => one.attempts >= 1)
    assert.deepEqual([state.last_error_code, state.status], [code, status], url)
  }
  const gigabyte = await deliveriesOf(app, endpoints.get(`${receiver.url}/gigabyte`) as number)
  const kept = await attemptOf(clientUid, gigabyte[0]?.pk as number, 1)
  assert.deepEqual([kept.response?.body.length, kept.response?.truncated], [4096, true])
  const texts = await queryAsOwner<{ error: string }>(
    app.database,
    `select error from webhook_attempts where url like '%10.255%'`,
  )
  assert.doesNotMatch(texts[0]?.error ?? '', /169\.254|refused 10\./)
})

test('a dead endpoint with a long queue holds nobody else up', async (t) => {
  const receiver = await startReceiver(t)
  const silent = await serveTcp(t, (socket) => socket.resume())
  const [dead, healthy] = [await newClient(app), await newClient(app)]
  const { pk } = await newEndpoint(app, dead, `http://127.0.0.1:${silent}/`)
  await newEndpoint(app, healthy, receiver.url)
  await queryAsOwner(
    app.database,
    `insert into domain_events (tenant_id, id, type, client_id, data)
     select 'tenant_001', gen_random_uuid(), 'client.updated', $1, '{}' from generate_series(1, 3000)`,
    [dead],
  )
  startDeliveries(t, app, 40_000)
  for (let i = 0; i < 20; i++) {
    await changeClient(app, healthy)
    await receiver.waitFor(i + 1)
  }
  const behind = await deliveriesOf(app, pk)
  assert.deepEqual(
    [behind.length, behind.filter((one) => one.attempts > 0).length],
    [3000, 0],
    'all before the first gives up',
  )
})

test('a worker that stops lets attempts finish and gives back what it has claimed', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = () => {}
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  const worker = startDeliveries(t, app, 15_000)
  for (let i = 0; i < 30; i++) await changeClient(app, clientUid)
  await receiver.waitFor(8)
  await worker.stop()
  const [left] = await queryAsOwner<{ queued: number; leased: number }>(
    app.database,
    'select count(*)::integer as queued, count(leased_until)::integer as leased from webhook_queue where endpoint_pk = $1',
    [pk],
  )
  assert.deepEqual(left, { queued: 30, leased: 0 })
  assert.ok(
    (await deliveriesOf(app, pk)).every((one) => one.attempts === 0),
    'our own end is not a failure of theirs',
  )
  receiver.answer = (response) => response.end()
  startDeliveries(t, app)
  await until('all delivered', async () => (await deliveriesOf(app, pk)).every((one) => one.status === 'succeeded'))
})

test('deliveries of a worker that died are taken over when its claim ends', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  await changeClient(app, clientUid)
  await queryAsOwner(
    app.database,
    `update webhook_queue set leased_until = now() + interval '1 hour' where endpoint_pk = $1`,
    [pk],
  )
  startDeliveries(t, app)
  const other = await newClient(app)
  await newEndpoint(app, other, `${receiver.url}/other`)
  await changeClient(app, other)
  await receiver.waitFor(1)
  assert.equal(receiver.received[0]?.path, '/other', 'as long as the claim holds, nobody else sends it')
  await queryAsOwner(app.database, 'update webhook_queue set leased_until = now() where endpoint_pk = $1', [pk])
  await receiver.waitFor(2)
})
