import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { as, changeClient, newClient, newEndpoint, startApp, startDeliveries } from './delivery.fixture.ts'
import { generateSecret, serverKey } from './index.ts'
import { startReceiver, verifiesAsFactPulse } from './receiver.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

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
  const verified = new Webhook(secret).verify(received.raw, received.headers) as Record<string, unknown>
  assert.equal(verified.type, 'client.updated')
  assert.ok(verifiesAsFactPulse(received, own.secret))
  assert.equal(received.body.event_type, 'client.updated')
  assert.equal(received.body.id, received.headers['webhook-id'])
  assert.deepEqual(received.body.data, { uid: clientUid, fields: ['description'] })
  assert.deepEqual(received.body.object, { type: 'client', id: clientUid })
  assert.equal(received.body.api, `http://localhost:8000/api/v1/clients/${clientUid}`)
  assert.throws(() => new Webhook(secret).verify(`${received.raw} `, received.headers))
})

test('without a secret of the client, the server’s key signs for FactPulse’s receivers', async (t) => {
  const receiver = await startReceiver(t)
  const clientUid = await newClient(app)
  await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  const [received] = await receiver.waitFor(1)
  assert.ok(received)
  const { database, secrets } = app.runtime.services
  assert.ok(verifiesAsFactPulse(received, await serverKey(database, secrets)))
})
