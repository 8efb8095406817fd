import { Type } from 'typebox'
import { openWithClientKey, sealWithClientKey, WrongEncryptionKeyError } from '#kernel/client-encryption.ts'
import { uuid } from '#kernel/schemas.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { credentialError } from './errors.ts'
import { requireClientKey, requireServiceUrl, sealingContext } from './rules.ts'
import { clientKey, credentialFields, credentialKind, credentialOf } from './schemas.ts'
import * as store from './store.ts'
import { requestToken } from './token-request.ts'

const names = { pdp: 'PDP', chorus: 'Chorus Pro' } as const

export const viewCredential = defineOperation({
  name: 'credential.view',
  summary: "Shows a client's PDP or Chorus Pro configuration, never the secret.",
  level: 'client',
  permission: 'credential:view',
  effect: 'quick read',
  input: credentialOf,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const credential = await store.findCredential(tx, tenantId, input.clientUid, input.kind)
    if (credential === undefined) throw credentialError('credential_client_unknown')
    return { credential }
  },
})

export const setCredential = defineOperation({
  name: 'credential.set',
  summary: "Sets a client's PDP or Chorus Pro configuration; the secret is stored encrypted.",
  level: 'client',
  permission: 'credential:update',
  effect: 'write',
  input: Type.Object({
    clientUid: uuid,
    kind: credentialKind,
    fields: credentialFields,
    encryptionKey: Type.Optional(clientKey),
  }),
  client: (input) => input.clientUid,
  run: async (context, input) => {
    const { fields, kind, clientUid } = input
    requireServiceUrl('flowServiceUrl', fields.flowServiceUrl)
    requireServiceUrl('tokenUrl', fields.tokenUrl)
    const secret =
      fields.encryptionMode === 'double'
        ? sealWithClientKey(
            requireClientKey(input.encryptionKey),
            fields.clientSecret,
            sealingContext(context.tenantId, clientUid, kind),
          )
        : fields.clientSecret
    const credential = await store.saveCredential(
      context.tx,
      context.tenantId,
      { clientUid, kind },
      {
        flow_service_url: fields.flowServiceUrl,
        token_url: fields.tokenUrl,
        oauth_client_id: fields.oauthClientId,
        secret_ciphertext: context.services.secrets.encrypt(secret),
        encryption_mode: fields.encryptionMode,
        is_active: fields.isActive,
        mode_sandbox: fields.modeSandbox,
        updated_at: context.now,
      },
    )
    context.emit({ type: `client.${kind}_config.updated`, clientId: clientUid, data: { uid: clientUid } })
    return { credential }
  },
  audit: (input) => ({
    category: 'configuration',
    description: `${names[input.kind]} configuration set`,
    target: { type: 'client', id: input.clientUid },
    context: { kind: input.kind, encryption_mode: input.fields.encryptionMode, is_active: input.fields.isActive },
  }),
})

export const testCredential = definePhasedOperation({
  name: 'credential.test',
  summary: 'Asks the configured token endpoint for a token and records the outcome.',
  level: 'client',
  permission: 'credential:test',
  effect: 'write',
  input: Type.Object({ clientUid: uuid, kind: credentialKind, encryptionKey: Type.Optional(clientKey) }),
  client: (input) => input.clientUid,
  prepare: async ({ tx, tenantId, services }, input) => {
    const stored = await store.findSecret(tx, tenantId, input.clientUid, input.kind)
    if (!stored) {
      const client = await store.findCredential(tx, tenantId, input.clientUid, input.kind)
      throw credentialError(client === undefined ? 'credential_client_unknown' : 'credential_not_configured')
    }
    const inner = services.secrets.decrypt(stored.secret_ciphertext).toString('utf8')
    const clientSecret =
      stored.encryption_mode === 'double'
        ? open(requireClientKey(input.encryptionKey), inner, sealingContext(tenantId, input.clientUid, input.kind))
        : inner
    return { tokenUrl: stored.token_url, clientId: stored.oauth_client_id, clientSecret, version: stored.updated_at }
  },
  perform: async ({ services }, _input, { version, ...credential }) => ({
    version,
    error: await requestToken(services, credential),
  }),
  run: async ({ tx, tenantId, now }, input, { version, error }) => {
    await store.recordTest(tx, tenantId, input.clientUid, { kind: input.kind, testedVersion: version, at: now, error })
    const credential = await store.findCredential(tx, tenantId, input.clientUid, input.kind)
    if (!credential) throw credentialError('credential_not_configured')
    return { credential }
  },
  audit: (input, { credential }) => ({
    category: 'configuration',
    description: `${names[input.kind]} configuration tested`,
    target: { type: 'client', id: input.clientUid },
    context: { kind: input.kind, success: credential.lastTestSuccess },
  }),
})

export const rotateEncryptionKey = defineOperation({
  name: 'credential.rotate-encryption-key',
  summary: "Encrypts all of a client's doubly encrypted secrets under a new client key, or none.",
  level: 'client',
  permission: 'credential:rotate',
  effect: 'write',
  input: Type.Object({ clientUid: uuid, oldKey: clientKey, newKey: clientKey }),
  client: (input) => input.clientUid,
  needsStepUp: () => true,
  run: async ({ tx, tenantId, services, now }, input) => {
    const oldKey = requireClientKey(input.oldKey)
    const newKey = requireClientKey(input.newKey)
    const secrets = await store.lockDoubleSecrets(tx, tenantId, input.clientUid)
    if (secrets.length === 0) {
      const client = await store.findCredential(tx, tenantId, input.clientUid, 'pdp')
      throw credentialError(client === undefined ? 'credential_client_unknown' : 'nothing_to_rotate')
    }
    for (const secret of secrets) {
      const context = sealingContext(tenantId, input.clientUid, secret.kind)
      const plain = open(oldKey, services.secrets.decrypt(secret.secret_ciphertext).toString('utf8'), context)
      const ciphertext = services.secrets.encrypt(sealWithClientKey(newKey, plain, context))
      await store.replaceSecret(tx, tenantId, input.clientUid, { kind: secret.kind, ciphertext, now })
    }
    return { rotatedCount: secrets.length }
  },
  audit: (input, result) => ({
    category: 'security',
    description: "The client's encryption key was rotated",
    target: { type: 'client', id: input.clientUid },
    context: { rotated: result.rotatedCount },
  }),
})

function open(key: Buffer, sealed: string, context: string): string {
  try {
    return openWithClientKey(key, sealed, context)
  } catch (error) {
    if (error instanceof WrongEncryptionKeyError) throw credentialError('encryption_key_wrong')
    throw error
  }
}
