import { Type } from 'typebox'
import { refreshSession, signIn, signOut } from '#features/sessions/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const accessLifetimeSeconds = 15 * 60

const Tokens = Type.Object({
  session_id: Type.String(),
  access_token: Type.String(),
  refresh_token: Type.String(),
  expires_in: Type.Integer({ description: 'seconds' }),
  token_type: Type.Literal('Bearer'),
  mfa_required: Type.Boolean(),
})

const SignIn = Type.Object({
  username: Type.String({ maxLength: 254 }),
  password: Type.String({ maxLength: 1024 }),
  tenant_id: Type.String({ maxLength: 64 }),
  mfa_code: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
  client_uid: Type.Optional(nullable(uuid)),
})

export function sessionRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/auth/session',
    operationId: 'createSession',
    operation: signIn,
    request: { body: SignIn },
    input: ({ body }) => ({
      username: body.username,
      password: body.password,
      tenantId: body.tenant_id,
      accessLifetimeSeconds,
      ...(body.client_uid ? { clientUid: body.client_uid.toLowerCase() } : {}),
    }),
    present: (tokens) => ({
      status: 200,
      body: {
        session_id: tokens.sessionId,
        access_token: tokens.accessToken,
        refresh_token: tokens.refreshToken,
        expires_in: tokens.expiresInSeconds,
        token_type: 'Bearer',
        mfa_required: false,
      },
    }),
    success: { status: 200, description: 'A session with its tokens', schema: Tokens },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/refresh',
    operationId: 'refreshSession',
    operation: refreshSession,
    request: { body: Type.Object({ refresh_token: Type.String({ maxLength: 256 }) }) },
    input: ({ body }) => ({ refreshToken: body.refresh_token, accessLifetimeSeconds }),
    present: (tokens) => ({
      status: 200,
      body: {
        access_token: tokens.accessToken,
        refresh_token: tokens.refreshToken,
        expires_in: tokens.expiresInSeconds,
      },
    }),
    success: {
      status: 200,
      description: 'New tokens; the refresh token works once',
      schema: Type.Pick(Tokens, ['access_token', 'refresh_token', 'expires_in']),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/auth/logout',
    operationId: 'deleteSession',
    operation: signOut,
    input: () => ({}),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The session has ended', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
