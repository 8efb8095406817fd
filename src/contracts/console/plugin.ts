/** The console: its page, what the page loads, and its sessions. console/ builds it; this serves what was built. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import type { Services } from '#platform/operations/services.ts'
import { sessionRoutes } from './session.ts'

/** What `vite build` puts where a nonce belongs (console/vite.config.ts). */
const noncePlaceholder = /__CSP_NONCE__/g
const config = { contract: 'console' }

/** Nothing inline but what carries this answer's nonce: the component library's style sheets. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const waiting = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<title>Clientele</title><p>The console has not been built yet; “npm start” does it in a few seconds, and this page then opens.
<p lang="fr">La console n’est pas encore construite ; « npm start » le fait en quelques secondes, puis cette page s’ouvre.`

/** `directory`: what was built. It may appear, and change, while the server runs. */
export async function consoleRoutes(app: FastifyInstance, services: Services, directory: string): Promise<void> {
  await app.register(async (scope) => sessionRoutes(scope, services))

  const assets = path.join(directory, 'assets')
  // Not there yet while the console is being built; a folder that may not be written holds a finished one.
  await mkdir(assets, { recursive: true }).catch(() => {})
  // Names hold the content's hash: what a browser has once, it has for ever.
  await app.register(fastifyStatic, {
    root: assets,
    prefix: '/console/assets/',
    decorateReply: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (response) => {
      response.header('cache-control', 'public, max-age=31536000, immutable')
    },
  })

  const page = async () => {
    const nonce = randomBytes(16).toString('base64')
    const html = await readFile(path.join(directory, 'index.html'), 'utf8').catch(() => null)
    return { nonce, html: html?.replaceAll(noncePlaceholder, nonce) ?? null }
  }
  for (const url of ['/console', '/console/*']) {
    app.get(url, { config }, async (request, reply) => {
      if (request.url === '/console') return reply.redirect('/console/')
      const { nonce, html } = await page()
      reply.headers({
        'content-security-policy': contentSecurityPolicy(nonce),
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      })
      return reply
        .code(html === null ? 503 : 200)
        .type('text/html; charset=utf-8')
        .send(html ?? waiting)
    })
  }
}
