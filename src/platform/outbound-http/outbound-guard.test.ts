import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { serveHttp, serveTcp } from './fixtures/loopback-server.ts'
import type { OutboundErrorCode, OutboundHttpOptions } from './index.ts'
import { createOutboundHttp, OutboundError } from './index.ts'

function openOutbound(t: TestContext, options: OutboundHttpOptions) {
  const outbound = createOutboundHttp(options)
  t.after(() => outbound.close())
  return outbound
}

function failsWith(code: OutboundErrorCode) {
  return (error: unknown) => {
    assert.ok(error instanceof OutboundError, String(error))
    assert.equal(error.code, code, error.message)
    return true
  }
}

async function serveCounting(t: TestContext, host?: string) {
  const seen: string[] = []
  const port = await serveHttp(
    t,
    (request, response) => {
      seen.push(request.headers.host ?? '')
      response.end('hello')
    },
    host,
  )
  return { seen, port }
}

test('refuses loopback, private, link-local and metadata addresses in every spelling', async (t) => {
  const { seen, port } = await serveCounting(t)
  const outbound = openOutbound(t, { allow: [] })
  const hosts = [
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    '[::1]',
    '0.0.0.0',
    '[::]',
    '2130706433',
    '0x7f.1',
    '017700000001',
  ]
  const others = ['127.1', '①②⑦.0.0.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '[fd00::1]']
  const elsewhere = ['10.0.0.1', '192.168.0.1', '169.254.169.254', '[fe80::1]', '[fd00:ec2::254]', '100.100.100.200']
  for (const host of [...hosts, ...others, ...elsewhere]) {
    await assert.rejects(
      outbound.request({ method: 'GET', url: `http://${host}:${port}/` }),
      failsWith('address_not_allowed'),
      host,
    )
  }
  assert.deepEqual(seen, [])
})

test('guards raw connections by the same rules', async (t) => {
  let connections = 0
  const port = await serveTcp(t, () => {
    connections += 1
  })
  const closed = openOutbound(t, { allow: [] })
  for (const host of ['127.0.0.1', 'localhost', '::1', '[::1]', '2130706433', '0x7f.1', '0', '::ffff:127.0.0.1']) {
    await assert.rejects(closed.connect(host, port), failsWith('address_not_allowed'), host)
  }
  assert.equal(connections, 0)

  const open = openOutbound(t, { allow: ['127.0.0.0/8'] })
  const socket = await open.connect('127.0.0.1', port, { timeoutMs: 5000 })
  assert.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
  await assert.rejects(open.connect('', port), failsWith('invalid_url'))
  await assert.rejects(open.connect('127.0.0.1', 70_000), failsWith('invalid_url'))
})

test('reaches what the operator lists: network, address, host, host with port', async (t) => {
  const { seen, port } = await serveCounting(t)
  const allowed: [string[], string][] = [
    [['127.0.0.0/8'], '127.0.0.1'],
    [['127.0.0.1'], '127.0.0.1'],
    [['127.0.0.1'], '2130706433'],
    [['127.0.0.1'], 'localhost'],
    [['localhost'], 'localhost'],
    [[`localhost:${port}`], 'LocalHost'],
    [[`127.0.0.1:${port}`], '[::ffff:127.0.0.1]'],
  ]
  for (const [allow, host] of allowed) {
    const outbound = openOutbound(t, { allow })
    const answer = await outbound.request({ method: 'GET', url: `http://${host}:${port}/` })
    assert.equal(answer.body.toString(), 'hello', `${allow} ${host}`)
  }
  assert.equal(seen.length, allowed.length)

  const refused: [string[], string][] = [
    [[`localhost:${port + 1}`], 'localhost'],
    [['localhost'], '127.0.0.1'],
    [['127.0.0.2/31'], '127.0.0.1'],
  ]
  for (const [allow, host] of refused) {
    const outbound = openOutbound(t, { allow })
    const request = outbound.request({ method: 'GET', url: `http://${host}:${port}/` })
    await assert.rejects(request, failsWith('address_not_allowed'), `${allow} ${host}`)
  }
})

test('connects to the address it checked when the name server changes its answer in between', async (t) => {
  const checked = await serveCounting(t, '127.0.0.2')
  const answers = ['127.0.0.2', '127.0.0.1']
  const outbound = openOutbound(t, {
    allow: ['127.0.0.2'],
    lookup: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }],
  })
  const answer = await outbound.request({ method: 'GET', url: `http://rebind.test:${checked.port}/` })
  assert.equal(answer.body.toString(), 'hello')
  assert.deepEqual(checked.seen, [`rebind.test:${checked.port}`])
  assert.deepEqual(answers, ['127.0.0.1'], 'the name was looked up once')

  await assert.rejects(outbound.connect('rebind.test', checked.port), failsWith('address_not_allowed'))
})

test('does not reach a private address by way of a name that was public when checked', async (t) => {
  const inside = await serveCounting(t)
  const answers = ['8.8.8.8', '127.0.0.1']
  const outbound = openOutbound(t, {
    allow: [],
    lookup: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }],
  })
  await assert.rejects(
    outbound.request({ method: 'GET', url: `http://rebind.test:${inside.port}/`, timeoutMs: 1000 }),
    (error) => error instanceof OutboundError && ['connect_failed', 'timeout'].includes(error.code),
  )
  assert.deepEqual(inside.seen, [])
  assert.equal(answers.length, 1)
})

test('refuses a name that mixes public and private addresses, and uses only the listed ones of a listed mix', async (t) => {
  const { seen, port } = await serveCounting(t, '127.0.0.2')
  const lookup = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
    { address: '127.0.0.2', family: 4 },
  ]
  const mixed = openOutbound(t, {
    allow: [],
    lookup: async () => [...(await lookup()), { address: '8.8.8.8', family: 4 }],
  })
  const url = `http://mixed.test:${port}/`
  await assert.rejects(mixed.request({ method: 'GET', url }), failsWith('address_not_allowed'))
  assert.deepEqual(seen, [])

  const listed = openOutbound(t, { allow: ['127.0.0.2'], lookup })
  assert.equal((await listed.request({ method: 'GET', url })).status, 200)
})

test('tries the next checked address when the first one refuses', async (t) => {
  const { port } = await serveCounting(t, '127.0.0.2')
  const outbound = openOutbound(t, {
    allow: ['127.0.0.0/8', '::1'],
    lookup: async () => [
      { address: '127.0.0.3', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ],
  })
  assert.equal((await outbound.request({ method: 'GET', url: `http://two.test:${port}/` })).status, 200)
})

test('an error tells the host that was asked for, never what it resolved to', async (t) => {
  const outbound = openOutbound(t, { allow: [], lookup: async () => [{ address: '10.9.8.7', family: 4 }] })
  await assert.rejects(outbound.request({ method: 'GET', url: 'http://intranet.test/' }), (error) => {
    assert.ok(error instanceof OutboundError && error.cause instanceof Error)
    assert.match(error.message, /intranet\.test/)
    assert.doesNotMatch(error.message, /10\.9\.8\.7/)
    assert.match(error.cause.message, /10\.9\.8\.7/, 'the log may know')
    return true
  })
})

test('reports a name that does not exist, and one whose look-up never ends', async (t) => {
  const unknown = openOutbound(t, { allow: [] })
  await assert.rejects(
    unknown.request({ method: 'GET', url: 'http://does-not-exist.invalid/' }),
    failsWith('dns_failed'),
  )
  const empty = openOutbound(t, { allow: [], lookup: async () => [] })
  await assert.rejects(empty.connect('empty.test', 25), failsWith('dns_failed'))
  await serveTcp(t, () => {}) // keeps the event loop alive: deadlines do not
  const stuck = openOutbound(t, { allow: [], lookup: () => new Promise(() => {}) })
  await assert.rejects(stuck.connect('stuck.test', 25, { timeoutMs: 50 }), failsWith('timeout'))
  await assert.rejects(stuck.request({ method: 'GET', url: 'http://stuck.test/', timeoutMs: 50 }), failsWith('timeout'))
})

test('refuses URLs that are not http or https, that carry credentials or that cannot be read', async (t) => {
  const outbound = openOutbound(t, { allow: ['127.0.0.0/8'] })
  for (const url of [
    '',
    'nonsense',
    '/path',
    'ftp://example.com/',
    'file:///etc/passwd',
    'http://',
    'http://1.2.3.4.5/',
  ]) {
    await assert.rejects(outbound.request({ method: 'GET', url }), failsWith('invalid_url'), url)
  }
  await assert.rejects(outbound.request({ method: 'GET', url: 'http://u@example.com/' }), failsWith('invalid_url'))
  await assert.rejects(outbound.request({ method: 'GET', url: 'http://u:secret@example.com/' }), (error: Error) => {
    assert.doesNotMatch(error.message, /secret/)
    return failsWith('invalid_url')(error)
  })
  const strict = openOutbound(t, { allow: ['127.0.0.0/8'], allowPlainHttp: false })
  await assert.rejects(strict.request({ method: 'GET', url: 'http://127.0.0.1/' }), failsWith('invalid_url'))
})
