/** Addresses that stand in e-mails, and those that mail providers call. They belong to no published contract. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { receiveFeedback, unsubscribe } from '#features/notifications/index.ts'
import { contentTypeOf, openReportLink } from '#features/reports/index.ts'
import type { DomainError } from '#kernel/errors.ts'
import { anonymous } from '#platform/operations/actor.ts'
import type { Origin } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { sendFile } from '../shared/file-answers.ts'
import { limitRate } from '../shared/rate-limits.ts'
import { toDomainError } from '../shared/request-errors.ts'
import { unsubscribePage } from './page.ts'

const config = { contract: 'mail-links' }
const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const mostFeedbackBytes = 1024 * 1024
/** Headers by which providers sign. */
const signatureHeaders = [
  'authorization',
  'x-twilio-email-event-webhook-signature',
  'x-twilio-email-event-webhook-timestamp',
] as const

const statuses: Partial<Record<DomainError['kind'], number>> = {
  invalid: 400,
  unauthenticated: 401,
  not_found: 404,
  rate_limited: 429,
  unavailable: 503,
}

export async function mailLinkRoutes(app: FastifyInstance, services: Services): Promise<void> {
  app.removeAllContentTypeParsers()
  // Whatever type they announce (SNS says text/plain): each address reads the text by itself.
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: mostFeedbackBytes }, (_request, body, done) =>
    done(null, body),
  )
  app.addHook('onRequest', (request, reply) => limitRate(services, { request, reply }, anonymous))

  // RFC 8058: a GET changes nothing, since programs that look at mails follow links. The page's button posts.
  app.get<{ Params: { token: string } }>('/unsubscribe/:token', { config }, (request, reply) =>
    sendPage(reply, unsubscribePage('ask', languageOf(request))),
  )
  app.post<{ Params: { token: string } }>('/unsubscribe/:token', { config }, async (request, reply) => {
    const call = { actor: anonymous, origin: originOf(request) }
    try {
      await runForResult(services, unsubscribe, { token: request.params.token }, call)
    } catch (error) {
      const known = toDomainError(error)
      if (known.code !== 'notification_link_invalid' && known.code !== 'validation_failed') throw error
      return sendPage(reply.code(404), unsubscribePage('invalid', languageOf(request)))
    }
    return sendPage(reply, unsubscribePage('done', languageOf(request)))
  })

  app.get<{ Params: { token: string } }>('/report-files/:token', { config }, async (request, reply) => {
    const call = { actor: anonymous, origin: originOf(request) }
    const {
      report,
      fileId: id,
      tenantId,
    } = await runForResult(services, openReportLink, { token: request.params.token }, call)
    const contentType = contentTypeOf(report.format)
    return sendFile({ request, reply }, services, { id, tenantId, name: report.fileName, contentType })
  })

  app.post<{ Params: { id: string } }>('/mail-feedback/:id', { config }, async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : ''
    const headers = Object.fromEntries(
      signatureHeaders.flatMap((name) => {
        const value = request.headers[name]
        return typeof value === 'string' ? [[name, value]] : []
      }),
    )
    const input = { sourceId: request.params.id, body, headers }
    await runForResult(services, receiveFeedback, input, { actor: anonymous, origin: originOf(request) })
    return reply.code(200).send({ received: true })
  })

  app.setErrorHandler((error, request, reply) => {
    const known = toDomainError(error)
    if (known.kind === 'internal') request.log.error({ err: error }, 'unexpected failure')
    if (known.retryAfterSeconds !== undefined) reply.header('retry-after', String(known.retryAfterSeconds))
    const status = known.code === 'body_too_large' ? 413 : (statuses[known.kind] ?? 500)
    return reply.code(status).send({ error: { code: known.code, message: known.message, request_id: request.id } })
  })
}

function originOf(request: FastifyRequest): Origin {
  const userAgent = request.headers['user-agent'] ?? null
  return { requestId: request.id, ipAddress: request.ip, userAgent, via: 'mail-links' }
}

function languageOf(request: FastifyRequest): 'fr' | 'en' {
  return /^\s*en\b/i.test(request.headers['accept-language'] ?? '') ? 'en' : 'fr'
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
    .type('text/html; charset=utf-8')
    .send(page)
}
