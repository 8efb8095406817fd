/** Addresses of the platform itself: health, metrics, the keys that verify our access tokens. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { measureBacklog } from '#features/webhooks/index.ts'
import { timingSafeEqualText } from '#kernel/signature.ts'
import { metricsRegistry } from '#platform/metrics/metrics.ts'
import type { Services } from '#platform/operations/services.ts'

export type PlatformRoutesOptions = {
  services: Services
  metricsToken: string | null
  /** Problems that keep this process from serving, by part; empty when it is ready. */
  findProblems: () => Promise<Record<string, string>>
}

export function platformRoutes(app: FastifyInstance, options: PlatformRoutesOptions): void {
  /** The process runs; says nothing of what it needs. */
  app.get('/health/live', () => ({ status: 'ok' }))

  app.get('/health/ready', async (_request, reply) => {
    const problems = await options.findProblems()
    const ready = Object.keys(problems).length === 0
    return reply.code(ready ? 200 : 503).send(ready ? { status: 'ok' } : { status: 'unavailable', problems })
  })

  app.get('/metrics', async (request, reply) => {
    if (!mayReadMetrics(request, options.metricsToken)) {
      return reply.code(403).send('Metrics: callers on this machine only, or set CLIENTELE_METRICS_TOKEN.\n')
    }
    await measureBacklog(options.services)
    return reply.type(metricsRegistry.contentType).send(await metricsRegistry.metrics())
  })

  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const keys = await options.services.signingKeys.publicKeys()
    return reply.header('cache-control', 'public, max-age=300').send(keys)
  })
}

function mayReadMetrics(request: FastifyRequest, token: string | null): boolean {
  if (token !== null) return timingSafeEqualText(request.headers.authorization ?? '', `Bearer ${token}`)
  // A forwarded request comes from a proxy on this machine, not from this machine.
  if (request.headers['x-forwarded-for'] !== undefined) return false
  return ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip)
}
