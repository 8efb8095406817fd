/** Addresses of the platform itself: health, metrics, the keys that verify our access tokens. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { timingSafeEqualText } from '#kernel/signature.ts'
import { metricsRegistry } from '#platform/metrics/metrics.ts'
import type { Services } from '#platform/operations/services.ts'

const verifierProgram = path.join(import.meta.dirname, '../../../tools/verify-audit.mjs')

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
    await options.services.longReads.measure()
    return reply.type(metricsRegistry.contentType).send(await metricsRegistry.metrics())
  })

  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const keys = await options.services.signingKeys.publicKeys()
    return reply.header('cache-control', 'public, max-age=300').send(keys)
  })

  /** What verifies checkpoints and exports of the audit log. */
  app.get('/.well-known/audit-keys.json', async (_request, reply) => {
    const keys = await options.services.auditKeys.all()
    const printed = keys.map(({ id, publicKey, createdAt }) => ({
      key_id: id,
      algorithm: 'Ed25519',
      public_key: publicKey,
      created_at: createdAt.toISOString(),
    }))
    return reply.header('cache-control', 'public, max-age=300').send({ keys: printed })
  })

  app.get('/tools/verify-audit.mjs', async (_request, reply) => {
    return reply
      .type('text/javascript')
      .header('content-disposition', 'attachment; filename="verify-audit.mjs"')
      .send(await readFile(verifierProgram))
  })
}

function mayReadMetrics(request: FastifyRequest, token: string | null): boolean {
  if (token !== null) return timingSafeEqualText(request.headers.authorization ?? '', `Bearer ${token}`)
  // A forwarded request comes from a proxy on this machine, not from this machine.
  if (request.headers['x-forwarded-for'] !== undefined) return false
  return ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip)
}
