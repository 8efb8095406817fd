/** An input that fits, for every operation of personal data. */
const id = '550e8400-e29b-41d4-a716-446655440000'
const subject = () => ({ subjectType: 'customer', subjectId: id })

export const personalDataInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'personal-data.export': subject,
  'personal-data.export-tenant': () => ({}),
  'personal-data.erase': subject,
  'personal-data.preview-erasure': subject,
  'personal-data.view-erasure': () => ({ id: 'ers_unknown' }),
  'personal-data.list-erasures': () => ({ limit: 10, offset: 0 }),
  'personal-data.end-erasure': () => ({
    id: 'ers_unknown',
    attempt: null,
    ending: { status: 'failed', failure: 'internal' },
  }),
  'personal-data.view-retained-identity': () => ({ customerId: id }),
  'tenant.schedule-erasure': () => ({ reason: 'The contract has ended', days: 30 }),
  'tenant.export': () => ({}),
  'tenant.cancel-erasure': () => ({}),
  'tenant.preview-erasure': () => ({}),
  'tenant.list-erasures': () => ({}),
}
