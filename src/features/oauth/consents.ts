/** What users have allowed registered clients: remembered for all their browsers, shown to them, withdrawn by them. */
import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { uuid } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { ConsentOwner } from './consent-store.ts'
import * as store from './consent-store.ts'
import { oauthError } from './errors.ts'

/** The authorization server calls it as the tenant's system, for the user who is at its consent page. */
export const recordConsent = defineOperation({
  name: 'oauth2-consent.give',
  summary: 'Records that a user allowed a registered client to act for him.',
  level: 'account',
  permission: 'oauth2-consent:give',
  effect: 'write',
  input: Type.Object({
    registeredClientId: uuid,
    userId: Type.String({ maxLength: 64 }),
    scopes: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 200 }),
  }),
  run: async ({ tx, tenantId, now }, { userId, registeredClientId, scopes }) => {
    const isKept = await store.addConsent(tx, { tenantId, userId }, { registeredClientId, scopes, now })
    if (!isKept) throw oauthError('oauth_client_not_found')
    return { id: registeredClientId }
  },
  audit: (input) => ({
    category: 'authorization',
    description: 'Access given to a registered OAuth2 client',
    target: { type: 'oauth2_client', id: input.registeredClientId },
    context: { user_id: input.userId, scopes: input.scopes },
  }),
})

/** Registered clients act for a user at account level; who signed in for one client only has nothing to do with it. */
function ownConsents({ actor, tenantId }: Pick<OperationContext, 'actor' | 'tenantId'>): ConsentOwner {
  if (actor.kind !== 'user') {
    throw coreError('permission_missing', { message: 'Only a signed-in user gives consents: an API key has none.' })
  }
  if (actor.clientUid !== null) throw coreError('account_level_required')
  return { tenantId, userId: actor.userId }
}

export const listConsents = defineOperation({
  name: 'oauth2-consent.list',
  summary: 'Lists which registered OAuth2 clients the caller has allowed to act for him, and what.',
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({}),
  withoutMfaMay: true,
  run: async (context) => ({ consents: await store.listConsents(context.tx, ownConsents(context)) }),
})

export const withdrawConsent = defineOperation({
  name: 'oauth2-consent.withdraw',
  summary: 'Withdraws what the caller has allowed a registered OAuth2 client; its tokens for him end at once.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ id: uuid }),
  withoutMfaMay: true,
  run: async (context, input) => {
    const id = input.id.toLowerCase()
    const clientId = await store.withdrawConsent(context.tx, ownConsents(context), id)
    if (clientId === null) throw oauthError('oauth_consent_not_found')
    return { id, clientId }
  },
  audit: (_input, { id, clientId }) => ({
    category: 'authorization',
    description: `Access of OAuth2 client "${clientId}" withdrawn; its tokens for this user ended`,
    target: { type: 'oauth2_client', id },
  }),
})
