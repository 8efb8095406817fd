import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstAdministrator, startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { prepareUser } from '#test/support/prepared-client.ts'
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
import { sendWebhookNotice } from './disable.ts'
import { replayFailed, resumeWebhook, testWebhook, updateWebhook, viewReplay, viewWebhook } from './index.ts'
import { startReceiver } from './receiver.fixture.ts'

let app: TestApp
before(async () => {
  app = await startApp()
})
after(() => app.close())

const view = (clientUid: string, pk: number) => runForResult(app.runtime.services, viewWebhook, { clientUid, pk }, as)

test('410 Gone disables the endpoint, tells the other endpoints and the audit log, and ends what was queued', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response, request) => response.writeHead(request.url === '/gone' ? 410 : 200).end()
  const clientUid = await newClient(app)
  await newEndpoint(app, clientUid, `${receiver.url}/other`, { eventTypes: ['webhook.*'] })
  const { pk } = await newEndpoint(app, clientUid, `${receiver.url}/gone`)
  await changeClient(app, clientUid)
  startDeliveries(t, app)
  await until('a disabled endpoint', async () => (await view(clientUid, pk)).status === 'disabled')
  const webhook = await view(clientUid, pk)
  assert.equal(webhook.disabledReason, 'gone')
  assert.ok(webhook.disabledAt)
  await until('the news', async () => receiver.received.some((one) => one.body.type === 'webhook.disabled'))
  const news = receiver.received.find((one) => one.body.type === 'webhook.disabled')
  assert.deepEqual([news?.path, news?.body.data], ['/other', { pk, reason: 'gone' }])
  const audited = await queryAsOwner<{ action: string; actor: object }>(
    app.database,
    `select action, actor from audit_events where target_type = 'webhook' and target_id = $1 and action = 'webhook.disable'`,
    [String(pk)],
  )
  assert.deepEqual(audited, [{ action: 'webhook.disable', actor: { type: 'system', name: 'webhooks' } }])
  // Neither the delivery that was told, nor what comes later, is sent to it.
  const ended = await deliveryWhen(app, pk, 'the end', (one) => one.status === 'failed')
  assert.equal(ended.attempts, 1)
  await changeClient(app, clientUid)
  assert.deepEqual(
    (await deliveriesOf(app, pk)).map((one) => one.status),
    ['failed', 'skipped'],
  )
  assert.equal(receiver.received.filter((one) => one.path === '/gone').length, 1)
})

test('what stands in the queue of a disabled endpoint leaves it as failed', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(500).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  await deliveryWhen(app, pk, 'a retry', (one) => one.waiting === true)
  await queryAsOwner(
    app.database,
    `update webhook_endpoints set status = 'disabled', disabled_reason = 'failing', disabled_at = now() where pk = $1`,
    [pk],
  )
  const failed = await deliveryWhen(app, pk, 'its end', (one) => one.status === 'failed')
  assert.equal(failed.last_error_code, 'endpoint_disabled')
})

test('five days of failures disable the endpoint; a success in between begins the count anew', async (t) => {
  const receiver = await startReceiver(t)
  let answer = 500
  receiver.answer = (response) => response.writeHead(answer).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  const failedFor = (interval: string) =>
    queryAsOwner(app.database, 'update webhook_endpoints set failing_since = now() - $2::interval where pk = $1', [
      pk,
      interval,
    ])

  await changeClient(app, clientUid)
  await deliveryWhen(app, pk, 'the first failure', (one) => one.attempts > 0)
  await failedFor('4 days 23 hours')
  // The retry may have come by itself meanwhile: what counts is one more after the time was moved.
  const { attempts } = await deliveryWhen(app, pk, 'a delivery', (one) => one.attempts > 0)
  await until('another failure', async () => {
    await makeDue(app, pk)
    const { attempts: now } = await deliveryWhen(app, pk, 'a delivery', (one) => one.attempts > 0)
    return now > attempts
  })
  assert.equal((await view(clientUid, pk)).status, 'enabled', 'not before five days')

  answer = 200
  await makeDue(app, pk)
  await deliveryWhen(app, pk, 'a success', (one) => one.status === 'succeeded')
  assert.equal((await view(clientUid, pk)).failingSince, null)

  answer = 500
  await changeClient(app, clientUid)
  await until('another failure', async () => (await view(clientUid, pk)).failingSince !== null)
  await failedFor('5 days 1 minute')
  await makeDue(app, pk)
  await until('a disabled endpoint', async () => (await view(clientUid, pk)).status === 'disabled')
  assert.equal((await view(clientUid, pk)).disabledReason, 'failing')
})

test('a disabled endpoint that is resumed gets what comes, and by a replay what it has missed', async (t) => {
  const receiver = await startReceiver(t)
  let answer = 410
  receiver.answer = (response) => response.writeHead(answer).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, receiver.url)
  startDeliveries(t, app)
  const begun = new Date(Date.now() - 1_000).toISOString()
  await changeClient(app, clientUid)
  await until('a disabled endpoint', async () => (await view(clientUid, pk)).status === 'disabled')
  for (let i = 0; i < 5; i++) await changeClient(app, clientUid)
  const replayIt = () => runForResult(app.runtime.services, replayFailed, { clientUid, pk, since: begun }, as)
  await assert.rejects(replayIt(), { code: 'webhook_not_enabled' })
  await assert.rejects(runForResult(app.runtime.services, testWebhook, { clientUid, pk }, as), {
    code: 'webhook_not_enabled',
  })

  answer = 200
  await runForResult(app.runtime.services, resumeWebhook, { clientUid, pk }, as)
  await changeClient(app, clientUid)
  await receiver.waitFor(2)
  const replay = await replayIt()
  assert.equal(replay.found, 6)
  await until('the end of the replay', async () => {
    const seen = await runForResult(app.runtime.services, viewReplay, { clientUid, pk: replay.pk }, as)
    return seen.status === 'done' && seen.queued === 6
  })
  await until('all delivered', async () => (await deliveriesOf(app, pk)).every((one) => one.status === 'succeeded'))
  assert.equal(new Set(receiver.received.map((one) => one.headers['webhook-id'])).size, 7)
})

test('another URL enables a disabled endpoint', async (t) => {
  const receiver = await startReceiver(t)
  receiver.answer = (response, request) => response.writeHead(request.url === '/gone' ? 410 : 200).end()
  const clientUid = await newClient(app)
  const { pk } = await newEndpoint(app, clientUid, `${receiver.url}/gone`)
  startDeliveries(t, app)
  await changeClient(app, clientUid)
  await until('a disabled endpoint', async () => (await view(clientUid, pk)).status === 'disabled')
  await runForResult(app.runtime.services, updateWebhook, { clientUid, pk, url: `${receiver.url}/here` }, as)
  await changeClient(app, clientUid)
  assert.equal((await receiver.waitFor(2))[1]?.path, '/here')
  assert.equal((await view(clientUid, pk)).status, 'enabled')
})

test('owners and administrators get a message that names the host, and none of what a URL may hide', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const mailing = await startTestApp({
    database: app.database,
    config: {
      masterKeys: app.runtime.config.masterKeys,
      outboundAllow: ['127.0.0.1', 'localhost'],
      mail: {
        provider: 'smtp',
        config: { host: '127.0.0.1', port: sink.port, use_tls: false, from_email: 'platform@example.com' },
      },
    },
  })
  t.after(() => mailing.close())
  const administrator = await prepareUser(mailing, 'admin')
  await prepareUser(mailing, 'viewer')
  const receiver = await startReceiver(t)
  receiver.answer = (response) => response.writeHead(410).end()
  const clientUid = await newClient(mailing)
  const { pk } = await newEndpoint(mailing, clientUid, `${receiver.url}/path-secret?token=query-secret`)
  startDeliveries(t, mailing)
  await changeClient(mailing, clientUid)
  await until('a disabled endpoint', async () => (await view(clientUid, pk)).status === 'disabled')
  const jobs = await queryAsOwner<{ id: string; data: { tenantId: string; webhookPk: number } }>(
    app.database,
    `select id, data from pgboss.job where name = 'webhook-notice' and (data ->> 'webhookPk')::integer = $1`,
    [pk],
  )
  assert.equal(jobs.length, 1)
  for (const job of jobs) await sendWebhookNotice(mailing.runtime.services, job.data, job.id)
  assert.deepEqual(sink.mails.flatMap((mail) => mail.to).sort(), [administrator.username, firstAdministrator].sort())
  const text = sink.mails.map((mail) => mail.raw).join('\n')
  assert.match(text, new RegExp(`webhook ${pk} to 127.0.0.1`))
  assert.doesNotMatch(text, /path-secret|query-secret/)
})
