/** The API documents: OpenAPI 3.1 for all contracts and for each, and pages to read them on. */
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import type { DocumentedRoute } from './contract.ts'
import { toOpenApi } from './openapi.ts'

export type DocumentRoutesOptions = { documented: readonly DocumentedRoute[]; publicUrl: string; version: string }

/** The page's own script and styles only, from this server: it works without the internet. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ')

const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d4ed8"/>' +
  '<path d="M22 11a8 8 0 1 0 0 10" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'

export async function documentRoutes(app: FastifyInstance, options: DocumentRoutesOptions): Promise<void> {
  const { documented, publicUrl, version } = options
  const all = toOpenApi(documented, { title: 'Clientele', version, serverUrl: publicUrl })
  app.get('/openapi.json', () => all)
  const sources = [{ title: 'All contracts', slug: 'all', url: '/openapi.json' }]
  for (const contract of new Set(documented.map((route) => route.contract))) {
    const own = documented.filter((route) => route.contract === contract)
    const document = toOpenApi(own, { title: contract.title, version, serverUrl: publicUrl })
    app.get(`/openapi/${contract.name}.json`, () => document)
    sources.push({ title: contract.title, slug: contract.name, url: `/openapi/${contract.name}.json` })
  }
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'content-security-policy': contentSecurityPolicy, 'cache-control': 'public, max-age=3600' })
    })
    await scope.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        sources,
        pageTitle: 'Clientele: API documents',
        favicon: '/favicon.svg',
        // This server's documents and nothing else: no call to other services, no offers of the page's makers.
        withDefaultFonts: false,
        telemetry: false,
        agent: { disabled: true },
        mcp: { disabled: true },
        hideClientButton: true,
        showDeveloperTools: 'never',
      },
    })
  })
  app.get('/favicon.svg', (_request, reply) => reply.type('image/svg+xml').send(favicon))
  app.get('/', (_request, reply) => reply.redirect('/docs/'))
}
