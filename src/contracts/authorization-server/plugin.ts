/** OAuth 2.0 and OpenID Connect on the platform's own origin: protocol endpoints, pages, style sheet. */
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors } from 'oidc-provider'
import type { DomainError, ErrorKind } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import { anonymous } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'
import { limitRate } from '../shared/rate-limits.ts'
import { toDomainError } from '../shared/request-errors.ts'
import { giveBack, mostBodyBytes } from './body.ts'
import { interactionRoutes } from './interactions.ts'
import { languageCookie, languageOf } from './language.ts'
import { contentSecurityPolicy, errorPage, iconPath, passkeyScriptPath, styleSheetPath } from './pages.ts'
import { issueAtOnce } from './program-tokens.ts'
import type { AuthorizationServer } from './provider.ts'
import { authorizationServers } from './provider.ts'

/** What the pages load: by their address, the file and its type. */
const assets = {
  [styleSheetPath]: ['sign-in.css', 'text/css; charset=utf-8'],
  [iconPath]: ['icon.svg', 'image/svg+xml'],
  [passkeyScriptPath]: ['passkey.js', 'text/javascript; charset=utf-8'],
} as const
const config = { contract: 'authorization-server' }

const tokenPath = '/oauth2/token'
type Method = 'GET' | 'POST'

/** What oidc-provider answers (its routes: provider.ts), and by which methods. Under other spellings it would answer too, by half. */
const endpoints: Readonly<Record<string, readonly Method[]>> = {
  '/.well-known/openid-configuration': ['GET'],
  '/.well-known/oauth-authorization-server': ['GET'],
  '/oauth2/authorize': ['GET', 'POST'],
  '/oauth2/authorize/:uid': ['GET'],
  [tokenPath]: ['POST'],
  '/oauth2/introspect': ['POST'],
  '/oauth2/revoke': ['POST'],
  '/oauth2/userinfo': ['GET', 'POST'],
  '/oauth2/end-session': ['GET', 'POST'],
  '/oauth2/end-session/confirm': ['POST'],
  '/oauth2/end-session/success': ['GET'],
}

/** For pages of oidc-provider that send a form by themselves: it adds its script's hash to script-src. */
const libraryPolicy = "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** As oidc-provider answers a request that no page has made: one with an Origin is its to answer. */
const headersOfTokens = {
  'content-security-policy': libraryPolicy,
  vary: 'Origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate',
}

export async function authorizationServerRoutes(app: FastifyInstance, services: Services): Promise<void> {
  const server = authorizationServers(services)
  const publicUrl = new URL(services.settings.publicUrl)

  app.setErrorHandler((error, request, reply) => sendErrorPage(error, request, reply))
  for (const [address, [file, type]] of Object.entries(assets)) {
    const content = readFileSync(new URL(file, import.meta.url), 'utf8')
    app.get(address, { config }, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=3600').type(type).send(content),
    )
  }
  app.get('/oauth2/language', { config }, (request, reply) => switchLanguage(request, reply, publicUrl))

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 64 * 1024 },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    // Guesses at passwords and codes; what answers them is throttled by itself, this is about how many are asked.
    scope.addHook('onRequest', (request, reply) => limitRate(services, { request, reply }, anonymous))
    interactionRoutes(scope, { services, server })
  })

  await app.register(async (scope) => {
    // oidc-provider reads the request itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.addHook('onRequest', (request, reply) => limitRate(services, { request, reply }, anonymous))
    for (const [url, methods] of Object.entries(endpoints)) {
      scope.route({
        url,
        // OPTIONS: what a browser asks first where the page is another origin's. Token requests: below.
        method: url === tokenPath ? ['OPTIONS'] : [...methods, 'OPTIONS'],
        config,
        handler: async (request, reply) => handOver(await server(), { request, reply, publicUrl }),
      })
      refuseOtherMethods(scope, url, methods)
    }
  })

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'buffer', bodyLimit: mostBodyBytes },
      (_request, body, done) => done(null, body),
    )
    scope.addHook('onRequest', (request, reply) => limitRate(services, { request, reply }, anonymous))
    scope.post(tokenPath, { config }, async (request, reply) => {
      const present = await server()
      const issued = await issueAtOnce(services, present, { request, reply })
      if (issued) {
        return reply.headers(headersOfTokens).type('application/json; charset=utf-8').send(JSON.stringify(issued))
      }
      if (Buffer.isBuffer(request.body)) giveBack(reply.raw, request.body)
      await handOver(present, { request, reply, publicUrl })
    })
  })
}

async function handOver(
  { answer }: AuthorizationServer,
  { request, reply, publicUrl }: { request: FastifyRequest; reply: FastifyReply; publicUrl: URL },
): Promise<void> {
  standOnPublicUrl(request, publicUrl)
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  reply.raw.setHeader('content-security-policy', libraryPolicy)
  reply.hijack()
  await answer(request.raw, reply.raw)
}

/** In the words of the endpoint: as RFC 6749 prints an error, or as a page. */
function refuseOtherMethods(scope: FastifyInstance, url: string, methods: readonly Method[]): void {
  const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
    (one) => !(methods as readonly string[]).includes(one),
  )
  const allowed = methods.join(', ')
  scope.route({
    url,
    method: others,
    config,
    exposeHeadRoute: false,
    handler: (request, reply) => {
      const error = coreError('method_not_allowed', { message: `This address takes ${allowed} only.` })
      return sendErrorPage(error, request, reply.header('allow', allowed))
    },
  })
}

/** Issuer, links and the cookies' Secure follow the setting, never what the caller's headers claim. */
function standOnPublicUrl({ raw }: FastifyRequest, publicUrl: URL): void {
  raw.headers.host = publicUrl.host
  raw.headers['x-forwarded-proto'] = publicUrl.protocol.slice(0, -1)
  delete raw.headers['x-forwarded-host']
}

/** Back to a page of ours only. */
function switchLanguage(request: FastifyRequest, reply: FastifyReply, publicUrl: URL): FastifyReply {
  const { to, back } = request.query as { to?: unknown; back?: unknown }
  const language = to === 'fr' ? 'fr' : 'en'
  const target = typeof back === 'string' ? URL.parse(back, publicUrl.origin) : null
  const isOurs = target?.origin === publicUrl.origin && target.pathname.startsWith('/oauth2/')
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : ''
  reply.header(
    'set-cookie',
    `${languageCookie}=${language}; Path=/oauth2; Max-Age=31536000; HttpOnly; SameSite=Lax${secure}`,
  )
  return reply.redirect(isOurs ? target.pathname + target.search : '/oauth2/end-session', 303)
}

/** Endpoints that programs call: errors as RFC 6749 5.2 prints them. */
const programs = /^\/(?:oauth2\/(?:token|introspect|revoke|userinfo)|\.well-known\/)/

type Shown = { status: number; kind: 'request' | 'expired' | 'fault' | 'throttled' }

const byKind: Partial<Record<ErrorKind, Shown>> = {
  invalid: { status: 400, kind: 'request' },
  rate_limited: { status: 429, kind: 'throttled' },
  unavailable: { status: 503, kind: 'fault' },
  internal: { status: 500, kind: 'fault' },
}

function shownAs(known: DomainError | null): Shown {
  if (known?.code === 'method_not_allowed') return { status: 405, kind: 'request' }
  return (known && byKind[known.kind]) ?? { status: 400, kind: 'expired' }
}

function sendErrorPage(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = error instanceof errors.SessionNotFound ? null : toDomainError(error)
  if (known?.kind === 'internal') request.log.error({ err: error }, 'unexpected failure')
  const shown = shownAs(known)
  const seconds = known?.retryAfterSeconds
  if (seconds !== undefined) reply.header('retry-after', String(seconds))
  reply.code(shown.status)
  if (programs.test(request.url)) {
    const code = shown.status >= 500 || shown.status === 429 ? 'temporarily_unavailable' : 'invalid_request'
    return reply.send({ error: code, error_description: known?.message })
  }
  const language = languageOf({ cookie: request.headers.cookie, acceptLanguage: request.headers['accept-language'] })
  const detail = known && { code: 'invalid_request', description: known.message }
  const page = errorPage({ language, here: '/oauth2/end-session' }, { kind: shown.kind, detail, seconds })
  return reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy()).send(page)
}
