const moment = '2026-01-01T00:00:00Z'

/** An input that fits, for the operations of webhooks; of secrets too. */
export const webhookInputs: Readonly<Record<string, (clientUid: string) => Record<string, unknown>>> = {
  'webhook-secret.generate': (clientUid) => ({ clientUid }),
  'webhook-secret.status': (clientUid) => ({ clientUid }),
  'webhook-secret.delete': (clientUid) => ({ clientUid }),
  'webhook.create': (clientUid) => ({ clientUid, url: 'https://hooks.example.com/another' }),
  'webhook.list': (clientUid) => ({ clientUid, status: null, before: null, limit: 10 }),
  'webhook.view': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.update': (clientUid) => ({ clientUid, pk: 1, description: 'Changed' }),
  'webhook.delete': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.pause': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.resume': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.rotate-secret': (clientUid) => ({ clientUid, pk: 1, overlapHours: 24 }),
  'webhook.test': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.disable': () => ({ pk: 1, reason: 'gone', url: 'https://hooks.example.com/another' }),
  'webhook.describe-disabled': () => ({ pk: 1 }),
  'webhook.list-deliveries': (clientUid) => ({
    ...{ clientUid, pk: 1, status: 'failed', eventType: 'client.updated', since: moment, until: moment },
    ...{ before: 5, limit: 10 },
  }),
  'webhook.view-delivery': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.view-attempt': (clientUid) => ({ clientUid, pk: 1, number: 1 }),
  'webhook.replay': (clientUid) => ({ clientUid, pk: 1 }),
  'webhook.replay-failed': (clientUid) => ({ clientUid, pk: 1, since: moment }),
  'webhook.view-replay': (clientUid) => ({ clientUid, pk: 1 }),
}
