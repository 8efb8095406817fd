/** The API documents: OpenAPI 3.1 for all contracts and for each, and pages to read them on. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { coreError } from '#kernel/errors.ts'
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
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d4ed8"/>' +
  '<path d="M22 11a8 8 0 1 0 0 10" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'

export function documentRoutes(app: FastifyInstance, options: DocumentRoutesOptions): void {
  const { documented, publicUrl, version } = options
  serveDocument('/openapi.json', documented, 'Clientele')
  const sources = [{ title: 'All contracts', slug: 'all', url: '/openapi.json' }]
  for (const contract of new Set(documented.map((route) => route.contract))) {
    const own = documented.filter((route) => route.contract === contract)
    serveDocument(`/openapi/${contract.name}.json`, own, contract.title)
    sources.push({ title: contract.title, slug: contract.name, url: `/openapi/${contract.name}.json` })
  }
  const reader = lazyReader(sources)
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const page = await (await reader()).inject({ method: 'GET', url: request.url })
    // The reader would say it in words of its own, and the answer would be kept for an hour.
    if (page.statusCode >= 400) throw coreError('route_not_found')
    reply.headers({ 'content-security-policy': contentSecurityPolicy, 'cache-control': 'public, max-age=3600' })
    if (page.headers.location) reply.header('location', page.headers.location)
    return reply
      .code(page.statusCode)
      .type(page.headers['content-type'] ?? 'text/html')
      .send(page.rawPayload)
  }
  app.get('/docs', show)
  app.get('/docs/*', show)
  app.get('/favicon.svg', (_request, reply) => reply.type('image/svg+xml').send(favicon))
  app.get('/', (_request, reply) => reply.redirect('/docs/'))

  /** Made at the first look, and kept. */
  function serveDocument(url: string, routes: readonly DocumentedRoute[], title: string): void {
    let made: ReturnType<typeof toOpenApi> | null = null
    app.get(url, () => {
      made ??= toOpenApi(routes, { title, version, serverUrl: publicUrl })
      return made
    })
  }
}

type Source = { title: string; slug: string; url: string }

/** The page's package is large and seldom asked for: it is loaded at the first look (30 MB of every process otherwise). */
function lazyReader(sources: readonly Source[]): () => Promise<FastifyInstance> {
  let reader: Promise<FastifyInstance> | null = null
  const load = async () => {
    const { default: scalar } = await import('@scalar/fastify-api-reference')
    const inner = Fastify()
    await inner.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        sources: [...sources],
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
    return inner
  }
  return () => {
    // A load that failed is tried again at the next look.
    reader ??= load().catch((error: unknown) => {
      reader = null
      throw error
    })
    return reader
  }
}
