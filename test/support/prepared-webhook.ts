/** A webhook with what can hang on one: a delivery that waits, one that failed with its attempt, and a replay that is over. */
import { createWebhook, replayFailed, testWebhook } from '#features/webhooks/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'
import type { systemOf } from './prepared-client.ts'

export type PreparedWebhook = {
  pk: number
  secret: string
  /** It has failed, after one attempt. */
  deliveryPk: number
  replayPk: number
}

let made = 0

/** clientUid null: of the tenant itself. */
export async function prepareWebhook(
  app: TestApp,
  clientUid: string | null,
  as: ReturnType<typeof systemOf>,
): Promise<PreparedWebhook> {
  const { services } = app.runtime
  const url = `https://hooks.example.com/${++made}`
  const { webhook, secret } = await runForResult(services, createWebhook, { clientUid, url }, as)
  const ofWebhook = { clientUid, pk: webhook.pk }
  await runForResult(services, testWebhook, ofWebhook, as)
  const test = await runForResult(services, testWebhook, ofWebhook, as)
  const attempt = {
    ...{ tenant_id: as.actor.kind === 'system' ? as.actor.tenantId : '', endpoint_pk: webhook.pk },
    ...{ delivery_pk: test.deliveryPk, event_id: test.eventId, event_type: 'webhook.test', created_at: new Date() },
    ...{ status: 'failed', attempted_at: new Date(), url, request_headers: { 'webhook-id': test.eventId } },
    ...{ request_body: '{}', status_code: 500, response_headers: {}, response_body: 'no', response_truncated: false },
    ...{ total_ms: 1.5, error_code: 'status', error: 'The receiver answered 500 instead of 2xx' },
  }
  await services.database.platformRead('select * from record_webhook_attempts($1)', [JSON.stringify([attempt])])
  const replay = await runForResult(services, replayFailed, { ...ofWebhook, since: '2020-01-01T00:00:00Z' }, as)
  await queryAsOwner(app.database, `update webhook_replays set status = 'done' where pk = $1`, [replay.pk])
  return { pk: webhook.pk, secret: secret ?? '', deliveryPk: test.deliveryPk, replayPk: replay.pk }
}
