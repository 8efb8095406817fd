import { Type } from 'typebox'
import {
  credentialResponse,
  deletePasskey,
  listMfaMethods,
  registerPasskey,
  requestPasskeyRegistration,
} from '#features/mfa/index.ts'
import {
  requestPasskeySignIn,
  requestPasskeyStepUp,
  verifyPasskeySignIn,
  verifyPasskeyStepUp,
} from '#features/sessions/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { presentVerification, VerificationAnswer } from './mfa.ts'

const mfaToken = Type.String({ maxLength: 256 })
const moment = Type.String({ format: 'date-time' })
const Options = Type.Object({ options: nullable(Type.Record(Type.String(), Type.Unknown())) })

/** Our addition: passkeys (WebAuthn) as a third method. */
export function passkeyRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/passkeys/registration/options',
    operationId: 'requestPasskeyRegistration',
    operation: requestPasskeyRegistration,
    input: () => ({}),
    present: ({ options }) => ({ status: 200, body: { options } }),
    success: { status: 200, description: 'For navigator.credentials.create()', schema: Options },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/passkeys/registration/verify',
    operationId: 'registerPasskey',
    operation: registerPasskey,
    request: { body: Type.Object({ name: Type.Optional(lineOfText(100)), credential: credentialResponse }) },
    input: ({ body }) => ({ credential: body.credential, ...(body.name === undefined ? {} : { name: body.name }) }),
    present: (passkey) => ({
      status: 201,
      body: {
        id: passkey.id,
        name: passkey.name,
        created_at: passkey.createdAt.toISOString(),
        backup_codes: passkey.backupCodes,
      },
    }),
    success: {
      status: 201,
      description: 'The passkey; with the first second factor also backup codes, shown this once',
      schema: Type.Object({
        id: Type.String(),
        name: Type.String(),
        created_at: moment,
        backup_codes: Type.Array(Type.String()),
      }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/passkeys/authentication/options',
    operationId: 'requestPasskeyAuthentication',
    operation: (actor) => (actor.kind === 'anonymous' ? requestPasskeySignIn : requestPasskeyStepUp),
    request: { body: Type.Object({ mfa_token: Type.Optional(mfaToken) }) },
    input: ({ body, actor }) => (actor.kind === 'anonymous' ? { mfaToken: body.mfa_token ?? '' } : {}),
    present: ({ options }) => ({ status: 200, body: { options } }),
    success: {
      status: 200,
      description: 'For navigator.credentials.get(); null when the user has no passkey',
      schema: Options,
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/mfa/passkeys/authentication/verify',
    operationId: 'verifyPasskeyAuthentication',
    operation: (actor) => (actor.kind === 'anonymous' ? verifyPasskeySignIn : verifyPasskeyStepUp),
    request: { body: Type.Object({ mfa_token: Type.Optional(mfaToken), credential: credentialResponse }) },
    input: ({ body, actor }) => ({
      credential: body.credential,
      ...(actor.kind === 'anonymous' ? { mfaToken: body.mfa_token ?? '' } : {}),
    }),
    present: presentVerification,
    success: {
      status: 200,
      description: 'Whether the passkey was proven; with an mfa_token also the tokens',
      schema: VerificationAnswer,
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/mfa/passkeys',
    operationId: 'listPasskeys',
    operation: listMfaMethods,
    input: () => ({}),
    present: ({ passkeys }) => ({
      status: 200,
      body: {
        passkeys: passkeys.map((one) => ({
          id: one.id,
          name: one.name,
          created_at: one.createdAt.toISOString(),
          last_used_at: one.lastUsedAt?.toISOString() ?? null,
        })),
      },
    }),
    success: {
      status: 200,
      description: "The caller's passkeys",
      schema: Type.Object({
        passkeys: Type.Array(
          Type.Object({
            id: Type.String(),
            name: Type.String(),
            created_at: moment,
            last_used_at: nullable(moment),
          }),
        ),
      }),
    },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/mfa/passkeys/:passkey_id',
    operationId: 'deletePasskey',
    operation: deletePasskey,
    request: { path: Type.Object({ passkey_id: Type.String({ maxLength: 1400 }) }) },
    input: ({ path }) => ({ id: path.passkey_id }),
    present: ({ mfaEnabled }) => ({ status: 200, body: { success: true, mfa_enabled: mfaEnabled } }),
    success: {
      status: 200,
      description: 'The passkey works no more',
      schema: Type.Object({ success: Type.Boolean(), mfa_enabled: Type.Boolean() }),
    },
  })
}
