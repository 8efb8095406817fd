/** Every sealed event reaches the SIEM, in the order of its chain, whatever fails in between. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { runForResult } from '#platform/operations/run-operation.ts'
import { serveHttp, serveTcp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { systemOf } from '#test/support/prepared-client.ts'
import { AuditLog } from './audit-log.fixture.ts'
import { deliverDue } from './delivery.ts'
import { createForwarding, deleteForwarding, listForwardings, startAuditLoop } from './index.ts'

let app: TestApp
before(async () => {
  app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'] } })
})
after(() => app.close())

type Sent = { event: { description: string; category: string }; sequence: number; link_hash: string }
type Batch = { tenant_id: string; events: Sent[] }

async function drain(log: AuditLog): Promise<void> {
  await log.seal()
  while ((await deliverDue(log.services)) > 0);
}

function forward(log: AuditLog, to: object) {
  return runForResult(log.services, createForwarding, { start: 'now', ...to } as never, systemOf(log.tenantId))
}

async function state(log: AuditLog) {
  const { forwardings } = await runForResult(log.services, listForwardings, {}, systemOf(log.tenantId))
  return forwardings[0]
}

/** As if the pause after a failure were over. */
async function retryNow(log: AuditLog): Promise<void> {
  await queryAsOwner(app.database, 'update audit_forwardings set next_attempt_at = now() where tenant_id = $1', [
    log.tenantId,
  ])
}

const numbers = (batches: readonly Batch[]) => batches.flatMap(({ events }) => events.map(({ sequence }) => sequence))

test('a webhook gets signed batches from where the tenant wants them to begin, none twice while all goes well', async (t) => {
  const log = await AuditLog.open(app)
  await log.recordMany(3)
  await log.seal()
  const batches: { body: string; headers: Record<string, unknown> }[] = []
  const port = await serveHttp(t, async (request, response) => {
    batches.push({ body: Buffer.concat(await request.toArray()).toString(), headers: request.headers })
    response.writeHead(204).end()
  })
  const url = `http://127.0.0.1:${port}/siem`
  const { secret } = await forward(log, { kind: 'webhook', url, categories: ['data_access'] })
  await log.recordMany(250)
  await drain(log)
  const parsed = batches.map(({ body }) => JSON.parse(body) as Batch)
  assert.deepEqual(
    numbers(parsed),
    Array.from({ length: 250 }, (_, i) => i + 4),
  )
  assert.ok(parsed.every((batch) => batch.tenant_id === log.tenantId && batch.events.length <= 100))
  for (const { body, headers } of batches) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    const key = Buffer.from((secret ?? '').slice(6), 'base64')
    assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  }
  assert.equal(new Set(batches.map(({ headers }) => headers['webhook-id'])).size, batches.length)
  const shown = JSON.stringify(await state(log))
  assert.ok(!shown.includes(secret ?? ''))
})

test('what a receiver refuses is sent again until it is taken, with a growing pause, and nothing overtakes it', async (t) => {
  const log = await AuditLog.open(app)
  const taken: Batch[] = []
  let failing = true
  const port = await serveHttp(t, async (request, response) => {
    const batch = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Batch
    if (!failing) taken.push(batch)
    response.writeHead(failing ? 503 : 200).end()
  })
  await forward(log, { kind: 'webhook', url: `http://127.0.0.1:${port}`, categories: ['data_access'] })
  await log.recordMany(5)
  await drain(log)
  assert.deepEqual(await state(log).then((one) => [one?.failures, one?.lastError]), [
    1,
    'The webhook answered with status 503',
  ])
  assert.equal(await deliverDue(log.services), 0, 'not before the pause is over')
  await retryNow(log)
  await drain(log)
  assert.equal((await state(log))?.failures, 2)
  failing = false
  await log.recordMany(2)
  await retryNow(log)
  await drain(log)
  assert.deepEqual(numbers(taken), [1, 2, 3, 4, 5, 6, 7])
  const now = await state(log)
  assert.deepEqual([now?.failures, now?.lastError, now?.lastSuccessAt instanceof Date], [0, null, true])
})

test('syslog from the beginning of all chains; two workers at once send nothing twice', async (t) => {
  const log = await AuditLog.open(app)
  await log.recordMany(30)
  const received: Buffer[] = []
  const port = await serveTcp(t, (socket) => socket.on('data', (chunk) => received.push(chunk)))
  await forward(log, { kind: 'syslog', host: '127.0.0.1', port, tls: false, start: 'beginning' })
  const stops = [startAuditLoop(log.services), startAuditLoop(log.services)]
  await log.recordMany(30)
  const sent = () =>
    Buffer.concat(received)
      .toString()
      .match(/<\d+>1 /g)?.length ?? 0
  // Creation of the tenant, 60 events, the forwarding.
  while (sent() < 62) await log.verify()
  await Promise.all(stops.map((stop) => stop()))
  assert.equal(sent(), 62)
  const text = Buffer.concat(received).toString()
  const order = [...text.matchAll(/ data_access - \{"event":.*?"sequence":(\d+)\}/g)].map(([, n]) => Number(n))
  assert.deepEqual(
    order,
    Array.from({ length: 60 }, (_, i) => i + 1),
  )
})

test('a forwarding that was deleted sends no more; an unknown one is not found', async (t) => {
  const log = await AuditLog.open(app)
  let asked = 0
  const port = await serveHttp(t, (_request, response) => {
    asked++
    response.writeHead(200).end()
  })
  const { forwarding } = await forward(log, {
    kind: 'webhook',
    url: `http://127.0.0.1:${port}`,
    categories: ['data_access'],
  })
  await runForResult(log.services, deleteForwarding, { id: forwarding.id }, systemOf(log.tenantId))
  await log.recordMany(1)
  await drain(log)
  assert.equal(asked, 0)
  await assert.rejects(runForResult(log.services, deleteForwarding, { id: forwarding.id }, systemOf(log.tenantId)), {
    code: 'audit_forwarding_not_found',
  })
})

test('an address inside the network is refused at delivery, in words that tell nothing of it', async () => {
  const log = await AuditLog.open(app)
  await forward(log, { kind: 'syslog', host: '127.0.0.2', port: 6514, tls: true })
  await log.recordMany(1)
  await drain(log)
  assert.match((await state(log))?.lastError ?? '', /"127\.0\.0\.2" is not a public address/)
})

test("the operator's own forwarding gets the logs of all tenants, and no tenant sees it", async (t) => {
  const batches: Batch[] = []
  const port = await serveHttp(t, async (request, response) => {
    batches.push(JSON.parse(Buffer.concat(await request.toArray()).toString()) as Batch)
    response.writeHead(200).end()
  })
  const auditForward = { kind: 'webhook', url: `http://127.0.0.1:${port}`, secret: `whsec_${'A'.repeat(44)}` } as const
  const other = await startTestApp({ config: { outboundAllow: ['127.0.0.1'], auditForward } })
  t.after(() => other.close())
  const logs = [await AuditLog.open(other), await AuditLog.open(other)]
  for (const log of logs) await log.recordMany(3)
  const stop = startAuditLoop(other.runtime.services)
  const complete = () =>
    logs.every(
      (log) => batches.filter((one) => one.tenant_id === log.tenantId).flatMap((one) => one.events).length >= 4,
    )
  while (!complete()) await logs[0]?.verify()
  await stop()
  for (const log of logs) assert.equal(await state(log), undefined)
})
