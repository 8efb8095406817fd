/** The HTTP application: every contract on one origin, and the addresses of the platform itself. Tests use the same function. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import Fastify, { LogController } from 'fastify'
import { authorizationServerRoutes } from '#contracts/authorization-server/plugin.ts'
import { azalscore, azalscoreRoutes } from '#contracts/azalscore/plugin.ts'
import { chatapi, chatapiRoutes } from '#contracts/chatapi/plugin.ts'
import { consoleRoutes } from '#contracts/console/plugin.ts'
import { factpulse, factpulseRoutes } from '#contracts/factpulse/plugin.ts'
import { mailLinkRoutes } from '#contracts/mail-links/plugin.ts'
import { oauth2Clients, oauth2ClientsRoutes } from '#contracts/oauth2-clients/plugin.ts'
import { partnerb2b, partnerb2bRoutes } from '#contracts/partnerb2b/plugin.ts'
import { ambiguityOf } from '#contracts/shared/ambiguous-headers.ts'
import type { Contract, DocumentedRoute } from '#contracts/shared/contract.ts'
import { ContractRoutes, sendError } from '#contracts/shared/contract.ts'
import { documentRoutes } from '#contracts/shared/documents.ts'
import { platformRoutes } from '#contracts/shared/platform-routes.ts'
import { limitRate } from '#contracts/shared/rate-limits.ts'
import {
  endSilentConnections,
  isUnhurried,
  patienceWithClients,
  usualClientSilenceMs,
} from '#contracts/shared/silent-clients.ts'
import { answerUnreadableRequest } from '#contracts/shared/unreadable-request.ts'
import { coreError } from '#kernel/errors.ts'
import { httpRequests } from '#platform/metrics/metrics.ts'
import { anonymous, describeActor } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'

export type AppOptions = {
  services: Services
  logger: FastifyBaseLogger
  /** Load balancers whose X-Forwarded-For counts. */
  trustProxy: readonly string[]
  metricsToken: string | null
  /** Problems that keep this process from serving, by part; part of readiness. */
  findProblems: () => Promise<Record<string, string>>
  version: string
  /** How long a client may say nothing in the middle of a request, or take nothing of its answer. */
  clientSilenceMs?: number
  /** Where the built console is; absent: where the build puts it. */
  consoleDirectory?: string
}

const contracts: readonly (readonly [Contract, (routes: ContractRoutes) => void])[] = [
  [factpulse, factpulseRoutes],
  [chatapi, chatapiRoutes],
  [azalscore, azalscoreRoutes],
  [oauth2Clients, oauth2ClientsRoutes],
  [partnerb2b, partnerb2bRoutes],
]

const builtConsole = path.join(import.meta.dirname, '../console/dist')

const bodyLimitBytes = 1024 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of every contract, once the application has been built. */
    documentedRoutes: readonly DocumentedRoute[]
  }
}

export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, clientSilenceMs = usualClientSilenceMs } = options
  const patience = patienceWithClients(clientSilenceMs, bodyLimitBytes)
  const app = Fastify({
    loggerInstance: options.logger,
    // One line a request, ours (below), without headers and bodies.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: bodyLimitBytes,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    // Faults before routing (a URL that cannot be decoded) answer like addresses that no contract owns.
    frameworkErrors: (error, request, reply) => {
      reply.headers(headersOfEveryAnswer(request))
      void sendError(azalscore, error, request, reply)
    },
    clientErrorHandler: (error, socket) => {
      if (!isUnhurried(error, socket)) answerUnreadableRequest(azalscore, error, socket)
    },
    routerOptions: { maxParamLength: 200 },
    ...patience,
    // Node would answer by itself, without a request id; ambiguityOf sees it.
    http: { ...patience.http, requireHostHeader: false },
  })
  app.decorateRequest('actor', null)
  app.decorateRequest('rawBody', null)
  app.decorateRequest('operationName', null)
  app.decorateRequest('upload', null)
  readJsonBodies(app)
  endSilentConnections(app, clientSilenceMs, (socket) =>
    answerUnreadableRequest(azalscore, { code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket),
  )

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headersOfEveryAnswer(request))
    const ambiguity = ambiguityOf(request.raw)
    if (ambiguity === null) return
    // What else comes on a connection like that is not answered.
    reply.header('connection', 'close')
    throw coreError('bad_request', { message: ambiguity })
  })
  // Once we are closing, an answer must end its connection too: a kept-alive one would hold the server up until it idles out.
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request, reply) => {
    const contract = request.routeOptions.config.contract ?? 'platform'
    httpRequests.inc({ contract, status: `${Math.floor(reply.statusCode / 100)}xx` })
    // The route's pattern, not the address as it came: an address may hold what should not be in a log.
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 100) / 100,
        contract,
        operation: request.operationName,
        tenant: request.actor && request.actor.kind !== 'anonymous' ? request.actor.tenantId : undefined,
        actor: request.actor ? describeActor(request.actor) : undefined,
      },
      'request',
    )
  })
  app.setErrorHandler((error, request, reply) => sendError(azalscore, error, request, reply))
  app.setNotFoundHandler(async (request, reply) => {
    await limitRate(services, { request, reply }, anonymous)
    return sendError(azalscore, coreError('route_not_found'), request, reply)
  })

  const documented: DocumentedRoute[] = []
  app.decorate('documentedRoutes', documented)
  for (const [contract, addRoutes] of contracts) {
    await app.register(async (scope) => {
      const routes = new ContractRoutes(scope, contract, services, documented)
      addRoutes(routes)
      routes.refuseOtherMethods()
    })
  }
  await app.register(async (scope) => authorizationServerRoutes(scope, services))
  await app.register(async (scope) => mailLinkRoutes(scope, services))
  await app.register(async (scope) => consoleRoutes(scope, services, options.consoleDirectory ?? builtConsole))
  await app.register(async (scope) => platformRoutes(scope, options))
  await app.register(async (scope) =>
    documentRoutes(scope, { documented, publicUrl: services.settings.publicUrl, version: options.version }),
  )
  return app
}

/** Should a browser show an answer that is no page: without anything in it, nor around it. Pages have a policy of their own. */
const contentSecurityPolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

function headersOfEveryAnswer(request: FastifyRequest): Record<string, string> {
  return {
    'x-request-id': request.id,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': contentSecurityPolicy,
  }
}

/** JSON only; an empty body is "no body", since many clients announce JSON on a POST without one. */
function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'string' },
    (request, body, done) => {
      request.rawBody = body as string
      if ((body as string).trim() === '') done(null, undefined)
      else void parse(request, body as string, done)
    },
  )
}
