import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Database } from '#platform/db/database.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { AttemptRecorder } from './attempt-recorder.ts'
import {
  as,
  changeClient,
  deliveriesOf,
  deliveryWhen,
  newClient,
  newEndpoint,
  startApp,
  startDeliveries,
  until,
} from './delivery.fixture.ts'
import {
  deleteExpiredWebhooks,
  listDeliveries,
  pauseWebhook,
  replayDelivery,
  replayFailed,
  resumeWebhook,
  viewDelivery,
  viewReplay,
} from './index.ts'
import { startReceiver } from './receiver.fixture.ts'
import type { AttemptRecord } from './sender-store.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

const owner = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []) =>
  queryAsOwner<Row>(app.database, text, values)

/** Deliveries that failed, without anybody having tried. */
async function addFailed(pk: number, count: number, age = '1 hour'): Promise<void> {
  await owner(
    `with event as (
       insert into domain_events (tenant_id, id, type, client_id, data, occurred_at)
       select 'tenant_001', gen_random_uuid(), 'webhook.test', null, jsonb_build_object('pk', $1::bigint), now() - $3::interval
         from generate_series(1, $2::integer) returning id
     )
     insert into webhook_deliveries (tenant_id, endpoint_pk, event_id, event_type, status, created_at, finished_at)
     select 'tenant_001', $1, id, 'client.updated', 'failed', now() - $3::interval, now() from event`,
    [pk, count, age],
  )
}

test('a delivery is sent again on request, whatever became of it, with its webhook-id', async (t) => {
  const receiver = await startReceiver(t)
  let answer = 200
  receiver.answer = (response) => response.writeHead(answer).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  const { services } = app.runtime
  await changeClient(app, clientUid)
  const sent = await deliveryWhen(app, pk, 'a success', (one) => one.status === 'succeeded')
  answer = 500
  await runForResult(services, replayDelivery, { clientUid, pk: sent.pk }, as)
  const failing = await deliveryWhen(app, pk, 'a failure', (one) => one.attempts === 2)
  assert.deepEqual([failing.status, failing.tries], ['pending', 1], 'the schedule begins anew')
  answer = 200
  await runForResult(services, replayDelivery, { clientUid, pk: sent.pk }, as)
  await deliveryWhen(app, pk, 'a success', (one) => one.status === 'succeeded' && one.attempts === 3)
  assert.equal(new Set(receiver.received.map((one) => one.headers['webhook-id'])).size, 1)
  const shown = await runForResult(services, viewDelivery, { clientUid, pk: sent.pk }, as)
  assert.deepEqual(
    shown.tried.map((one) => one.statusCode),
    [200, 500, 200],
  )
})

test('an event that is not kept any more cannot be sent again', async () => {
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, 'https://hooks.example.com/')
  await addFailed(pk, 1)
  await owner(`delete from domain_events where data ->> 'pk' = $1`, [String(pk)])
  const [only] = await deliveriesOf(app, pk)
  const again = runForResult(app.runtime.services, replayDelivery, { clientUid, pk: only?.pk as number }, as)
  await assert.rejects(again, { code: 'webhook_event_gone' })
})

test('everything that failed since a time is sent again in portions, while one watches; nothing older, nothing twice', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  await addFailed(pk, 700)
  await addFailed(pk, 5, '3 days')
  const { services } = app.runtime
  const since = new Date(Date.now() - 24 * 3_600_000).toISOString()
  const start = () => runForResult(services, replayFailed, { clientUid, pk, since }, as)
  const replay = await start()
  assert.deepEqual([replay.status, replay.found, replay.queued], ['running', 700, 0])
  await assert.rejects(start(), { code: 'webhook_replay_running' })

  startDeliveries(t, app, 15_000)
  const seen = new Set<number>()
  await until('the end', async () => {
    const now = await runForResult(services, viewReplay, { clientUid, pk: replay.pk }, as)
    seen.add(now.queued)
    return now.status === 'done' && now.queued === 700
  })
  assert.ok(seen.has(500), `portions of 500: ${[...seen]}`)
  await receiver.waitFor(700)
  await until(
    'all recorded',
    async () => (await deliveriesOf(app, pk)).filter((one) => one.status === 'succeeded').length === 700,
  )
  assert.equal(receiver.received.length, 700)
  assert.equal(new Set(receiver.received.map((one) => one.headers['webhook-id'])).size, 700)
  assert.equal((await deliveriesOf(app, pk)).filter((one) => one.status === 'failed').length, 5)
})

test('a replay waits while its endpoint is paused', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  await addFailed(pk, 3)
  const { services } = app.runtime
  const replay = await runForResult(services, replayFailed, { clientUid, pk, since: '2026-01-01T00:00:00Z' }, as)
  await runForResult(services, pauseWebhook, { clientUid, pk }, as)
  const other = await newEndpoint(app, clientUid, `${receiver.url}/other`)
  await addFailed(other.pk, 1)
  await runForResult(services, replayFailed, { clientUid, pk: other.pk, since: '2026-01-01T00:00:00Z' }, as)
  startDeliveries(t, app)
  await receiver.waitFor(1)
  assert.equal((await runForResult(services, viewReplay, { clientUid, pk: replay.pk }, as)).queued, 0)
  await runForResult(services, resumeWebhook, { clientUid, pk }, as)
  await receiver.waitFor(4)
})

test('lists deliveries newest first by status, event and time, in pages', async () => {
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, 'https://hooks.example.com/listed')
  await addFailed(pk, 30, '2 days')
  await addFailed(pk, 10)
  for (let i = 0; i < 5; i++) await changeClient(app, clientUid)
  const list = (more: object = {}) =>
    runForResult(
      app.runtime.services,
      listDeliveries,
      { clientUid, pk, status: null, eventType: null, since: null, until: null, before: null, limit: 20, ...more },
      as,
    )
  const pks: number[] = []
  for (let before: number | null = null; ; ) {
    const page: Awaited<ReturnType<typeof list>> = await list({ before })
    pks.push(...page.deliveries.map((one) => one.pk))
    before = page.next
    if (before === null) break
  }
  assert.equal(pks.length, 45)
  assert.deepEqual(
    pks,
    [...new Set(pks)].sort((a, b) => b - a),
  )
  const counted = async (more: object) => (await list({ limit: 100, ...more })).deliveries.length
  assert.equal(await counted({ status: 'pending' }), 5)
  assert.equal(await counted({ status: 'failed' }), 40)
  assert.equal(await counted({ status: 'succeeded' }), 0)
  const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString()
  assert.equal(await counted({ status: 'failed', since: yesterday }), 10)
  assert.equal(await counted({ until: yesterday }), 30)
  assert.equal(await counted({ eventType: 'client.created' }), 0)
})

test('what is over goes after the retention with its attempts; what is still to be sent stays, and its event, however old', async () => {
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, 'https://hooks.example.com/old')
  await changeClient(app, clientUid)
  await addFailed(pk, 3, '40 days')
  await addFailed(pk, 2, '20 days')
  await owner(`update domain_events set occurred_at = now() - interval '400 days' where client_id = $1`, [clientUid])
  await owner(`update webhook_queue set created_at = now() - interval '400 days' where endpoint_pk = $1`, [pk])
  await owner(
    `insert into webhook_attempts (tenant_id, delivery_pk, number, attempted_at, url, request_headers, request_body, total_ms)
     select tenant_id, pk, 1, now(), '', '{}', '', 1 from webhook_deliveries where endpoint_pk = $1`,
    [pk],
  )
  await deleteExpiredWebhooks(app.runtime.services.database, 1_000, 30)
  const left = await deliveriesOf(app, pk)
  assert.deepEqual(left.map((one) => one.status).sort(), ['failed', 'failed', 'pending'])
  const [counted] = await owner<{ events: number; attempts: number }>(
    `select (select count(*)::integer from domain_events where client_id = $1 and type = 'client.updated') as events,
            (select count(*)::integer from webhook_attempts a join webhook_deliveries d on d.pk = a.delivery_pk where d.endpoint_pk = $2) as attempts`,
    [clientUid, pk],
  )
  assert.deepEqual(counted, { events: 1, attempts: 2 })
  const [created] = await owner<{ n: number }>(
    `select count(*)::integer as n from domain_events where client_id = $1 and type = 'client.created'`,
    [clientUid],
  )
  assert.equal(created?.n, 0, 'an old event that nobody waits for is gone')
})

test('an attempt that the database does not take as it is does not hold up the others', async (t) => {
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, 'https://hooks.example.com/recorded')
  for (let i = 0; i < 3; i++) await changeClient(app, clientUid)
  const queued = await owner<{ delivery_pk: string; event_id: string }>(
    'select * from webhook_queue where endpoint_pk = $1 order by 1, 2',
    [pk],
  )
  const database = new Database({ connection: app.runtime.queueOptions.connection, poolSize: 1 })
  t.after(() => database.end())
  const recorder = new AttemptRecorder(database, app.runtime.services.logger, () => {})
  let kept = 0
  for (const [i, row] of queued.entries()) {
    const record: AttemptRecord = {
      ...{ tenant_id: 'tenant_001', delivery_pk: Number(row.delivery_pk), endpoint_pk: pk, event_id: row.event_id },
      ...{ event_type: 'client.updated', created_at: new Date().toISOString(), status: 'succeeded', due_at: null },
      ...{
        attempted_at: new Date().toISOString(),
        url: 'https://hooks.example.com/',
        request_headers: {},
        request_body: '{}',
      },
      ...{ status_code: 200, response_headers: {}, response_body: i === 1 ? 'a\0b' : 'ok', response_truncated: false },
      ...{ dns_ms: null, connect_ms: null, first_byte_ms: 1, total_ms: 1, error_code: null, error: null },
    }
    recorder.add(record, () => kept++)
  }
  await recorder.drain(5_000)
  assert.equal(kept, 3)
  const attempts = await owner<{ response_body: string | null }>(
    'select a.response_body from webhook_attempts a join webhook_deliveries d on d.pk = a.delivery_pk where d.endpoint_pk = $1 order by d.pk',
    [pk],
  )
  assert.deepEqual(
    attempts.map((one) => one.response_body),
    ['ok', null, 'ok'],
  )
})
