/** Endpoints by the hundred that take nothing keep nobody's deliveries waiting. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { changeClient, newClient, newEndpoint, startApp, startDeliveries } from './delivery.fixture.ts'
import { startReceiver } from './receiver.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

/** As many clients would have them together. */
async function addPaused(clientUid: string, count: number): Promise<void> {
  await queryAsOwner(
    app.database,
    `insert into webhook_endpoints (tenant_id, client_id, url, status)
     select $1, $2, 'https://example.com/' || gen_random_uuid(), 'paused' from generate_series(1, $3)`,
    [firstTenant, clientUid, count],
  )
}

test('more than a thousand paused endpoints with something to send stand in nobody’s way', async (t) => {
  const receiver = await startReceiver(t)
  const [crowd, between, last] = [await newClient(app), await newClient(app), await newClient(app)]
  await addPaused(crowd, 800)
  await newEndpoint(app, between, `${receiver.url}/between`)
  await addPaused(crowd, 800)
  await newEndpoint(app, last, `${receiver.url}/last`)
  await changeClient(app, crowd)
  const [waiting] = await queryAsOwner<{ n: number }>(app.database, 'select count(*)::integer as n from webhook_queue')
  assert.equal(waiting?.n, 1600)
  startDeliveries(t, app)
  for (let i = 1; i <= 3; i++) {
    await changeClient(app, between)
    await changeClient(app, last)
    await receiver.waitFor(2 * i)
  }
  const paths = receiver.received.map(({ path }) => path)
  for (const path of ['/between', '/last']) assert.equal(paths.filter((one) => one === path).length, 3, path)
})
