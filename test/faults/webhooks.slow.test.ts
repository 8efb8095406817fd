/** Workers that are killed in the middle of 10,000 deliveries: everything arrives. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import { newClient, newEndpoint, until } from '#features/webhooks/delivery.fixture.ts'
import { startReceiver } from '#features/webhooks/receiver.fixture.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { queryAsOwner } from '../support/owner-query.ts'

const deliveries = 10_000
const endpoints = 10
const masterKeys = generateFernetKey()

let app: TestApp
before(async () => {
  app = await startTestApp({ config: { masterKeys, outboundAllow: ['127.0.0.1'] } })
})
after(() => app.close())

async function startWorkerProcess(t: TestContext): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../src/main.ts'), 'worker'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  child.stdout.resume()
  await once(child.stdout, 'data')
  return child
}

async function countOf(text: string): Promise<number> {
  const [row] = await queryAsOwner<{ n: number }>(app.database, `select count(*)::integer as n from ${text}`)
  return row?.n ?? 0
}

test('kill -9 of the worker, twice, in the middle of 10,000 deliveries: all arrive, each webhook-id at least once', async (t) => {
  const receiver = await startReceiver(t)
  const clients: string[] = []
  for (let i = 0; i < endpoints; i++) {
    clients.push(await newClient(app))
    await newEndpoint(app, clients[i] as string, `${receiver.url}/${i}`)
  }
  await queryAsOwner(
    app.database,
    `insert into domain_events (tenant_id, id, type, client_id, data)
     select 'tenant_001', gen_random_uuid(), 'client.updated', c, jsonb_build_object('uid', c)
       from generate_series(1, $2::integer), unnest($1::uuid[]) c`,
    [clients, deliveries / endpoints],
  )
  assert.equal(await countOf('webhook_queue'), deliveries)

  for (const enough of [2_000, 5_000]) {
    const worker = await startWorkerProcess(t)
    await receiver.waitFor(enough, 120_000)
    worker.kill('SIGKILL')
    await once(worker, 'exit')
    assert.ok((await countOf('webhook_queue')) > 0, 'it was killed too late to prove anything')
    // What it had claimed waits for 45 seconds; the test moves the clock instead of waiting.
    await queryAsOwner(app.database, 'update webhook_queue set leased_until = now() where leased_until is not null')
  }
  await startWorkerProcess(t)
  await until(
    'an empty queue',
    async () => {
      await queryAsOwner(app.database, 'update webhook_queue set due_at = now() where waiting')
      return (await countOf('webhook_queue')) === 0
    },
    240_000,
  )

  const arrived = new Set(receiver.received.map((one) => one.headers['webhook-id']))
  assert.equal(arrived.size, deliveries)
  assert.equal(await countOf(`webhook_deliveries where status = 'succeeded'`), deliveries)
  const again = receiver.received.length - deliveries
  t.diagnostic(`${again} came more than once`)
  assert.ok(again <= 4_096, `${again} came more than once: what two workers held is 2,048 at most`)
})
