import type { CredentialKind } from '#features/credentials/index.ts'
import * as credentials from '#features/credentials/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const labels: Record<CredentialKind, string> = { pdp: 'PDP', chorus: 'Chorus Pro' }

export function credentialRoutes(routes: ContractRoutes): void {
  for (const kind of ['pdp', 'chorus'] as const) configRoutes(routes, kind)

  routes.add({
    method: 'POST',
    url: '/api/v1/clients/:uid/pdp-config/test',
    operationId: 'test_pdp_config_api_v1_clients__uid__pdp_config_test_post',
    operation: credentials.testCredential,
    request: { path: models.uidPath, header: models.encryptionKeyHeader },
    input: ({ path, header }) => ({
      clientUid: path.uid.toLowerCase(),
      kind: 'pdp' as const,
      ...withKey(header['x-encryption-key']),
    }),
    present: ({ credential }) => ({
      status: 200,
      body: models.toConfigResponse(credential, {
        what: labels.pdp,
        message: credential.lastTestSuccess
          ? 'The token endpoint gave a token.'
          : 'The test failed: see lastTestError.',
      }),
    }),
    success: { status: 200, description: 'Successful Response', schema: models.PDPConfigResponse },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/clients/:uid/rotate-encryption-key',
    operationId: 'rotate_encryption_key_api_v1_clients__uid__rotate_encryption_key_post',
    operation: credentials.rotateEncryptionKey,
    request: { path: models.uidPath, body: models.KeyRotationRequest },
    input: ({ path, body }) => ({ clientUid: path.uid.toLowerCase(), oldKey: body.oldKey, newKey: body.newKey }),
    present: ({ rotatedCount }) => ({
      status: 200,
      body: {
        success: true,
        message: 'All secrets are encrypted with the new key; the old key opens nothing any more.',
        rotatedCount,
        partialErrors: null,
      },
    }),
    success: { status: 200, description: 'Successful Response', schema: models.KeyRotationResponse },
  })
}

function configRoutes(routes: ContractRoutes, kind: CredentialKind): void {
  const url = `/api/v1/clients/:uid/${kind}-config`
  const idOf = (verb: string) => `${verb}_${kind}_config_api_v1_clients__uid__${kind}_config`

  routes.add({
    method: 'GET',
    url,
    operationId: `${idOf('get')}_get`,
    operation: credentials.viewCredential,
    request: { path: models.uidPath },
    input: ({ path }) => ({ clientUid: path.uid.toLowerCase(), kind }),
    present: ({ credential }) => ({
      status: 200,
      body: models.toConfigResponse(credential, { what: labels[kind] }),
    }),
    success: { status: 200, description: 'Successful Response', schema: models.PDPConfigResponse },
  })

  routes.add({
    method: 'PUT',
    url,
    operationId: `${idOf('update')}_put`,
    operation: credentials.setCredential,
    request: { path: models.uidPath, header: models.encryptionKeyHeader, body: models.PDPConfigUpdateRequest },
    input: ({ path, header, body }) => ({
      clientUid: path.uid.toLowerCase(),
      kind,
      fields: {
        flowServiceUrl: body.flowServiceUrl,
        tokenUrl: body.tokenUrl,
        oauthClientId: body.oauthClientId,
        clientSecret: body.clientSecret,
        isActive: body.isActive ?? true,
        modeSandbox: body.modeSandbox ?? false,
        encryptionMode: body.encryptionMode ?? ('fernet' as const),
      },
      ...withKey(header['x-encryption-key']),
    }),
    present: ({ credential }) => ({
      status: 200,
      body: models.toConfigResponse(credential, {
        what: labels[kind],
        message: `${labels[kind]} configuration saved.`,
      }),
    }),
    success: { status: 200, description: 'Successful Response', schema: models.PDPConfigResponse },
  })
}

function withKey(encryptionKey: string | undefined): { encryptionKey?: string } {
  return encryptionKey === undefined ? {} : { encryptionKey }
}
