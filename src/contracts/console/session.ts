/** Signing in and out of the console: as the API does it, but the tokens go into cookies that no script can read. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Type } from 'typebox'
import { authenticate } from '#features/authentication/index.ts'
import { credentialResponse, methodOf } from '#features/mfa/index.ts'
import type { Tokens, Verification } from '#features/sessions/index.ts'
import {
  requestPasskeySignIn,
  signIn,
  signOut,
  verifyPasskeySignIn,
  verifySecondFactor,
} from '#features/sessions/index.ts'
import { coreError, DomainError } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import { anonymous } from '#platform/operations/actor.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import {
  consoleTokenSeconds,
  cookieOf,
  credentialsOf,
  isFromConsole,
  noSessionCookie,
  readCookie,
  requireOwnOrigin,
  sessionCookieOf,
} from '../shared/console-session.ts'
import { originOf } from '../shared/contract.ts'
import { limitRate } from '../shared/rate-limits.ts'
import { validatorOf } from '../shared/validation.ts'

const address = '/console/api/session'

const SignIn = Type.Object({
  username: Type.String({ maxLength: 254 }),
  password: Type.String({ maxLength: 1024 }),
  tenant_id: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
})
const Code = Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) })
const Passkey = Type.Object({ credential: credentialResponse })

/** A sign-in whose password was right, in a cookie of its own that goes to these addresses only. */
const pendingCookie = (publicUrl: string) => ({ publicUrl, name: 'clientele_pending', path: address })
const pendingSeconds = 5 * 60

const config = { contract: 'console' }

export function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { publicUrl } = services.settings
  app.addHook('onRequest', async (request, reply) => {
    await limitRate(services, { request, reply }, anonymous)
    // Signing somebody in, or out, from another page is an attack as well.
    if (!isFromConsole(request)) throw coreError('unauthenticated')
    requireOwnOrigin(request, publicUrl)
  })

  app.post(address, { config }, async (request, reply) => {
    const { username, password, tenant_id } = bodyOf(request, SignIn)
    const input = { username, password, mayPend: true, accessLifetimeSeconds: consoleTokenSeconds }
    const given = { ...input, ...(tenant_id ? { tenantId: tenant_id } : {}) }
    const result = await runForResult(services, signIn, given, callerOf(request))
    if (result.outcome === 'signed_in') return begin(services, reply, result.tokens)
    const { userId, mfaToken, methods } = result.pending
    const options = { ...pendingCookie(publicUrl), maxAgeSeconds: pendingSeconds }
    return reply
      .header('set-cookie', cookieOf(`${userId}:${mfaToken}`, options))
      .send({ state: 'second_factor', methods })
  })

  app.post(`${address}/code`, { config }, async (request, reply) => {
    const { code } = bodyOf(request, Code)
    const input = { ...pendingOf(request, publicUrl), code, method: methodOf(code) }
    return finish(services, reply, await runForResult(services, verifySecondFactor, input, callerOf(request)))
  })

  app.post(`${address}/passkey/options`, { config }, async (request) => {
    const { mfaToken } = pendingOf(request, publicUrl)
    const { options } = await runForResult(services, requestPasskeySignIn, { mfaToken }, callerOf(request))
    return { options }
  })

  app.post(`${address}/passkey`, { config }, async (request, reply) => {
    const { credential } = bodyOf(request, Passkey)
    const input = { mfaToken: pendingOf(request, publicUrl).mfaToken, credential }
    return finish(services, reply, await runForResult(services, verifyPasskeySignIn, input, callerOf(request)))
  })

  app.delete(address, { config }, async (request, reply) => {
    reply.header('set-cookie', [noSessionCookie(services), noPendingCookie(publicUrl)])
    try {
      const actor = await authenticate(services, credentialsOf(request, publicUrl))
      if (actor.kind === 'user') await runForResult(services, signOut, {}, { ...callerOf(request), actor })
    } catch (error) {
      // It had ended already: what was asked for is so.
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') throw error
    }
    return { state: 'signed_out' }
  })
}

const callerOf = (request: FastifyRequest) => ({ actor: anonymous, origin: originOf(request, 'console') })

const validators = new Map<TSchema, ReturnType<typeof validatorOf>>(
  [SignIn, Code, Passkey].map((schema) => [schema, validatorOf('body', schema)]),
)

/** @throws validation_failed */
function bodyOf<Schema extends TSchema>(request: FastifyRequest, schema: Schema): Static<Schema> {
  const checked = validators.get(schema)?.(request.body)
  if (checked && checked.problems.length > 0) throw coreError('validation_failed', { details: checked.problems })
  return request.body as Static<Schema>
}

/** Without the cookie: what an ended sign-in answers. */
function pendingOf(request: FastifyRequest, publicUrl: string): { userId: string; mfaToken: string } {
  const [userId = '', mfaToken = ''] = (readCookie(request, pendingCookie(publicUrl)) ?? '').split(':')
  return { userId: userId.slice(0, 64) || 'nobody', mfaToken: mfaToken.slice(0, 256) }
}

const noPendingCookie = (publicUrl: string) => cookieOf('', { ...pendingCookie(publicUrl), maxAgeSeconds: 0 })

function finish(services: Services, reply: FastifyReply, { success, tokens }: Verification): FastifyReply {
  return success && tokens ? begin(services, reply, tokens) : reply.send({ state: 'refused' })
}

/** The refresh token is nobody's: the cookie's token is renewed for as long as the session holds. */
function begin(services: Services, reply: FastifyReply, { accessToken }: Tokens): FastifyReply {
  const { publicUrl } = services.settings
  return reply
    .header('set-cookie', [sessionCookieOf(services, accessToken), noPendingCookie(publicUrl)])
    .send({ state: 'signed_in' })
}
