/** AZALSCORE: the audit log. */
import type { TestApp } from './app.ts'
import type { Example, ExampleOf } from './route-example.ts'

const nothing = (): Example => ({})
export const syslogForwarding = () => ({ kind: 'syslog', host: 'siem.example.com', port: 6514, tls: true })

async function recorded(app: TestApp, token: string): Promise<string> {
  const body = { category: 'data_access', action: 'view_invoice', description: 'An invoice was looked at' }
  const answer = await app.request('/api/v1/audit/events', { method: 'POST', token, body })
  if (answer.status !== 201) throw new Error(`recording: ${answer.status} ${answer.text}`)
  return (answer.body as { id: string }).id
}

async function forwarded(app: TestApp, token: string): Promise<string> {
  const answer = await app.request('/api/v1/audit/forwardings', { method: 'POST', token, body: syslogForwarding() })
  if (answer.status !== 201) throw new Error(`forwarding: ${answer.status} ${answer.text}`)
  return (answer.body as { id: string }).id
}

export const auditExamples: Readonly<Record<string, ExampleOf>> = {
  // The document's own example.
  recordAuditEvent: {
    caller: 'account',
    request: () => ({
      body: {
        category: 'data_access',
        action: 'view_invoice',
        description: 'Consultation facture FA-2024-001',
        target: { entity_type: 'invoice', entity_id: 'FA-2024-001' },
        context: { reason: 'client_request' },
      },
    }),
  },
  searchAuditEvents: {
    caller: 'account',
    request: () => ({ query: { category: 'authentication', start_date: '2024-01-01', limit: '100' } }),
  },
  getAuditEvent: {
    caller: 'account',
    request: () => ({ path: { event_id: 'evt_unknown' } }),
    prepare: async ({ app, token }) => ({ path: { event_id: await recorded(app, token) } }),
  },
  verifyAuditIntegrity: {
    caller: 'account',
    request: () => ({ body: { category: 'authentication', start_date: '2024-01-01', end_date: '2024-01-31' } }),
  },
  listAuditCheckpoints: { caller: 'account', request: () => ({ query: { limit: '10' } }) },
  createAuditCheckpoints: { caller: 'account', request: nothing },
  exportAuditLog: { caller: 'account', request: () => ({ query: { category: 'configuration' } }) },
  getAuditSettings: { caller: 'account', request: nothing },
  putAuditSettings: { caller: 'account', request: () => ({ body: { retention_days: 3650 } }) },
  listAuditForwardings: { caller: 'account', request: nothing },
  createAuditForwarding: { caller: 'account', request: () => ({ body: syslogForwarding() }) },
  deleteAuditForwarding: {
    caller: 'account',
    request: () => ({ path: { forwarding_id: 'fwd_unknown' } }),
    prepare: async ({ app, token }) => ({ path: { forwarding_id: await forwarded(app, token) } }),
  },
}
