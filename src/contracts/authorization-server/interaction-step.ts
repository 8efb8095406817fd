/** One request of a browser in the middle of an authorization: whose it is, which page stands there, and how it goes on. */
import { createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from 'oidc-provider'
import { coreError } from '#kernel/errors.ts'
import { timingSafeEqualText } from '#kernel/signature.ts'
import type { Services } from '#platform/operations/services.ts'
import { servedClient, toAcr } from './client.ts'
import { languageOf } from './language.ts'
import * as pages from './pages.ts'
import type { AuthorizationServer } from './provider.ts'
import type { SignInOutcome } from './sign-in.ts'
import { texts } from './texts.ts'

export type InteractionOptions = { services: Services; server: () => Promise<AuthorizationServer> }
type Interaction = Awaited<ReturnType<AuthorizationServer['provider']['interactionDetails']>>

export type Step = {
  server: AuthorizationServer
  interaction: Interaction
  client: { clientId: string; clientName?: string | undefined }
  setting: pages.Setting
  form: { action: string; csrf: string }
}

/** Where the forms of an interaction go. */
export const interactionPath = '/oauth2/interaction/:uid'
export const via = 'authorization-server'

export function expired(): Error {
  return new errors.SessionNotFound('interaction session not found')
}

function formToken(cookieKey: string, uid: string): string {
  return createHmac('sha256', cookieKey).update(`form ${uid}`).digest('base64url')
}

/** @throws SessionNotFound when this browser is in no such interaction */
export async function open({ server }: InteractionOptions, request: FastifyRequest): Promise<Step> {
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
  const csrf = formToken(present.cookieKeys[0] ?? '', uid)
  return { server: present, interaction, client, setting: { language, here: action }, form: { action, csrf } }
}

/**
 * A form of ours: sent from this origin, with the token that only our page has. A page that was made before the signing
 * keys changed has the token of the key before.
 */
export async function submitted(
  options: InteractionOptions,
  request: FastifyRequest,
): Promise<{ step: Step; fields: URLSearchParams }> {
  const step = await open(options, request)
  const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
  const { origin } = request.headers
  const isOurs = origin === undefined || origin === new URL(options.services.settings.publicUrl).origin
  const given = fields.get('csrf') ?? ''
  const { cookieKeys } = step.server
  const isFromOurPage = cookieKeys.some((key) => timingSafeEqualText(given, formToken(key, step.interaction.uid)))
  if (!isOurs || !isFromOurPage) throw coreError('bad_request')
  return { step, fields }
}

/** The same, of the part in which somebody signs in. */
export async function signingIn(
  options: InteractionOptions,
  request: FastifyRequest,
): Promise<{ step: Step; fields: URLSearchParams; tenantId: string }> {
  const { step, fields } = await submitted(options, request)
  if (step.interaction.prompt.name !== 'login') throw expired()
  return { step, fields, tenantId: servedClient(step.client).tenantId }
}

export function nameOf({ client }: Step): string {
  return client.clientName ?? client.clientId
}

/** Why a page is shown again; the status says it to programs. */
export type Fault = {
  text: string
  status: number
  retryAfterSeconds?: number
  /** What helps is on the account's page of the console. */
  isOfAccount?: true
}

/** @param methods the second factors of the user, where one of them was refused */
export function faultOf(
  { setting }: Step,
  outcome: SignInOutcome & { kind: 'refused' },
  methods: readonly string[] = ['totp'],
): Fault {
  const t = texts[setting.language]
  const { code, retryAfterSeconds } = outcome
  if (code === 'unavailable') return { text: t.unavailable, status: 503, retryAfterSeconds: retryAfterSeconds ?? 1 }
  if (retryAfterSeconds !== undefined) return { text: t.throttled(retryAfterSeconds), status: 429, retryAfterSeconds }
  // Only an authenticator has a next code to wait for.
  const codeRefused = methods.includes('totp') ? t.codeRefused : t.backupCodeRefused
  if (code === 'mfa_code_refused') return { text: codeRefused, status: 422 }
  if (code === 'passkey_refused') return { text: t.passkeyRefused, status: 422 }
  return { text: t.refused, status: 422 }
}

export type SentPage = { page: string; fault?: Fault | null; hasScript?: boolean }

export function sendPage(reply: FastifyReply, step: Step, { page, fault, hasScript }: SentPage): FastifyReply {
  const formTargets = pages.originOf(step.interaction.params.redirect_uri)
  const policy = pages.contentSecurityPolicy({ formTargets, hasScript })
  if (fault?.retryAfterSeconds !== undefined) reply.header('retry-after', String(fault.retryAfterSeconds))
  return reply
    .code(fault?.status ?? 200)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .send(page)
}

export function sendSignIn(
  reply: FastifyReply,
  step: Step,
  { fault, username }: { fault: Fault | null; username: string },
): FastifyReply {
  const isOfAccount = fault?.isOfAccount ?? false
  const shown = { fault: fault?.text ?? null, isOfAccount, username, client: nameOf(step) }
  return sendPage(reply, step, { page: pages.signInPage(step.setting, { ...step.form, ...shown }), fault })
}

export function finishSignIn(
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

export async function finish(
  request: FastifyRequest,
  reply: FastifyReply,
  { server }: Step,
  result: Record<string, unknown>,
): Promise<FastifyReply> {
  const url = await server.provider.interactionResult(request.raw, reply.raw, result)
  return reply.redirect(url, 303)
}
