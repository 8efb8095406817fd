/** An input that fits, for every operation of the audit log. */
import { syslogForwarding } from './route-examples-audit.ts'

/** For a job whose worker gave up. */
export const failedCheck = (id: string) => ({
  id,
  attempt: null,
  ending: { status: 'failed', failure: 'internal', message: 'It failed' },
})

export const auditInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'audit.record': () => ({ category: 'data_access', action: 'view_invoice', description: 'An invoice was looked at' }),
  'audit.search': () => ({ filters: {}, limit: 10, offset: 0 }),
  'audit.view': () => ({ id: 'evt_unknown' }),
  'audit.verify': () => ({}),
  'audit.request-verification': () => ({}),
  'audit-verification.view': () => ({ id: 'ver_unknown' }),
  'audit-verification.list': () => ({ limit: 10, offset: 0 }),
  'audit-verification.cancel': () => ({ id: 'ver_unknown' }),
  'audit-verification.end': () => failedCheck('ver_unknown'),
  'audit.checkpoint': () => ({}),
  'audit.list-checkpoints': () => ({ limit: 10, offset: 0 }),
  'audit.export': () => ({}),
  'audit.view-settings': () => ({}),
  'audit.configure': () => ({ retentionDays: 365 }),
  'audit-forwarding.create': () => ({ ...syslogForwarding(), start: 'now' }),
  'audit-forwarding.list': () => ({}),
  'audit-forwarding.delete': () => ({ id: 'fwd_unknown' }),
}
