import { Type } from 'typebox'
import type { MfaMethods } from '#features/mfa/index.ts'
import {
  activateTotp,
  createBackupCodes,
  disableTotp,
  listMfaMethods,
  resetMfa,
  setUpTotp,
} from '#features/mfa/index.ts'
import type { Verification } from '#features/sessions/index.ts'
import { stepUp, verifySecondFactor } from '#features/sessions/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { presentTokens } from './sessions.ts'

const code = Type.String({ minLength: 1, maxLength: 64 })
const backupCodes = Type.Array(Type.String({ description: 'shown this once' }))
const moment = Type.String({ format: 'date-time' })

export const VerificationAnswer = Type.Object({
  success: Type.Boolean(),
  method: Type.String(),
  verified_at: nullable(moment),
  session_id: Type.Optional(Type.String()),
  access_token: Type.Optional(Type.String()),
  refresh_token: Type.Optional(Type.String()),
  expires_in: Type.Optional(Type.Integer({ description: 'seconds' })),
  token_type: Type.Optional(Type.Literal('Bearer')),
})

export function presentVerification(result: Verification) {
  return {
    status: 200,
    body: {
      success: result.success,
      method: result.method,
      verified_at: result.verifiedAt?.toISOString() ?? null,
      ...(result.tokens ? presentTokens(result.tokens) : {}),
    },
  }
}

const Method = Type.Object({
  type: Type.String({ description: 'totp, backup_codes, passkey' }),
  enabled: Type.Boolean(),
  configured_at: Type.Optional(nullable(moment)),
  remaining_codes: Type.Optional(Type.Integer()),
  id: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  last_used_at: Type.Optional(nullable(moment)),
})

function presentMethods({ totp, backupCodes: codes, passkeys }: MfaMethods) {
  return [
    { type: 'totp', enabled: totp.configuredAt !== null, configured_at: totp.configuredAt?.toISOString() ?? null },
    { type: 'backup_codes', enabled: codes.remaining > 0, remaining_codes: codes.remaining },
    ...passkeys.map((one) => ({
      type: 'passkey',
      enabled: true,
      configured_at: one.createdAt.toISOString(),
      id: one.id,
      name: one.name,
      last_used_at: one.lastUsedAt?.toISOString() ?? null,
    })),
  ]
}

export function mfaRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/totp/setup',
    operationId: 'setUpTotp',
    operation: setUpTotp,
    input: () => ({}),
    present: ({ secret, qrCode, backupCodes: codes }) => ({
      status: 200,
      body: { secret, qr_code: qrCode, backup_codes: codes },
    }),
    success: {
      status: 200,
      description: 'Secret, QR code and backup codes, shown this once; in force after the first code',
      schema: Type.Object({
        secret: Type.String({ description: 'base32' }),
        qr_code: Type.String({ description: 'PNG as a data URL' }),
        backup_codes: backupCodes,
      }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/totp/activate',
    operationId: 'activateTotp',
    operation: activateTotp,
    request: { body: Type.Object({ code }) },
    input: ({ body }) => ({ code: body.code }),
    present: ({ activatedAt }) => ({
      status: 200,
      body: { success: true, method: 'totp', activated_at: activatedAt.toISOString() },
    }),
    success: {
      status: 200,
      description: 'The authenticator is on',
      schema: Type.Object({ success: Type.Boolean(), method: Type.String(), activated_at: moment }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/verify',
    operationId: 'verifyMfa',
    // With an access token it is the step-up of that session, without one the second half of a sign-in.
    operation: (actor) => (actor.kind === 'anonymous' ? verifySecondFactor : stepUp),
    request: {
      body: Type.Object({
        user_id: Type.String({ maxLength: 64 }),
        code,
        method: Type.Union([Type.Literal('totp'), Type.Literal('backup_code')]),
        mfa_token: Type.Optional(nullable(Type.String({ maxLength: 256 }))),
      }),
    },
    input: ({ body, actor }) => ({
      userId: body.user_id,
      code: body.code,
      method: body.method,
      ...(actor.kind === 'anonymous' && body.mfa_token ? { mfaToken: body.mfa_token } : {}),
    }),
    present: presentVerification,
    success: {
      status: 200,
      description: 'Whether the code is right; with an mfa_token also the tokens',
      schema: VerificationAnswer,
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/mfa/methods',
    operationId: 'listMfaMethods',
    operation: listMfaMethods,
    input: () => ({}),
    present: (methods) => ({ status: 200, body: { methods: presentMethods(methods) } }),
    success: {
      status: 200,
      description: "The caller's second factors",
      schema: Type.Object({ methods: Type.Array(Method) }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/totp/disable',
    operationId: 'disableTotp',
    operation: disableTotp,
    request: { body: Type.Object({ code }) },
    input: ({ body }) => ({ code: body.code }),
    present: ({ mfaEnabled }) => ({ status: 200, body: { success: true, mfa_enabled: mfaEnabled } }),
    success: {
      status: 200,
      description: 'The authenticator is off',
      schema: Type.Object({ success: Type.Boolean(), mfa_enabled: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/backup-codes',
    operationId: 'createBackupCodes',
    operation: createBackupCodes,
    request: { body: Type.Object({ code: Type.Optional(code) }) },
    input: ({ body }) => (body.code === undefined ? {} : { code: body.code }),
    present: ({ backupCodes: codes }) => ({ status: 200, body: { backup_codes: codes } }),
    success: {
      status: 200,
      description: 'New backup codes, shown this once; the old ones work no more',
      schema: Type.Object({ backup_codes: backupCodes }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/users/:user_id/mfa/reset',
    operationId: 'resetMfa',
    operation: resetMfa,
    request: { path: Type.Object({ user_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ userId: path.user_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: {
      status: 200,
      description: 'The user has no second factor any more, and no session',
      schema: Type.Object({ success: Type.Boolean() }),
    },
  })
}
