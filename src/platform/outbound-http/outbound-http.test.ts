import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { listenDuring, serveHttp, serveHttps, serveTcp } from './fixtures/loopback-server.ts'
import { testCertificate } from './fixtures/test-certificate.ts'
import type { OutboundErrorCode, OutboundHttpOptions } from './index.ts'
import { createOutboundHttp, OutboundError } from './index.ts'

const loopback = ['127.0.0.0/8', '::1']

function openOutbound(t: TestContext, options: Partial<OutboundHttpOptions> = {}) {
  const outbound = createOutboundHttp({ allow: loopback, ...options })
  t.after(() => outbound.close())
  return outbound
}

function failsWith(code: OutboundErrorCode, message?: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof OutboundError, String(error))
    assert.equal(error.code, code, error.message)
    if (message) assert.match(error.message, message)
    return true
  }
}

test('sends method, path, headers and body as given and gives back status, headers and body', async (t) => {
  const port = await serveHttp(t, async (request, response) => {
    const body = (await request.toArray()).join('')
    const { method, url, headers } = request
    response.writeHead(201, { 'X-Answer': 'yes', 'Set-Cookie': ['a=1', 'b=2'] })
    response.end(JSON.stringify({ method, url, body, type: headers['content-type'], agent: headers['user-agent'] }))
  })
  const outbound = openOutbound(t)
  const answer = await outbound.request({
    method: 'POST',
    url: `http://127.0.0.1:${port}/a%20b?c=d#fragment`,
    headers: { 'Content-Type': 'application/json' },
    body: '{"é":1}',
  })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers['x-answer'], 'yes')
  assert.equal(answer.headers['set-cookie'], 'a=1, b=2')
  assert.equal(answer.truncated, false)
  assert.ok(Number.isInteger(answer.durationMs) && answer.durationMs >= 0)
  assert.deepEqual(JSON.parse(answer.body.toString()), {
    method: 'POST',
    url: '/a%20b?c=d',
    body: '{"é":1}',
    type: 'application/json',
    agent: 'Clientele',
  })
})

test('reuses connections and lets a Buffer through unchanged', async (t) => {
  const ports = new Set<number>()
  const port = await serveHttp(t, (request, response) => {
    ports.add(request.socket.remotePort ?? 0)
    request.pipe(response)
  })
  const outbound = openOutbound(t)
  const body = Buffer.from([0, 255, 13, 10, 128])
  for (let call = 0; call < 10; call += 1) {
    const answer = await outbound.request({ method: 'PUT', url: `http://127.0.0.1:${port}/`, body })
    assert.deepEqual(answer.body, body)
  }
  assert.ok(ports.size < 10, `${ports.size} connections`)
})

test('gives up on a server that never answers, and the next call is not held up by it', async (t) => {
  let hang = true
  const port = await serveHttp(t, (_request, response) => {
    if (!hang) response.end('ok')
  })
  const outbound = openOutbound(t)
  const url = `http://127.0.0.1:${port}/`
  await assert.rejects(outbound.request({ method: 'GET', url, timeoutMs: 100 }), failsWith('timeout', /in time/))
  hang = false
  assert.equal((await outbound.request({ method: 'GET', url })).status, 200)
})

test('gives up on a body that drips', async (t) => {
  const port = await serveHttp(t, (_request, response) => {
    const drip = setInterval(() => response.write('x'), 20)
    response.once('close', () => clearInterval(drip))
  })
  const outbound = openOutbound(t)
  const startedAt = performance.now()
  const request = outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, timeoutMs: 200 })
  await assert.rejects(request, failsWith('timeout'))
  assert.ok(performance.now() - startedAt < 30_000)
})

test('gives up on a peer that accepts the connection and never starts TLS', async (t) => {
  const port = await serveTcp(t, () => {})
  const outbound = openOutbound(t)
  const url = `https://127.0.0.1:${port}/`
  await assert.rejects(outbound.request({ method: 'GET', url, timeoutMs: 100 }), failsWith('timeout'))
})

test('stops when the caller aborts, with the reason the caller gave', async (t) => {
  const port = await serveHttp(t, () => stop.abort(new Error('enough')))
  const stop = new AbortController()
  const outbound = openOutbound(t)
  const request = outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, signal: stop.signal })
  await assert.rejects(request, { message: 'enough' })
})

test('reads no more of a gigabyte than the limit, and hangs up on it', async (t) => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  let taken = 0
  function* gigabyte() {
    for (let sent = 0; sent < 1024 ** 3; sent += chunk.length) {
      taken += chunk.length
      yield chunk
    }
  }
  const hungUp: Promise<unknown>[] = []
  const port = await serveHttp(t, (_request, response) => {
    hungUp.push(once(response, 'close'))
    Readable.from(gigabyte()).pipe(response)
  })
  const outbound = openOutbound(t)
  const url = `http://127.0.0.1:${port}/`
  const answer = await outbound.request({ method: 'GET', url, maxResponseBytes: 1000 })
  assert.equal(answer.body.length, 1000)
  assert.equal(answer.truncated, true)
  await assert.rejects(
    outbound.request({ method: 'GET', url, maxResponseBytes: 1000, failOnOversize: true }),
    failsWith('response_too_large'),
  )
  await Promise.all(hungUp)
  assert.equal(hungUp.length, 2)
  assert.ok(taken < 64 * 1024 ** 2, `${taken} bytes were taken`)
})

test('a body of exactly the limit is whole', async (t) => {
  const port = await serveHttp(t, (_request, response) => response.end('12345'))
  const outbound = openOutbound(t)
  const answer = await outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, maxResponseBytes: 5 })
  assert.equal(answer.body.toString(), '12345')
  assert.equal(answer.truncated, false)
})

test('reports a connection that is closed before or amid the answer, and an answer that is not HTTP', async (t) => {
  const outbound = openOutbound(t)
  const ask = (port: number) => outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/` })
  const silent = await serveTcp(t, (socket) => socket.once('data', () => socket.end()))
  await assert.rejects(ask(silent), failsWith('protocol_error', /closed the connection/))
  const half = await serveTcp(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
  )
  await assert.rejects(ask(half), failsWith('protocol_error', /closed the connection/))
  const other = await serveTcp(t, (socket) => socket.end('220 mail.example ESMTP\r\n'))
  await assert.rejects(ask(other), failsWith('protocol_error', /not valid HTTP|closed/))
})

test('reports a port where nobody listens', async (t) => {
  const server = createServer()
  const port = await listenDuring(t, server)
  server.close()
  await once(server, 'close')
  const outbound = openOutbound(t)
  const request = outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/` })
  await assert.rejects(request, failsWith('connect_failed', /refuses/))
  await assert.rejects(outbound.connect('127.0.0.1', port), failsWith('connect_failed', /refuses/))
})

test('never follows a redirect', async (t) => {
  const asked: string[] = []
  const port = await serveHttp(t, (request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(307, { Location: '/elsewhere' }).end('moved')
  })
  const outbound = openOutbound(t)
  const url = `http://127.0.0.1:${port}/start`
  const answer = await outbound.request({ method: 'POST', url, body: 'x' })
  assert.equal(answer.status, 307)
  assert.equal(answer.headers.location, '/elsewhere')
  await assert.rejects(outbound.request({ method: 'GET', url, failOnRedirect: true }), failsWith('redirect_refused'))
  assert.deepEqual(asked, ['/start', '/start'])
})

test('refuses a Host header and headers with line breaks', async (t) => {
  const outbound = openOutbound(t)
  const port = await serveHttp(t, (_request, response) => response.end())
  const url = `http://127.0.0.1:${port}/`
  await assert.rejects(
    outbound.request({ method: 'GET', url, headers: { HOST: 'other' } }),
    failsWith('protocol_error', /Host/),
  )
  await assert.rejects(
    outbound.request({ method: 'GET', url, headers: { 'X-A': 'b\r\nX-Injected: c' } }),
    failsWith('protocol_error', /invalid header/),
  )
})

test('verifies certificates: refuses an unknown authority and another name, accepts the trusted one', async (t) => {
  const names: (string | false | null)[] = []
  const port = await serveHttps(t, (request, response) => {
    names.push((request.socket as TLSSocket).servername)
    response.end(request.headers.host)
  })
  const distrusting = openOutbound(t)
  const get = { method: 'GET' as const }
  await assert.rejects(
    distrusting.request({ ...get, url: `https://localhost:${port}/` }),
    failsWith('tls_failed', /not trusted/),
  )
  const trusting = openOutbound(t, {
    tlsCa: testCertificate.authority,
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  const answer = await trusting.request({ ...get, url: `https://localhost:${port}/` })
  assert.equal(answer.body.toString(), `localhost:${port}`)
  assert.equal((await trusting.request({ ...get, url: `https://127.0.0.1:${port}/` })).status, 200)
  assert.deepEqual(names, ['localhost', false])
  await assert.rejects(
    trusting.request({ ...get, url: `https://other.test:${port}/` }),
    failsWith('tls_failed', /another name/),
  )
  const plain = await serveHttp(t, (_request, response) => response.end())
  await assert.rejects(trusting.request({ ...get, url: `https://localhost:${plain}/` }), failsWith('tls_failed'))
})

test('close lets an answer under way arrive, and ends a connection attempt that hangs', async (t) => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const port = await serveHttp(t, async (_request, response) => {
    onAsked()
    await released
    response.end('late')
  })
  const silent = await serveTcp(t, () => {})
  const outbound = createOutboundHttp({ allow: loopback })
  const underway = outbound.request({ method: 'GET', url: `http://127.0.0.1:${port}/` })
  const stuck = outbound.request({ method: 'GET', url: `https://127.0.0.1:${silent}/` })
  const stuckEnds = assert.rejects(stuck, failsWith('connect_failed', /shutting down/))
  await asked
  const closed = outbound.close()
  await stuckEnds
  release()
  assert.equal((await underway).body.toString(), 'late')
  await closed
})
