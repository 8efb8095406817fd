import { post } from './identity.ts'
import { profileAttributes, statement, unique } from './prepared-client.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'

/** A week's refresh token of the client's first key. */
const refreshTokenOf: ExampleOf['prepare'] = async ({ app, subject }) => {
  const answer = await post(app, '/api/v1/auth/token/', { body: { apiKey: subject.client.apiKey } })
  return { body: { refresh: (answer.body as { data: { refresh: string } }).data.refresh } }
}

const ofProfile =
  (more: Example = {}) =>
  ({ client }: Subject): Example => ({ path: { pk: String(client.profilePk) }, ...more })

const ofDocument = ({ client }: Subject): Example => ({ path: { pk: String(client.documentPk) } })

export const partnerb2bExamples: Readonly<Record<string, ExampleOf>> = {
  obtainToken: { caller: 'nobody', request: ({ client }) => ({ body: { apiKey: client.apiKey } }) },
  refreshToken: { caller: 'nobody', request: () => ({ body: { refresh: 'rt_unknown' } }), prepare: refreshTokenOf },
  getMetadata: { caller: 'client', request: () => ({}) },
  getCatalogue: { caller: 'account', request: () => ({}) },
  addAttribute: {
    caller: 'account',
    request: () => ({ body: { name: unique('added').replace(' ', '_'), type: 'string' } }),
  },
  changeAttribute: {
    caller: 'account',
    request: () => ({ path: { name: 'birth_town' }, body: { displayedName: unique('Ville de naissance') } }),
  },
  retireAttribute: { caller: 'account', request: () => ({ path: { name: 'billing_address2' } }) },
  setRequirements: { caller: 'account', request: () => ({ body: { requirements: [] } }) },
  createProfile: {
    caller: 'client',
    request: ({ client }) => ({
      body: { attributes: profileAttributes(), externalReference: unique('REF'), client_uid: client.uid },
    }),
  },
  listProfiles: {
    caller: 'client',
    request: ({ client }) => ({
      query: {
        ...{ status: 'draft', externalReference: 'prepared', q: 'elise dur', page: '1', limit: '10' },
        ...{ createdAfter: '2020-01-01T00:00:00Z', createdBefore: '2199-01-01T00:00:00Z', client_uid: client.uid },
      },
    }),
  },
  getProfile: { caller: 'client', request: ofProfile() },
  updateProfile: {
    caller: 'client',
    request: ofProfile({ body: { attributes: { lastname: 'Renamed' }, externalReference: null } }),
  },
  deleteProfile: { caller: 'client', request: ofProfile() },
  submitProfile: { caller: 'client', request: ofProfile() },
  uploadDocument: {
    caller: 'client',
    request: ofProfile({ body: { attribute: 'proof_of_address' }, file: statement() }),
  },
  getDocument: { caller: 'client', request: ofDocument },
  downloadDocument: { caller: 'client', request: ofDocument },
  deleteDocument: { caller: 'client', request: ofDocument },
}
