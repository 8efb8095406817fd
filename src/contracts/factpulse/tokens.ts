import { Type } from 'typebox'
import { refreshSession, signIn, tokensOf } from '#features/sessions/index.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import * as models from './models.ts'

const accessLifetimeSeconds = 30 * 60

/** Not in the document; its official SDKs sign in here. */
export function tokenRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/token/',
    operationId: 'obtain_token_api_token_post',
    operation: signIn,
    request: { body: models.TokenRequest },
    input: ({ body }) => ({
      username: body.username,
      password: body.password,
      accessLifetimeSeconds,
      mayPend: false,
      ...(body.mfa_code ? { mfaCode: body.mfa_code } : {}),
      ...(body.client_uid ? { clientUid: body.client_uid.toLowerCase() } : {}),
      ...(body.tenant_id ? { tenantId: body.tenant_id } : {}),
    }),
    present: (result) => {
      const tokens = tokensOf(result)
      return { status: 200, body: { access: tokens.accessToken, refresh: tokens.refreshToken } }
    },
    success: {
      status: 200,
      description: 'Tokens of the user, or of one client of the account',
      schema: models.TokenResponse,
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/token/refresh/',
    operationId: 'refresh_token_api_token_refresh_post',
    operation: refreshSession,
    request: { body: Type.Object({ refresh: Type.String({ maxLength: 256 }) }) },
    input: ({ body }) => ({ refreshToken: body.refresh, accessLifetimeSeconds }),
    present: (tokens) => ({ status: 200, body: { access: tokens.accessToken, refresh: tokens.refreshToken } }),
    success: { status: 200, description: 'New tokens; the refresh token works once', schema: models.TokenResponse },
  })
}
