import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import type { Services } from '#platform/operations/services.ts'
import { consoleRoutes } from './plugin.ts'

/** A built console of two files; nothing here needs a service. */
const services = { rateLimits: null, settings: { publicUrl: 'http://localhost:8000' } } as Services
const html =
  '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" src="/console/assets/a.js"></script>'
const script = 'console.log(1)'

let directory: string
let app: FastifyInstance
before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'clientele-console-'))
  app = Fastify()
  app.decorateRequest('actor', null)
  await app.register(async (scope) => consoleRoutes(scope, services, directory))
  await app.ready()
})
after(async () => {
  await app.close()
  await rm(directory, { recursive: true })
})

const get = (url: string, headers = {}) => app.inject({ url, headers })

test('says what to do while it is not built, and shows it as soon as it is', async () => {
  const early = await get('/console/')
  assert.equal(early.statusCode, 503)
  assert.match(early.body, /npm start/)
  await mkdir(path.join(directory, 'assets'), { recursive: true })
  await writeFile(path.join(directory, 'index.html'), html)
  await writeFile(path.join(directory, 'assets/a.js'), script)
  await writeFile(path.join(directory, 'assets/a.js.gz'), gzipSync(script))
  for (const url of ['/console/', '/console/clients/1?tab=keys']) {
    const page = await get(url)
    assert.equal(page.statusCode, 200)
    assert.match(page.body, /type="module"/)
  }
  assert.equal((await get('/console')).headers.location, '/console/')
})

test('allows nothing inline but style sheets with a nonce that no other answer has', async () => {
  const [one, other] = [await get('/console/'), await get('/console/')]
  const policy = String(one.headers['content-security-policy'])
  assert.doesNotMatch(policy, /unsafe/)
  assert.match(policy, /script-src 'self';/)
  assert.match(policy, /frame-ancestors 'none'/)
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
  assert.ok(nonce.length >= 22 && one.body.includes(`nonce="${nonce}"`))
  assert.ok(!other.body.includes(nonce))
})

test('lets browsers keep what has its hash in its name for ever, compressed', async () => {
  const asset = await get('/console/assets/a.js', { 'accept-encoding': 'gzip' })
  assert.equal(asset.statusCode, 200)
  assert.equal(asset.headers['content-encoding'], 'gzip')
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal((await get('/console/assets/a.js')).body, script)
})

test('gives out nothing but assets', async () => {
  for (const url of ['/console/assets/none.js', '/console/assets/../index.html', '/console/assets/%2e%2e/index.html']) {
    const answer = await get(url)
    assert.ok(answer.statusCode === 404 || answer.statusCode === 403 || answer.body.includes('type="module"'), url)
  }
  assert.equal((await get('/console/assets/none.js')).statusCode, 404)
})
