/** Our addition: what the user has allowed the authorization server's clients. */
import { Type } from 'typebox'
import { listConsents, withdrawConsent } from '#features/oauth/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const moment = Type.String({ format: 'date-time' })

const Consent = Type.Object({
  id: Type.String(),
  client_id: Type.String(),
  client_name: nullable(Type.String()),
  scopes: Type.Array(Type.String()),
  given_at: moment,
  updated_at: moment,
})

export function consentRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/consents',
    operationId: 'listConsents',
    operation: listConsents,
    input: () => ({}),
    present: ({ consents }) => ({
      status: 200,
      body: {
        consents: consents.map((one) => ({
          id: one.id,
          client_id: one.clientId,
          client_name: one.clientName,
          scopes: one.scopes,
          given_at: one.givenAt.toISOString(),
          updated_at: one.updatedAt.toISOString(),
        })),
      },
    }),
    success: {
      status: 200,
      description: 'The applications that may act for the caller',
      schema: Type.Object({ consents: Type.Array(Consent) }),
    },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/consents/:consent_id',
    operationId: 'withdrawConsent',
    operation: withdrawConsent,
    request: { path: Type.Object({ consent_id: uuid }) },
    input: ({ path }) => ({ id: path.consent_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: {
      status: 200,
      description: 'The application must ask again; its tokens for the caller have ended',
      schema: Type.Object({ success: Type.Boolean() }),
    },
  })
}
