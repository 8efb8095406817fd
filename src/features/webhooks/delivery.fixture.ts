/** Clients, endpoints, events and workers for the tests of deliveries. */
import type { TestContext } from 'node:test'
import { createClient, updateClient } from '#features/clients/index.ts'
import { Database } from '#platform/db/database.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { KeepAliveClient } from '#platform/outbound-http/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { systemOf, unique } from '#test/support/prepared-client.ts'
import { createWebhook, DeliveryWorker } from './index.ts'

export const as = systemOf(firstTenant)

export function startApp(): Promise<TestApp> {
  return startTestApp({ config: { outboundAllow: ['127.0.0.1', 'localhost'] } })
}

/** A worker like that of worker.ts; it stops with the test, or when it is told. */
export function startDeliveries(t: TestContext, app: TestApp, timeoutMs = 5_000): { stop: () => Promise<void> } {
  const { connection } = app.runtime.queueOptions
  const database = new Database({ connection, poolSize: 3 })
  const sender = new KeepAliveClient({ allow: app.runtime.config.outboundAllow, idlePerOrigin: 512 })
  const worker = new DeliveryWorker({ services: app.runtime.services, database, sender, timeoutMs })
  let stopped: Promise<void> | null = null
  const stop = () => {
    stopped ??= worker.stop(2_000).then(() => database.end())
    return stopped
  }
  t.after(stop)
  return { stop }
}

export async function newClient(app: TestApp): Promise<string> {
  const client = await runForResult(app.runtime.services, createClient, { name: unique('Hooked') }, as)
  return client.uid
}

export type NewEndpoint = { pk: number; secret: string }

/** An endpoint of a client; null: of the tenant itself. */
export async function newEndpoint(
  app: TestApp,
  clientUid: string | null,
  url: string,
  more: { eventTypes?: string[]; ofAllClients?: boolean } = {},
): Promise<NewEndpoint> {
  const { webhook, secret } = await runForResult(app.runtime.services, createWebhook, { clientUid, url, ...more }, as)
  if (secret === null) throw new Error(`there is a webhook to ${url} already`)
  return { pk: webhook.pk, secret }
}

let changes = 0

/** Makes an event client.updated. */
export async function changeClient(app: TestApp, clientUid: string): Promise<void> {
  const changed = { clientUid, changes: { description: `change ${++changes}` } }
  await runForResult(app.runtime.services, updateClient, changed, as)
}

/** Polls the database until it says so: for what happens without anybody being told. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > deadline) throw new Error(`never came to be: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export type DeliveryState = {
  pk: number
  status: string
  attempts: number
  last_error_code: string | null
  waiting: boolean | null
  tries: number | null
  /** Until the next attempt, in seconds. */
  due_in: number | null
}

/** What the database holds of an endpoint's deliveries, oldest first. */
export async function deliveriesOf(app: TestApp, webhookPk: number): Promise<DeliveryState[]> {
  return queryAsOwner<DeliveryState>(
    app.database,
    `select coalesce(q.delivery_pk, d.pk)::integer as pk, coalesce(d.status, 'pending') as status, coalesce(d.attempts, 0) as attempts,
            d.last_error_code, q.waiting, q.tries, extract(epoch from q.due_at - now())::double precision as due_in
       from (select * from webhook_queue where endpoint_pk = $1) q
       full join (select * from webhook_deliveries where endpoint_pk = $1) d on d.tenant_id = q.tenant_id and d.pk = q.delivery_pk
      order by 1`,
    [webhookPk],
  )
}

/** The only delivery of an endpoint, once it is as described. */
export function deliveryWhen(
  app: TestApp,
  webhookPk: number,
  what: string,
  fits: (state: DeliveryState) => boolean,
): Promise<DeliveryState> {
  return until(what, async () => {
    const [only] = await deliveriesOf(app, webhookPk)
    return only && fits(only) ? only : null
  })
}

/** As if the time until the next attempt had passed. */
export async function makeDue(app: TestApp, webhookPk: number): Promise<void> {
  await queryAsOwner(app.database, 'update webhook_queue set due_at = now() where waiting and endpoint_pk = $1', [
    webhookPk,
  ])
}
