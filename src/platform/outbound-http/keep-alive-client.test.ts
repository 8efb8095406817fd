import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { serveHttp, serveHttps, serveTcp } from './fixtures/loopback-server.ts'
import { testCertificate } from './fixtures/test-certificate.ts'
import type { KeepAliveOptions, Post } from './index.ts'
import { KeepAliveClient } from './index.ts'

function openClient(t: TestContext, options: Partial<KeepAliveOptions> = {}): KeepAliveClient {
  const client = new KeepAliveClient({ allow: ['127.0.0.0/8', '::1', 'localhost'], idlePerOrigin: 4, ...options })
  t.after(() => client.close())
  return client
}

const to = (url: string, limits: Partial<Post> = {}): Post => ({
  url: new URL(url),
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"é":1}'),
  timeoutMs: 5_000,
  maxResponseBytes: 1_000,
  ...limits,
})

test('sends the body as it is and tells the answer and how long its parts took', async (t) => {
  const port = await serveHttp(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    response.writeHead(202, { 'X-Answer': ['a', 'b'] }).end(`${request.method} ${request.url} ${body}`)
  })
  const client = openClient(t)
  const first = await client.post(to(`http://localhost:${port}/a?b=c`))
  assert.equal(first.error, null)
  assert.equal(first.answer?.status, 202)
  assert.equal(first.answer?.headers['x-answer'], 'a, b')
  assert.equal(first.answer?.body.toString(), 'POST /a?b=c {"é":1}')
  const { dnsMs, connectMs, firstByteMs, totalMs } = first.timing
  assert.ok(dnsMs !== null && connectMs !== null && firstByteMs !== null)
  assert.ok(dnsMs + connectMs <= firstByteMs && firstByteMs <= totalMs, JSON.stringify(first.timing))

  const { timing } = await client.post(to(`http://localhost:${port}/a`))
  assert.deepEqual([timing.dnsMs, timing.connectMs], [null, null], 'the connection was open already')
})

test('keeps no more connections open than it was told, and opens as many as there are requests', async (t) => {
  const sockets = new Set<Socket>()
  let waiting: (() => void)[] = []
  const port = await serveHttp(t, (request, response) => {
    sockets.add(request.socket)
    request.resume()
    waiting.push(() => response.end())
    if (waiting.length < 5) return
    for (const answer of waiting) answer()
    waiting = []
  })
  const client = openClient(t, { idlePerOrigin: 2 })
  const five = () => Promise.all(Array.from({ length: 5 }, () => client.post(to(`http://127.0.0.1:${port}/`))))
  for (const { answer } of await five()) assert.equal(answer?.status, 200)
  assert.equal(sockets.size, 5)
  await five()
  assert.equal(sockets.size, 8, 'two of the five were used again')
})

test('an address that has become private is refused at the next connection, though the name was public before', async (t) => {
  let asked = 0
  const port = await serveHttp(t, (_request, response) => response.writeHead(200, { connection: 'close' }).end())
  const client = openClient(t, {
    allow: ['127.0.0.1'],
    lookup: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }],
  })
  assert.equal((await client.post(to(`http://hooks.example.com:${port}/`))).answer?.status, 200)
  const { answer, error } = await client.post(to(`http://hooks.example.com:${port}/`))
  assert.equal(answer, null)
  assert.equal(error?.code, 'address_not_allowed')
  assert.equal(asked, 2)
})

test('a connection that the server closed meanwhile is replaced without a word', async (t) => {
  let connections = 0
  const port = await serveTcp(t, (socket) => {
    connections++
    let answered = false
    socket.on('data', () => {
      // The second request on a connection gets its end instead of an answer, as from a server that has just timed out.
      if (answered) socket.end()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      answered = true
    })
  })
  const client = openClient(t)
  for (let i = 0; i < 3; i++) {
    const { answer, error } = await client.post(to(`http://127.0.0.1:${port}/`))
    assert.equal(error, null)
    assert.equal(answer?.status, 200)
  }
  assert.equal(connections, 3)
})

test('reads the beginning of an endless answer only, and ends its connection', async (t) => {
  const block = Buffer.alloc(64 * 1024, 'x')
  const port = await serveHttp(t, (request, response) => {
    request.resume()
    response.writeHead(200)
    const endless = Readable.from(Array.from({ length: 16_384 }, () => block))
    // Ends with an error as soon as the client has enough.
    pipeline(endless, response).catch(() => {})
  })
  const { answer, error } = await openClient(t).post(to(`http://127.0.0.1:${port}/`))
  assert.equal(error, null)
  assert.deepEqual([answer?.status, answer?.truncated, answer?.body.length], [200, true, 1_000])
})

test('gives up at the deadline on servers that never answer, drip, or never accept', async (t) => {
  const silent = await serveTcp(t, (socket) => socket.resume())
  const dripping = await serveTcp(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
    const timer = setInterval(() => socket.write('.'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  const drippingHeaders = await serveTcp(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('x-drip: y\r\n'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  const client = openClient(t, {
    lookup: (name) => (name === 'nowhere.test' ? new Promise(() => {}) : Promise.reject(new Error('unknown'))),
  })
  for (const [url, status] of [
    [`http://127.0.0.1:${silent}/`, undefined],
    [`http://127.0.0.1:${dripping}/`, 200],
    [`http://127.0.0.1:${drippingHeaders}/`, undefined],
    ['http://nowhere.test/', undefined],
  ] as const) {
    const { answer, error, timing } = await client.post(to(url, { timeoutMs: 200 }))
    assert.equal(error?.code, 'timeout', url)
    assert.equal(answer?.status, status, url)
    assert.ok(timing.totalMs >= 190 && timing.totalMs < 15_000, `${url}: ${timing.totalMs} ms`)
  }
})

test('a redirect is an answer: nobody goes where it points', async (t) => {
  const port = await serveHttp(t, (_request, response) =>
    response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
  )
  const { answer } = await openClient(t).post(to(`http://127.0.0.1:${port}/`))
  assert.equal(answer?.status, 307)
})

test('private addresses are refused in all their spellings', async (t) => {
  const client = openClient(t, { allow: [] })
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:10.0.0.1]',
    'localhost',
    '169.254.169.254',
  ]) {
    const { answer, error } = await client.post(to(`http://${host}:9/`))
    assert.equal(answer, null)
    assert.equal(error?.code, 'address_not_allowed', host)
  }
})

test('TLS: trusts the authorities it was given, and nobody else', async (t) => {
  const port = await serveHttps(t, (_request, response) => response.end('ok'))
  const trusting = openClient(t, { tlsCa: testCertificate.authority })
  assert.equal((await trusting.post(to(`https://localhost:${port}/`))).answer?.status, 200)
  const { error } = await openClient(t).post(to(`https://localhost:${port}/`))
  assert.equal(error?.code, 'tls_failed')
})

test('what is under way ends when the client is closed', async (t) => {
  const port = await serveTcp(t, (socket) => socket.resume())
  const client = openClient(t)
  const posted = client.post(to(`http://127.0.0.1:${port}/`))
  await client.close()
  assert.notEqual((await posted).error, null)
})
