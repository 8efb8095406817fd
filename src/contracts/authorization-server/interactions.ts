/** Signing in and consenting: what happens between the authorization request and its answer. */
import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors } from 'oidc-provider'
import { findSubject, recordConsent } from '#features/oauth/index.ts'
import { coreError } from '#kernel/errors.ts'
import { timingSafeEqualText } from '#kernel/signature.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { originOf } from '../shared/contract.ts'
import { servedClient, toAcr } from './client.ts'
import { languageOf } from './language.ts'
import * as pages from './pages.ts'
import { addScopes, requestedScopes } from './policy.ts'
import type { AuthorizationServer } from './provider.ts'
import type { SignInOutcome } from './sign-in.ts'
import { proveSecondFactor, signInToTenant } from './sign-in.ts'
import { texts } from './texts.ts'

type Options = { services: Services; server: () => Promise<AuthorizationServer> }
type Interaction = Awaited<ReturnType<AuthorizationServer['provider']['interactionDetails']>>
type Step = {
  server: AuthorizationServer
  interaction: Interaction
  client: { clientId: string; clientName?: string | undefined }
  setting: pages.Setting
  form: { action: string; csrf: string }
}

const via = 'authorization-server'

export function interactionRoutes(app: FastifyInstance, options: Options): void {
  const { services } = options
  const config = { contract: via }
  const base = '/oauth2/interaction/:uid'

  app.get(base, { config }, async (request, reply) => {
    const step = await open(options, request)
    if (step.interaction.prompt.name === 'login') return sendSignIn(reply, step, { fault: null, username: hint(step) })
    return sendConsent(services, reply, step)
  })

  app.post(`${base}/sign-in`, { config }, async (request, reply) => {
    const { step, fields } = await submitted(options, request)
    if (step.interaction.prompt.name !== 'login') throw expired()
    const username = fields.get('username') ?? ''
    const { tenantId } = servedClient(step.client)
    const given = { tenantId, username, password: fields.get('password') ?? '' }
    const outcome = await signInToTenant(services, given, originOf(request, via))
    if (outcome.kind === 'signed_in') {
      const subject = await findSubject(services.database, tenantId, outcome.userId)
      if (!subject?.lacksSecondFactor) return finishSignIn(request, reply, step, outcome)
      return sendSignIn(reply, step, { fault: texts[step.setting.language].secondFactorNeeded, username })
    }
    if (outcome.kind === 'second_factor') return sendCode(reply, step, { ...outcome, fault: null })
    return sendSignIn(reply, step, { fault: faultText(step, outcome), username })
  })

  app.post(`${base}/second-factor`, { config }, async (request, reply) => {
    const { step, fields } = await submitted(options, request)
    if (step.interaction.prompt.name !== 'login') throw expired()
    const given = {
      userId: fields.get('user_id') ?? '',
      mfaToken: fields.get('mfa_token') ?? '',
      code: (fields.get('code') ?? '').replace(/\s/g, ''),
    }
    const outcome = await proveSecondFactor(services, given, originOf(request, via))
    if (outcome.kind === 'signed_in') return finishSignIn(request, reply, step, outcome)
    if (outcome.kind === 'refused' && outcome.code !== 'mfa_sign_in_ended') {
      return sendCode(reply, step, { ...given, fault: faultText(step, outcome) })
    }
    return sendSignIn(reply, step, { fault: texts[step.setting.language].pendingEnded, username: '' })
  })

  app.post(`${base}/consent`, { config }, async (request, reply) => {
    const { step } = await submitted(options, request)
    const { interaction, server, client } = step
    const accountId = interaction.session?.accountId
    if (interaction.prompt.name !== 'consent' || accountId === undefined) throw expired()
    const scopes = requestedScopes(interaction.params)
    const before = interaction.grantId ? await server.provider.Grant.find(interaction.grantId) : undefined
    const grant = before ?? new server.provider.Grant({ accountId, clientId: client.clientId })
    addScopes(grant, scopes, services.settings.publicUrl)
    const { id, tenantId } = servedClient(client)
    const actor = { kind: 'system' as const, tenantId, name: via }
    const input = { registeredClientId: id, userId: accountId, scopes }
    await runForResult(services, recordConsent, input, { actor, origin: originOf(request, via) })
    const grantId = await grant.save()
    return finish(request, reply, step, { consent: { grantId } })
  })

  app.post(`${base}/abort`, { config }, async (request, reply) => {
    const { step } = await submitted(options, request)
    const result = { error: 'access_denied', error_description: 'the user refused' }
    return finish(request, reply, step, result)
  })
}

function expired(): Error {
  return new errors.SessionNotFound('interaction session not found')
}

async function open({ server, services }: Options, request: FastifyRequest): Promise<Step> {
  const present = await server()
  const reply = { setHeader: () => {}, getHeader: () => undefined }
  const interaction = await present.provider.interactionDetails(request.raw, reply as never)
  const { uid } = request.params as { uid: string }
  // The cookie says which interaction this browser is in; an address from elsewhere must not act on it.
  if (interaction.uid !== uid) throw expired()
  const client = await present.provider.Client.find(String(interaction.params.client_id))
  if (!client) throw expired()
  const action = `/oauth2/interaction/${encodeURIComponent(uid)}`
  const language = languageOf({
    cookie: request.headers.cookie,
    uiLocales: interaction.params.ui_locales,
    acceptLanguage: request.headers['accept-language'],
  })
  const csrf = createHmac('sha256', present.cookieKeys[0] ?? services.settings.publicUrl)
    .update(`form ${uid}`)
    .digest('base64url')
  return { server: present, interaction, client, setting: { language, here: action }, form: { action, csrf } }
}

/** A form of ours: sent from this origin, with the token that only our page has. */
async function submitted(options: Options, request: FastifyRequest): Promise<{ step: Step; fields: URLSearchParams }> {
  const step = await open(options, request)
  const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
  const { origin } = request.headers
  const isOurs = origin === undefined || origin === new URL(options.services.settings.publicUrl).origin
  if (!isOurs || !timingSafeEqualText(fields.get('csrf') ?? '', step.form.csrf)) throw coreError('bad_request')
  return { step, fields }
}

function hint({ interaction }: Step): string {
  const given = interaction.params.login_hint
  return typeof given === 'string' ? given.slice(0, 254) : ''
}

function faultText({ setting }: Step, outcome: SignInOutcome & { kind: 'refused' }): string {
  const t = texts[setting.language]
  if (outcome.retryAfterSeconds !== undefined && outcome.code !== 'unavailable') {
    return t.throttled(outcome.retryAfterSeconds)
  }
  if (outcome.code === 'mfa_code_refused') return t.codeRefused
  return outcome.code === 'unavailable' ? t.unavailable : t.refused
}

function nameOf({ client }: Step): string {
  return client.clientName ?? client.clientId
}

function sendPage(reply: FastifyReply, step: Step, page: string, status = 200): FastifyReply {
  const policy = pages.contentSecurityPolicy(pages.originOf(step.interaction.params.redirect_uri))
  return reply.code(status).type('text/html; charset=utf-8').header('content-security-policy', policy).send(page)
}

function sendSignIn(reply: FastifyReply, step: Step, shown: { fault: string | null; username: string }): FastifyReply {
  const page = pages.signInPage(step.setting, { ...step.form, ...shown, client: nameOf(step) })
  return sendPage(reply, step, page, shown.fault === null ? 200 : 422)
}

function sendCode(
  reply: FastifyReply,
  step: Step,
  shown: { fault: string | null; userId: string; mfaToken: string },
): FastifyReply {
  const page = pages.codePage(step.setting, { ...step.form, ...shown })
  return sendPage(reply, step, page, shown.fault === null ? 200 : 422)
}

async function sendConsent(services: Services, reply: FastifyReply, step: Step): Promise<FastifyReply> {
  const { interaction, client } = step
  const { tenantId } = servedClient(client)
  const subject = await findSubject(services.database, tenantId, interaction.session?.accountId ?? '')
  if (!subject) throw expired()
  const host = URL.parse(String(interaction.params.redirect_uri))?.host ?? ''
  const shown = {
    fault: null,
    client: nameOf(step),
    user: subject.email,
    scopes: requestedScopes(interaction.params),
    host,
  }
  return sendPage(reply, step, pages.consentPage(step.setting, { ...step.form, ...shown }))
}

function finishSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  step: Step,
  outcome: SignInOutcome & { kind: 'signed_in' },
): Promise<FastifyReply> {
  const { tenantId } = servedClient(step.client)
  const login = {
    accountId: outcome.userId,
    acr: toAcr({ tenantId, sessionId: outcome.sessionId }),
    amr: outcome.methods,
    // The cookie goes with the browser; the session behind it ends by itself.
    remember: false,
  }
  return finish(request, reply, step, { login })
}

async function finish(
  request: FastifyRequest,
  reply: FastifyReply,
  { server }: Step,
  result: Record<string, unknown>,
): Promise<FastifyReply> {
  const url = await server.provider.interactionResult(request.raw, reply.raw, result)
  return reply.redirect(url, 303)
}
