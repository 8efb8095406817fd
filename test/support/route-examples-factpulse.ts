import { unique } from './prepared-client.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'
import { password } from './route-example.ts'

const byUid =
  (more: (subject: Subject) => Example = () => ({})) =>
  (subject: Subject): Example => ({ path: { uid: subject.client.uid }, ...more(subject) })

const credentialBody = ({ client }: Subject) => ({
  flowServiceUrl: 'https://flow.example.com/v2',
  tokenUrl: 'https://token.example.com/token',
  oauthClientId: 'oauth-client',
  clientSecret: client.clientSecret,
  isActive: true,
  modeSandbox: false,
  encryptionMode: 'double',
})
const withKey = ({ client }: Subject) => ({ 'x-encryption-key': client.encryptionKey })
const setCredential = byUid((subject) => ({ headers: withKey(subject), body: credentialBody(subject) }))

export const factpulseExamples: Readonly<Record<string, ExampleOf>> = {
  create_client_api_v1_clients_post: {
    caller: 'account',
    request: () => ({ body: { name: unique('New'), description: 'One', siret: '73282932000074' } }),
  },
  list_clients_api_v1_clients_get: { caller: 'account', request: () => ({ query: { page: '1', pageSize: '20' } }) },
  get_client_api_v1_clients__uid__get: { caller: 'client', request: byUid() },
  update_client_api_v1_clients__uid__patch: {
    caller: 'client',
    request: byUid(() => ({ body: { name: unique('Renamed'), description: null, siret: '73282932000074' } })),
  },
  activate_client_api_v1_clients__uid__activer_post: { caller: 'client', request: byUid() },
  deactivate_client_api_v1_clients__uid__desactiver_post: { caller: 'client', request: byUid() },
  get_pdp_config_api_v1_clients__uid__pdp_config_get: { caller: 'client', request: byUid() },
  update_pdp_config_api_v1_clients__uid__pdp_config_put: { caller: 'client', request: setCredential },
  get_chorus_config_api_v1_clients__uid__chorus_config_get: { caller: 'client', request: byUid() },
  update_chorus_config_api_v1_clients__uid__chorus_config_put: { caller: 'client', request: setCredential },
  test_pdp_config_api_v1_clients__uid__pdp_config_test_post: {
    caller: 'client',
    request: byUid((subject) => ({ headers: withKey(subject) })),
  },
  rotate_encryption_key_api_v1_clients__uid__rotate_encryption_key_post: {
    caller: 'client',
    request: byUid(({ client }) => ({
      body: { oldKey: client.encryptionKey, newKey: Buffer.alloc(32, 7).toString('base64') },
    })),
  },
  generate_webhook_secret_api_v1_clients__uid__webhook_secret_generate_post: { caller: 'client', request: byUid() },
  get_webhook_secret_status_api_v1_clients__uid__webhook_secret_status_get: { caller: 'client', request: byUid() },
  delete_webhook_secret_api_v1_clients__uid__webhook_secret_delete: { caller: 'client', request: byUid() },
  obtain_token_api_token_post: { caller: 'nobody', request: (subject) => ({ body: password(subject) }) },
  refresh_token_api_token_refresh_post: {
    caller: 'nobody',
    request: ({ refreshToken }) => ({ body: { refresh: refreshToken } }),
  },
}
