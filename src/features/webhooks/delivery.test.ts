import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { deleteClient } from '#features/clients/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
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
  deleteSecret,
  generateSecret,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  serverKey,
  testWebhook,
  updateWebhook,
} from './index.ts'
import type { Received } from './receiver.fixture.ts'
import { startReceiver, verifiesAsFactPulse } from './receiver.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

const verifies = ({ raw, headers }: Received, secret: string): boolean => {
  try {
    new Webhook(secret).verify(raw, headers)
    return true
  } catch {
    return false
  }
}

test('one delivery verifies as a Standard Webhook and as one of FactPulse', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const own = await runForResult(app.runtime.services, generateSecret, { clientUid }, as)
  const { secret } = await newEndpoint(app, clientUid, `${receiver.url}/hook?a=b`)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  const [received] = await receiver.waitFor(1)
  assert.ok(received)
  assert.equal(received.path, '/hook?a=b')
  assert.equal(received.headers['content-type'], 'application/json')
  assert.ok(verifies(received, secret))
  assert.ok(verifiesAsFactPulse(received, own.secret))
  assert.equal(received.body.type, 'client.updated')
  assert.equal(received.body.event_type, 'client.updated')
  assert.equal(received.body.id, received.headers['webhook-id'])
  assert.equal(received.body.client_uid, clientUid)
  assert.deepEqual(received.body.data, { uid: clientUid, fields: ['description'] })
})

test('without a secret of the client, and again after its deletion, the server’s key signs for FactPulse’s receivers', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  const { database, secrets } = app.runtime.services
  const key = await serverKey(database, secrets)
  await changeClient(app, clientUid)
  assert.ok(verifiesAsFactPulse((await receiver.waitFor(1))[0] as Received, key))
  const own = await runForResult(app.runtime.services, generateSecret, { clientUid }, as)
  await changeClient(app, clientUid)
  assert.ok(verifiesAsFactPulse((await receiver.waitFor(2))[1] as Received, own.secret), 'at once')
  await runForResult(app.runtime.services, deleteSecret, { clientUid }, as)
  await changeClient(app, clientUid)
  assert.ok(verifiesAsFactPulse((await receiver.waitFor(3))[2] as Received, key), 'at once')
})

test('during a rotation the old secret and the new one verify; afterwards the new one only', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk, secret: old } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  const rotate = (overlapHours: number) =>
    runForResult(app.runtime.services, rotateWebhookSecret, { clientUid, pk, overlapHours }, as)
  const { secret: fresh } = await rotate(1)
  await changeClient(app, clientUid)
  const [first] = await receiver.waitFor(1)
  assert.ok(first && verifies(first, old) && verifies(first, fresh))
  assert.equal(first.headers['webhook-signature']?.split(' ').length, 2)

  const expire =
    'update webhook_endpoint_secrets set expires_at = now() where endpoint_pk = $1 and expires_at is not null'
  await queryAsOwner(app.database, expire, [pk])
  // The version is what senders look at; time alone ends a secret too, which they notice by themselves.
  await queryAsOwner(app.database, 'update webhook_endpoints set version = version + 1 where pk = $1', [pk])
  await changeClient(app, clientUid)
  const second = (await receiver.waitFor(2))[1]
  assert.ok(second && !verifies(second, old) && verifies(second, fresh))

  const { secret: newest } = await rotate(0)
  await changeClient(app, clientUid)
  const third = (await receiver.waitFor(3))[2]
  assert.ok(third && !verifies(third, fresh) && verifies(third, newest), 'no overlap was asked for')
})

test('several rotations leave three signatures at most', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk, secret } = await newEndpoint(app, clientUid, receiver.url)
  const secrets = [secret]
  for (let i = 0; i < 4; i++) {
    const rotated = await runForResult(
      app.runtime.services,
      rotateWebhookSecret,
      { clientUid, pk, overlapHours: 24 },
      as,
    )
    secrets.push(rotated.secret)
  }
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  const [received] = await receiver.waitFor(1)
  assert.ok(received)
  assert.deepEqual(
    secrets.map((one) => verifies(received, one)),
    [false, false, true, true, true],
  )
})

test('events reach the endpoints that ask for them: of the client, of the account, and by their filters', async (t) => {
  const receiver = await startReceiver(t)
  const [one, other] = [await newClient(app), await newClient(app)]
  await newEndpoint(app, one, `${receiver.url}/all`)
  await newEndpoint(app, one, `${receiver.url}/subject`, { eventTypes: ['client.*'] })
  await newEndpoint(app, one, `${receiver.url}/exact`, { eventTypes: ['profile.created', 'client.updated'] })
  await newEndpoint(app, one, `${receiver.url}/none`, { eventTypes: ['client.created', 'clients.*', 'profile.*'] })
  await newEndpoint(app, other, `${receiver.url}/other`)
  await newEndpoint(app, null, `${receiver.url}/account`)
  await newEndpoint(app, null, `${receiver.url}/account-all`, { ofAllClients: true })
  startDeliveries(t, app)
  await changeClient(app, one)
  await receiver.waitFor(4)
  await runForResult(app.runtime.services, deleteClient, { clientUid: other }, as)
  await receiver.waitFor(5)
  assert.deepEqual(receiver.received.map((each) => `${each.path} ${each.body.type}`).sort(), [
    '/account-all client.deleted',
    '/account-all client.updated',
    '/all client.updated',
    '/exact client.updated',
    '/subject client.updated',
  ])
})

test('events of one object have growing sequence numbers, whoever sends them', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  await newEndpoint(app, clientUid, receiver.url)
  for (let i = 0; i < 5; i++) await changeClient(app, clientUid)
  await Promise.all(Array.from({ length: 10 }, () => changeClient(app, clientUid)))
  startDeliveries(t, app)
  const received = await receiver.waitFor(15)
  const byTime = await queryAsOwner<{ sequence: string }>(
    app.database,
    `select sequence from domain_events where client_id = $1 and type = 'client.updated' order by sequence`,
    [clientUid],
  )
  const sent = received.map((one) => one.body.sequence).sort((a, b) => a - b)
  assert.deepEqual(
    sent,
    byTime.map((row) => Number(row.sequence)),
  )
  assert.equal(new Set(sent).size, 15)
})

test('what happens while an endpoint is paused waits, and goes out when it is resumed', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, `${receiver.url}/paused`)
  await newEndpoint(app, clientUid, `${receiver.url}/open`)
  startDeliveries(t, app)
  await runForResult(app.runtime.services, pauseWebhook, { clientUid, pk }, as)
  for (let i = 0; i < 3; i++) {
    await changeClient(app, clientUid)
    await receiver.waitFor(i + 1)
  }
  assert.deepEqual(
    receiver.received.map((one) => one.path),
    ['/open', '/open', '/open'],
  )
  await runForResult(app.runtime.services, resumeWebhook, { clientUid, pk }, as)
  await receiver.waitFor(6)
  const late = receiver.received.filter((one) => one.path === '/paused').map((one) => one.headers['webhook-id'])
  const open = receiver.received.filter((one) => one.path === '/open').map((one) => one.headers['webhook-id'])
  assert.deepEqual(new Set(late), new Set(open))
})

test('a test event goes to its endpoint alone', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk, secret } = await newEndpoint(app, clientUid, `${receiver.url}/one`, { eventTypes: ['profile.*'] })
  await newEndpoint(app, clientUid, `${receiver.url}/other`)
  startDeliveries(t, app)
  const tested = await runForResult(app.runtime.services, testWebhook, { clientUid, pk }, as)
  const [received] = await receiver.waitFor(1)
  assert.ok(received && verifies(received, secret))
  assert.deepEqual([received.path, received.body.type, received.body.id], ['/one', 'webhook.test', tested.eventId])
  await changeClient(app, clientUid)
  await receiver.waitFor(2)
  assert.equal(receiver.received[1]?.path, '/other')
})

test('a change of the URL is in force with the next delivery', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, `${receiver.url}/before`)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  await receiver.waitFor(1)
  await runForResult(app.runtime.services, updateWebhook, { clientUid, pk, url: `${receiver.url}/after` }, as)
  await changeClient(app, clientUid)
  assert.deepEqual(
    (await receiver.waitFor(2)).map((one) => one.path),
    ['/before', '/after'],
  )
})

test('several workers share the work, and send nothing twice', async (t) => {
  const receiver = await startReceiver(t)
  const clients = await Promise.all(Array.from({ length: 5 }, () => newClient(app)))
  for (const clientUid of clients) await newEndpoint(app, clientUid, `${receiver.url}/${clientUid}`)
  // An attempt that a busy machine lets run out of time is one more to send.
  for (let i = 0; i < 3; i++) startDeliveries(t, app, 40_000)
  await queryAsOwner(
    app.database,
    `insert into domain_events (tenant_id, id, type, client_id, data)
     select 'tenant_001', gen_random_uuid(), 'client.updated', c, jsonb_build_object('uid', c) from unnest($1::uuid[]) c, generate_series(1, 60)`,
    [clients],
  )
  await receiver.waitFor(300)
  await until('an empty queue', async () => {
    const [row] = await queryAsOwner<{ n: number }>(
      app.database,
      'select count(*)::integer as n from webhook_queue where endpoint_pk in (select pk from webhook_endpoints where client_id = any($1))',
      [clients],
    )
    return row?.n === 0
  })
  assert.equal(receiver.received.length, 300)
  assert.equal(new Set(receiver.received.map((one) => one.headers['webhook-id'])).size, 300)
})

test('an endpoint takes its deliveries, attempts and secrets along when its client is deleted', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(500).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  await deliveryWhen(app, pk, 'a failed attempt', (state) => state.attempts >= 1)
  await runForResult(app.runtime.services, deleteClient, { clientUid }, as)
  assert.deepEqual(await deliveriesOf(app, pk), [])
  const left = await queryAsOwner<{ n: number }>(
    app.database,
    `select (select count(*) from webhook_endpoints where pk = $1) + (select count(*) from webhook_endpoint_secrets where endpoint_pk = $1)
          + (select count(*) from webhook_attempts a where not exists (
               select from webhook_deliveries d where d.tenant_id = a.tenant_id and d.pk = a.delivery_pk)) as n`,
    [pk],
  )
  assert.equal(Number(left[0]?.n), 0)
})
