/** Addresses, headers, methods and framing that no client should send: an error of a contract, never a failure of ours. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { assertPrintedBy, errorFormats } from './support/contract-errors.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import { prepareClient, prepareUser, signInAs } from './support/prepared-client.ts'
import { parseAnswer, rawRequest, sendRaw } from './support/raw-http.ts'
import type { Credential, Subject } from './support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf } from './support/route-examples.ts'

let app: TestApp
let outside: Outside
let subject: Subject
let account: string

before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: outside.config })
  const user = await prepareUser(app, 'owner')
  account = (await signInAs(app, user)).access
  subject = { client: await prepareClient(app, outside), user, refreshToken: 'rt_none' }
})
after(async () => {
  await app.close()
  await outside.stop()
})

async function assertHealthy(): Promise<void> {
  const ready = await app.request('/health/ready')
  assert.equal(ready.status, 200, ready.text)
  assert.deepEqual(
    app.logs.filter((line) => line.includes('"level":50')),
    [],
    'nothing was logged as our own failure',
  )
}

function credentialFor(route: DocumentedRoute): Credential {
  return exampleOf(route).caller === 'client' ? apiKey(subject.client.apiKey) : bearer(account)
}

/** An answer below 500; if it is an error, in the words of the route's contract or of those of addresses nobody owns. */
async function assertAnswered(contract: string, bytes: Buffer, what: string): Promise<number> {
  const answer = parseAnswer(await sendRaw(app.url, bytes))
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}\n${app.logs.slice(-3).join('')}`)
  // An answer to HEAD has no body.
  if (answer.status >= 400 && !bytes.toString('latin1').startsWith('HEAD ')) {
    const speaker =
      [contract, ...Object.keys(errorFormats)].find((one) => errorFormats[one]?.fits(answer)) ?? 'azalscore'
    assert.ok(contract === 'any' || [contract, 'azalscore'].includes(speaker), `${what} in the words of ${speaker}`)
    assertPrintedBy(speaker, answer, what)
  }
  return answer.status
}

/** Routes that change nothing when they are called by accident: the client must be there for all of them. */
const harmless = (route: DocumentedRoute) => !['deleteClient', 'deleteSession'].includes(route.operationId)

test('addresses with odd parameters: badly encoded, null characters, climbing, very long', async () => {
  const parameters = [
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%c3%28',
    '%ed%a0%80',
    '%u0000',
    '..',
    '%2e%2e',
    '..%2f..%2fetc',
    "'%20or%201=1--",
    '%F0%9F%92%A5',
    '%E2%80%AE',
    '*',
    '~',
    ';a=b',
    'a'.repeat(201),
    'a'.repeat(12_000),
    `${subject.client.uid}%20`,
    subject.client.uid.toUpperCase(),
    `{${subject.client.uid}}`,
    '00000000-0000-0000-0000-000000000000',
  ]
  for (const route of app.routes.filter((one) => one.url.includes(':'))) {
    const headers = { ...credentialFor(route) }
    for (const parameter of parameters) {
      const target = route.url.replace(/:\w+/, parameter)
      await assertAnswered(route.contract.name, rawRequest(route.method, target, headers), `${route.method} ${target}`)
    }
  }
  await assertHealthy()
})

test('addresses that were never meant: doubled slashes, absolute, with fragments, very long, with raw bytes', async () => {
  for (const target of [
    '//',
    '///api/v1/clients',
    '/api/v1/clients//',
    '/api/v1/clients/me/',
    '/api/../api/v1/clients',
    '*',
    'http://elsewhere.example/api/v1/clients',
    '/api/v1/clients#fragment',
    `/${'a/'.repeat(4000)}`,
    `/${'%41'.repeat(4000)}`,
    '/api/v1/clients/\xff\xfe',
    '/__proto__',
    '/constructor',
    '/api/v1/clients/__proto__',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/docs/../../etc/passwd',
    '/docs/%2e%2e%2f%2e%2e%2fpackage.json',
  ]) {
    await assertAnswered('any', rawRequest('GET', target, bearer(account)), target)
  }
  await assertHealthy()
})

test('queries with odd values, repeated, nested, poisoned and very many', async () => {
  const queries = [
    'page=abc',
    'page=0',
    'page=-1',
    'page=1.5',
    'page=1e3',
    'page=1e400',
    'page=NaN',
    'page=9999999999999999999',
    'page=10000001',
    'page=1&page=2',
    'page[]=1',
    'page[a]=1',
    'page=',
    'page',
    'page=%00',
    'page=%',
    'page=%ff',
    'pageSize=0',
    'pageSize=101',
    'pageSize=true',
    '__proto__=1',
    '__proto__[page]=1',
    'constructor[prototype][page]=2',
    'a=1&'.repeat(2000),
    '%ff=1',
    '&&&===',
    `page=${'1'.repeat(5000)}`,
    'page=1;drop',
    'page=%F0%9F%92%A5',
    'page=０',
  ]
  for (const route of app.routes.filter((one) => one.method === 'GET')) {
    const address = addressOf(route, { ...exampleOf(route).request(subject), query: {} }).replace('?', '')
    for (const query of queries) {
      const target = `${address}?${Buffer.from(query).toString('latin1')}`
      await assertAnswered(route.contract.name, rawRequest('GET', target, credentialFor(route)), target)
    }
  }
  for (const query of ['page=0', 'page=abc', 'page=1.5', 'pageSize=101', 'page=1&page=2', 'page=9999999999999999999']) {
    const answer = await app.request(`/api/v1/clients?${query}`, { token: account })
    assert.equal(answer.status, 422, query)
  }
  await assertHealthy()
})

test('odd headers on every route: credentials, keys, content types, bytes above ASCII', async () => {
  const binary = String.fromCharCode(...Array.from({ length: 100 }, (_, i) => 0x80 + i))
  for (const [index, route] of app.routes.filter(harmless).entries()) {
    const example = exampleOf(route).request(subject)
    const own = { 'content-type': 'application/json', ...example.headers, ...credentialFor(route) }
    // A password would be hashed each time, which takes 20 ms of a core.
    const given = route.operation.name === 'session.sign-in' ? {} : example.body
    const body = given ? JSON.stringify(given) : ''
    const odd: Record<string, string>[] = [
      { authorization: 'Bearer' },
      { authorization: `Bearer ${'a'.repeat(10_000)}` },
      { authorization: binary },
      { authorization: 'Bearer a.b.c' },
      { authorization: `Bearer ${account}.${account}` },
      { authorization: 'Bearer  ' },
      { 'x-api-key': 'a'.repeat(10_000) },
      { 'x-api-key': binary },
      { 'x-api-key': "' or 1=1 --" },
      { 'idempotency-key': '' },
      { 'idempotency-key': ' ' },
      { 'idempotency-key': 'a'.repeat(256) },
      { 'idempotency-key': binary },
      { 'idempotency-key': 'a\tb' },
      { 'x-encryption-key': binary },
      { 'x-encryption-key': 'a'.repeat(5000) },
      { 'x-encryption-key': '' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/xml' },
      { 'content-type': 'multipart/form-data' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': binary },
      { 'content-type': '/' },
      { 'user-agent': binary },
      { 'user-agent': 'a'.repeat(10_000) },
      { accept: 'image/png' },
      { cookie: binary },
      { 'x-forwarded-for': binary },
      { 'x-request-id': binary },
      { 'accept-encoding': '*;q=0' },
      { expect: 'nothing' },
      { 'x-http-method-override': 'DELETE' },
      { origin: 'null' },
      { 'if-none-match': '*' },
      { range: 'bytes=0-1' },
    ]
    // A third of them on each route, the next third on the next one.
    for (const [i, headers] of odd.entries()) {
      if ((index + i) % 3 > 0) continue
      // HTTP says 417 for an expectation that nobody knows; the framework says so before any contract can.
      if ('expect' in headers) continue
      const bytes = rawRequest(route.method, addressOf(route, example), { ...own, ...headers }, body)
      await assertAnswered(
        route.contract.name,
        bytes,
        `${route.operationId} with ${JSON.stringify(headers).slice(0, 80)}`,
      )
    }
  }
  await assertHealthy()
})

test('refuses other content types than JSON where there is a body', async () => {
  for (const route of app.routes.filter((one) => one.request.body)) {
    const example = exampleOf(route).request(subject)
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const headers = { 'content-type': type, ...credentialFor(route) }
      const bytes = rawRequest(route.method, addressOf(route, example), headers, JSON.stringify(example.body))
      assert.equal(await assertAnswered(route.contract.name, bytes, `${route.operationId} as ${type}`), 415)
    }
  }
})

test('every other method of every address is refused in the words of the contract', async () => {
  for (const route of app.routes) {
    const address = addressOf(route, exampleOf(route).request(subject))
    const mine = app.routes.filter((one) => one.url === route.url).map((one) => one.method as string)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'SEARCH']) {
      if (mine.includes(method) || (method === 'HEAD' && mine.includes('GET'))) continue
      const status = await assertAnswered(route.contract.name, rawRequest(method, address), `${method} ${address}`)
      // "/clients/" is also "/clients/:uid" without a uid, which a HEAD finds.
      if (method !== 'HEAD') assert.ok([404, 405].includes(status), `${method} ${address}: ${status}`)
    }
  }
})

test('framing that is no HTTP is refused, with a request id like everything else', async () => {
  const post = 'POST /api/v1/clients HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n'
  for (const [what, text] of Object.entries({
    'a null character in a header': 'GET /api/v1/clients HTTP/1.1\r\nhost: a\r\nx-odd: a\0b\r\n\r\n',
    'a header without a name': 'GET /api/v1/clients HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n',
    'an unknown method': 'FOO /api/v1/clients HTTP/1.1\r\nhost: a\r\n\r\n',
    'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n',
    'a length that is no number': `${post}content-length: ten\r\n\r\n{}`,
    'two lengths': `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    'a length and chunks': `${post}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a chunk that is none': `${post}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    'headers of 64 KB': `GET / HTTP/1.1\r\nhost: a\r\n${'x-odd: a\r\n'.repeat(7000)}\r\n`,
    'a header of 64 KB': `GET / HTTP/1.1\r\nhost: a\r\nx-odd: ${'a'.repeat(65_536)}\r\n\r\n`,
  })) {
    const answer = parseAnswer(await sendRaw(app.url, Buffer.from(text, 'latin1')))
    assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status}`)
    assertPrintedBy('azalscore', answer, what)
  }
  await assertHealthy()
})

test('a body of 10 MB is refused unread, with a length and in chunks, and costs no memory', async () => {
  const megabyte = `100000\r\n${' '.repeat(1_048_576)}\r\n`
  const before = process.memoryUsage().rss
  for (const route of app.routes.filter((one) => one.request.body && !one.upload)) {
    const address = addressOf(route, exampleOf(route).request(subject))
    const headers = { 'content-type': 'application/json', ...credentialFor(route) }
    const whole = rawRequest(route.method, address, { ...headers, 'content-length': String(10 * 1_048_576) })
    const chunked = Buffer.concat([
      rawRequest(route.method, address, { ...headers, 'transfer-encoding': 'chunked' }),
      Buffer.from(`${megabyte.repeat(2)}0\r\n\r\n`),
    ])
    assert.equal(await assertAnswered(route.contract.name, whole, `${address}: 10 MB announced`), 413)
    assert.equal(await assertAnswered(route.contract.name, chunked, `${address}: 2 MB in chunks`), 413)
  }
  const grown = (process.memoryUsage().rss - before) / 1_048_576
  assert.ok(grown < 200, `${Math.round(grown)} MB more than before`)
  await assertHealthy()
})

test('a caller without a credential cannot make us read a body', async () => {
  for (const route of app.routes.filter((one) => one.request.body && one.operation.level !== 'public')) {
    const address = addressOf(route, exampleOf(route).request(subject))
    const headers = { 'content-type': 'application/json', 'content-length': String(500_000) }
    const bytes = rawRequest(route.method, address, headers)
    assert.equal(await assertAnswered(route.contract.name, bytes, `${address} without a credential`), 401)
  }
})
