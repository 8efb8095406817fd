/** Receivers that fall silent half way: the attempt ends, is made again, and the delivery is acknowledged once. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { serveTcp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { TestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import {
  changeClient,
  deliveryWhen,
  makeDue,
  newClient,
  newEndpoint,
  startApp,
  startDeliveries,
} from './delivery.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

test('a receiver that is silent after it has accepted, within the headers or within the body of its answer is tried again until it answers whole', async (t) => {
  const answers = [
    '',
    'HTTP/1.1 200 OK\r\ncontent-le',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of what it sa',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  ]
  const closed: Promise<unknown>[] = []
  const ids = new Set<string>()
  let tried = 0
  const port = await serveTcp(t, (socket: Socket) => {
    const answer = answers[tried++] ?? ''
    socket.on('error', () => {})
    closed.push(new Promise((resolve) => socket.once('close', resolve)))
    socket.once('data', (bytes: Buffer) => {
      ids.add(/^webhook-id: (.*)$/im.exec(bytes.toString())?.[1] ?? '')
      socket.write(answer)
    })
  })
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, `http://127.0.0.1:${port}/`)
  const { stop } = startDeliveries(t, app, 700)
  await changeClient(app, clientUid)
  for (let i = 1; i < answers.length; i++) {
    const state = await deliveryWhen(app, pk, `attempt ${i}`, (one) => one.attempts === i && one.waiting === true)
    assert.equal(state.last_error_code, 'timeout')
    await makeDue(app, pk)
  }
  const done = await deliveryWhen(app, pk, 'the success', (one) => one.status === 'succeeded')
  assert.equal(done.attempts, answers.length)
  assert.equal(tried, answers.length)
  assert.equal(ids.size, 1, 'webhook-id is the same in all attempts')
  const succeeded = await queryAsOwner(
    app.database,
    'select number from webhook_attempts where delivery_pk = $1 and error_code is null',
    [done.pk],
  )
  assert.deepEqual(succeeded, [{ number: answers.length }])
  await stop()
  // No connection is left, neither of those that hung nor the one that was kept open.
  await Promise.all(closed)
})
