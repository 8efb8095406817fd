import { Type } from 'typebox'
import type { Tokens as IssuedTokens, MfaPending, SessionView } from '#features/sessions/index.ts'
import {
  endOtherSessions,
  endOwnSession,
  listSessions,
  refreshSession,
  signIn,
  signOut,
  whoAmI,
} from '#features/sessions/index.ts'
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

/** The password was right; POST /api/v1/mfa/verify with the mfa_token finishes the sign-in. */
const Pending = Type.Object({
  mfa_required: Type.Literal(true),
  mfa_token: Type.String(),
  user_id: Type.String(),
  methods: Type.Array(Type.String({ description: 'totp, backup_code, passkey' })),
  expires_in: Type.Integer({ description: 'seconds' }),
})

const SignIn = Type.Object({
  username: Type.String({ maxLength: 254 }),
  password: Type.String({ maxLength: 1024 }),
  tenant_id: Type.String({ maxLength: 64 }),
  mfa_code: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
  client_uid: Type.Optional(nullable(uuid)),
})

const Session = Type.Object({
  id: Type.String(),
  ip_address: nullable(Type.String()),
  user_agent: nullable(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
  last_activity: Type.String({ format: 'date-time' }),
  is_current: Type.Boolean(),
})

const Me = Type.Object({
  user: Type.Object({
    id: Type.String(),
    email: Type.String(),
    display_name: Type.String(),
    roles: Type.Array(Type.String()),
  }),
  tenant: Type.Object({ id: Type.String(), name: Type.String(), mfa_required: Type.Boolean() }),
  session_id: Type.String(),
  client_uid: nullable(Type.String()),
  permissions: Type.Array(Type.String()),
  mfa: Type.Object({
    enabled: Type.Boolean(),
    /** The tenant demands it and the user has none: only setting it up is possible. */
    setup_required: Type.Boolean(),
    verified_at: nullable(Type.String({ format: 'date-time' })),
  }),
})

export function presentTokens(tokens: IssuedTokens) {
  return {
    session_id: tokens.sessionId,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    expires_in: tokens.expiresInSeconds,
    token_type: 'Bearer' as const,
  }
}

const presentPending = (pending: MfaPending) => ({
  mfa_required: true,
  mfa_token: pending.mfaToken,
  user_id: pending.userId,
  methods: pending.methods,
  expires_in: pending.expiresInSeconds,
})

const presentSession = (session: SessionView) => ({
  id: session.id,
  ip_address: session.ipAddress,
  user_agent: session.userAgent,
  created_at: session.createdAt.toISOString(),
  last_activity: session.lastSeenAt.toISOString(),
  is_current: session.isCurrent,
})

function signInRoutes(routes: ContractRoutes): void {
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
      mayPend: true,
      accessLifetimeSeconds,
      ...(body.mfa_code ? { mfaCode: body.mfa_code } : {}),
      ...(body.client_uid ? { clientUid: body.client_uid.toLowerCase() } : {}),
    }),
    present: (result) => ({
      status: 200,
      body:
        result.outcome === 'signed_in'
          ? { ...presentTokens(result.tokens), mfa_required: false }
          : presentPending(result.pending),
    }),
    success: {
      status: 200,
      description: 'A session with its tokens; or the second factor is still to come',
      schema: Type.Union([Tokens, Pending]),
    },
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

  routes.add({
    method: 'GET',
    url: '/api/v1/auth/me',
    operationId: 'whoAmI',
    operation: whoAmI,
    input: () => ({}),
    present: (me) => ({
      status: 200,
      body: {
        user: { id: me.userId, email: me.email, display_name: me.displayName, roles: me.roles },
        tenant: { id: me.tenantId, name: me.tenantName, mfa_required: me.mfaRequired },
        session_id: me.sessionId,
        client_uid: me.clientUid,
        permissions: me.permissions,
        mfa: {
          enabled: me.mfaEnabled,
          setup_required: me.mfaRequired && !me.mfaEnabled,
          verified_at: me.steppedUpAt?.toISOString() ?? null,
        },
      },
    }),
    success: { status: 200, description: 'The caller', schema: Me },
  })
}

export function sessionRoutes(routes: ContractRoutes): void {
  signInRoutes(routes)

  routes.add({
    method: 'GET',
    url: '/api/v1/sessions',
    operationId: 'listSessions',
    operation: listSessions,
    input: () => ({}),
    present: ({ sessions }) => ({ status: 200, body: { sessions: sessions.map(presentSession) } }),
    success: {
      status: 200,
      description: "The caller's sessions",
      schema: Type.Object({ sessions: Type.Array(Session) }),
    },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/sessions/:session_id',
    operationId: 'revokeSession',
    operation: endOwnSession,
    request: { path: Type.Object({ session_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ sessionId: path.session_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The session has ended', schema: Type.Object({ success: Type.Boolean() }) },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/sessions',
    operationId: 'revokeOtherSessions',
    operation: endOtherSessions,
    input: () => ({}),
    present: ({ ended }) => ({ status: 200, body: { success: true, revoked: ended } }),
    success: {
      status: 200,
      description: 'All other sessions of the caller have ended',
      schema: Type.Object({ success: Type.Boolean(), revoked: Type.Integer() }),
    },
  })
}
