import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { uuid } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { webhookError } from './errors.ts'
import * as store from './store.ts'

const ofClient = Type.Object({ clientUid: uuid })

export const generateSecret = defineOperation({
  name: 'webhook-secret.generate',
  summary: "Generates the client's webhook secret, shown once; an earlier one is replaced.",
  level: 'client',
  permission: 'webhook-secret:manage',
  effect: 'write',
  input: ofClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId, now, services }, input) => {
    // 256 bits in hex: receivers use the text itself as the HMAC key, so it is safe in every encoding.
    const secret = randomBytes(32).toString('hex')
    const stored = { ciphertext: services.secrets.encrypt(secret), createdAt: now }
    await store.saveSecret(tx, tenantId, input.clientUid, stored)
    return { secret, createdAt: now }
  },
  audit: (input) => ({
    category: 'security',
    description: 'Webhook secret generated',
    target: { type: 'client', id: input.clientUid },
  }),
})

export const viewSecretStatus = defineOperation({
  name: 'webhook-secret.status',
  summary: 'Tells whether the client has a webhook secret, and since when.',
  level: 'client',
  permission: 'webhook-secret:view',
  effect: 'quick read',
  input: ofClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const createdAt = await store.secretCreatedAt(tx, tenantId, input.clientUid)
    if (createdAt === undefined) throw webhookError('webhook_client_unknown')
    return { createdAt }
  },
})

export const deleteSecret = defineOperation({
  name: 'webhook-secret.delete',
  summary: "Deletes the client's webhook secret; webhooks are signed with the server's key from then on.",
  level: 'client',
  permission: 'webhook-secret:manage',
  effect: 'write',
  input: ofClient,
  client: (input) => input.clientUid,
  run: async ({ tx, tenantId }, input) => {
    const deleted = await store.deleteSecret(tx, tenantId, input.clientUid)
    if (!deleted) {
      const client = await store.secretCreatedAt(tx, tenantId, input.clientUid)
      throw webhookError(client === undefined ? 'webhook_client_unknown' : 'webhook_secret_missing')
    }
    return { uid: input.clientUid }
  },
  audit: (input) => ({
    category: 'security',
    severity: 'warning',
    description: 'Webhook secret deleted',
    target: { type: 'client', id: input.clientUid },
  }),
})
