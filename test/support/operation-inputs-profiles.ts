import { profileAttributes } from './prepared-client.ts'

/** An input that fits, for the operations of profiles and of what hangs on them. */
export const profileInputs: Readonly<Record<string, (clientUid: string) => Record<string, unknown>>> = {
  'api-key.exchange': () => ({ apiKey: 'sk_test_unknown' }),
  'api-key.refresh-access': () => ({ refreshToken: 'rt_unknown' }),
  'attribute.view': () => ({}),
  'attribute.view-catalogue': () => ({}),
  'attribute.add': () => ({ name: 'another', type: 'string' }),
  'attribute.change': () => ({ name: 'email', changes: { isRequired: false } }),
  'attribute.set-requirements': () => ({ requirements: [] }),
  'profile.create': (clientUid) => ({ clientUid, attributes: profileAttributes() }),
  'profile.list': (clientUid) => ({ clientUid, page: 1, limit: 10 }),
  'profile.view': (clientUid) => ({ clientUid, pk: 1 }),
  'profile.update': (clientUid) => ({ clientUid, pk: 1, attributes: { lastname: 'Renamed' } }),
  'profile.delete': (clientUid) => ({ clientUid, pk: 1 }),
  'profile.submit': (clientUid) => ({ clientUid, pk: 1 }),
  'document.upload': (clientUid) => ({ clientUid, pk: 1, attribute: 'bank_statement', file: { id: 'file_unknown' } }),
  'document.view': (clientUid) => ({ clientUid, pk: 1 }),
  'document.download': (clientUid) => ({ clientUid, pk: 1 }),
  'document.delete': (clientUid) => ({ clientUid, pk: 1 }),
}
