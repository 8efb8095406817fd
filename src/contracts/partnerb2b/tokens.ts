import { Type } from 'typebox'
import { exchangeKey, refreshKeyAccess } from '#features/api-keys/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { enveloped, secondsWithoutZone } from './envelope.ts'

const secret = Type.String({ minLength: 1, maxLength: 4096 })

/** The document spells `refesh_expire`, and `access_expire` here but `access_expires` there. */
export function tokenRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/auth/token/',
    operationId: 'obtainToken',
    operation: exchangeKey,
    request: { body: Type.Object({ apiKey: secret }) },
    input: ({ body }) => body,
    present: (tokens) => ({
      status: 200,
      body: {
        access: tokens.accessToken,
        refresh: tokens.refreshToken,
        access_expire: secondsWithoutZone(tokens.accessExpiresAt),
        refesh_expire: secondsWithoutZone(tokens.refreshExpiresAt),
      },
    }),
    success: {
      status: 200,
      description: 'An access token of one hour and a refresh token of one week',
      schema: enveloped(
        Type.Object({
          access: Type.String(),
          refresh: Type.String(),
          access_expire: Type.String({ description: 'UTC, without a zone' }),
          refesh_expire: Type.String({ description: 'UTC, without a zone' }),
        }),
      ),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/token/refresh/',
    operationId: 'refreshToken',
    operation: refreshKeyAccess,
    request: { body: Type.Object({ refresh: secret }) },
    input: ({ body }) => ({ refreshToken: body.refresh }),
    present: (access) => ({
      status: 200,
      body: { access: access.accessToken, access_expires: secondsWithoutZone(access.accessExpiresAt) },
    }),
    success: {
      status: 200,
      description: 'A new access token of one hour; the refresh token stays',
      schema: enveloped(
        Type.Object({
          access: Type.String(),
          access_expires: Type.String({ description: 'UTC, without a zone' }),
        }),
      ),
    },
  })
}
