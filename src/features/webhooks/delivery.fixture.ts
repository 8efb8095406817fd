/** Clients, endpoints, events and workers for the tests of deliveries. */
import type { TestContext } from 'node:test'
import { createClient, updateClient } from '#features/clients/index.ts'
import { Database } from '#platform/db/database.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { KeepAliveClient } from '#platform/outbound-http/index.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { systemOf, unique } from '#test/support/prepared-client.ts'
import { createWebhook, DeliveryWorker } from './index.ts'

export const as = systemOf(firstTenant)

export function startApp(): Promise<TestApp> {
  return startTestApp({ config: { outboundAllow: ['127.0.0.1', 'localhost'] } })
}

/** A worker like that of worker.ts; it stops with the test, or when it is told. */
export function startDeliveries(t: TestContext, app: TestApp): { stop: () => Promise<void> } {
  const { connection } = app.runtime.queueOptions
  const database = new Database({ connection, poolSize: 3 })
  const sender = new KeepAliveClient({ allow: app.runtime.config.outboundAllow, idlePerOrigin: 512 })
  const worker = new DeliveryWorker({ services: app.runtime.services, database, sender })
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
