import { unique } from './prepared-client.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'

const ofWebhook =
  (more: Example = {}) =>
  ({ client }: Subject): Example => ({ path: { pk: String(client.webhook.pk) }, ...more })

const ofDelivery =
  (more: Record<string, string> = {}) =>
  ({ client }: Subject): Example => ({ path: { pk: String(client.webhook.deliveryPk), ...more } })

const someUrl = () => `https://hooks.example.com/${unique('example').replace(' ', '-')}`

export const webhookExamples: Readonly<Record<string, ExampleOf>> = {
  configureWebhook: {
    caller: 'client',
    request: ({ client }) => ({
      body: {
        ...{ url: someUrl(), description: 'Ours', eventTypes: ['profile.*', 'client.updated'] },
        ...{ ofAllClients: false, client_uid: client.uid },
      },
    }),
  },
  listWebhooks: {
    caller: 'client',
    request: ({ client }) => ({ query: { status: 'enabled', client_uid: client.uid, before: '1000000', limit: '10' } }),
  },
  getWebhook: { caller: 'client', request: ofWebhook() },
  updateWebhook: {
    caller: 'client',
    request: (subject) => ofWebhook({ body: { url: someUrl(), description: null, eventTypes: null } })(subject),
  },
  deleteWebhook: { caller: 'client', request: ofWebhook() },
  pauseWebhook: { caller: 'client', request: ofWebhook() },
  resumeWebhook: { caller: 'client', request: ofWebhook() },
  rotateWebhookSecret: { caller: 'client', request: ofWebhook({ query: { overlapHours: '1' } }) },
  testWebhook: { caller: 'client', request: ofWebhook() },
  listWebhookDeliveries: {
    caller: 'client',
    request: ofWebhook({
      query: {
        ...{
          status: 'failed',
          eventType: 'webhook.test',
          since: '2020-01-01T00:00:00Z',
          until: '2199-01-01T00:00:00Z',
        },
        ...{ before: '1000000', limit: '10' },
      },
    }),
  },
  getWebhookDelivery: { caller: 'client', request: ofDelivery() },
  getWebhookAttempt: { caller: 'client', request: ofDelivery({ number: '1' }) },
  replayWebhookDelivery: { caller: 'client', request: ofDelivery() },
  replayFailedWebhookDeliveries: { caller: 'client', request: ofWebhook({ body: { since: '2026-01-01T00:00:00Z' } }) },
  getWebhookReplay: { caller: 'client', request: ({ client }) => ({ path: { pk: String(client.webhook.replayPk) } }) },
}
