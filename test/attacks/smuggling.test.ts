/** Two programs that disagree where a request ends: whatever is sent, nothing of one request's body is taken for another request. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { assertPrintedBy } from '#test/support/contract-errors.ts'
import { prepareUser, signInAs } from '#test/support/prepared-client.ts'
import { parseAnswer, sendRaw } from '#test/support/raw-http.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp()
  token = (await signInAs(app, await prepareUser(app, 'owner'))).access
})
after(() => app.close())

const host = 'Host: localhost\r\n'
/** What an attacker would like to be answered: it has an address of its own, and its answer a body that nothing else has. */
const smuggled = `GET /openapi/chatapi.json?smuggled HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
const post = (headers: string) =>
  `POST /api/v1/clients HTTP/1.1\r\n${host}Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n${headers}\r\n`

/** The status of each answer on the connection, in their order. */
function statusesOf(text: string): number[] {
  return [...text.matchAll(/(?:^|\r\n|\}|\])HTTP\/1\.1 (\d{3}) /g)]
    .map((one) => Number(one[1]))
    .filter((one) => one !== 100)
}

async function answers(bytes: string): Promise<{ statuses: number[]; text: string }> {
  const text = await sendRaw(app.url, Buffer.from(bytes, 'latin1'))
  return { statuses: statusesOf(text), text }
}

describe('framing that is read in two ways is refused, and what stands behind it is not answered', () => {
  const ambiguous: Record<string, () => string> = {
    'a length that ends before the chunks do (CL.TE)': () =>
      `${post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n${smuggled}`,
    'chunks that end before the length does (TE.CL)': () =>
      `${post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n')}2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'two encodings, one of which is none (TE.TE)': () =>
      `${post('Transfer-Encoding: chunked\r\nTransfer-Encoding: nonsense\r\n')}0\r\n\r\n${smuggled}`,
    'chunked, then something else': () => `${post('Transfer-Encoding: chunked, identity\r\n')}0\r\n\r\n${smuggled}`,
    'an encoding that only looks like chunked': () => `${post('Transfer-Encoding: xchunked\r\n')}0\r\n\r\n${smuggled}`,
    'a space before the colon': () => `${post('Transfer-Encoding : chunked\r\n')}0\r\n\r\n${smuggled}`,
    'an encoding folded into a second line': () =>
      `${post('Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n')}${smuggled}`,
    'a vertical tab before the encoding': () => `${post('Transfer-Encoding: \x0bchunked\r\n')}0\r\n\r\n${smuggled}`,
    'two lengths that differ': () => `${post('Content-Length: 0\r\nContent-Length: 2\r\n')}{}${smuggled}`,
    'two lengths in one header': () => `${post('Content-Length: 0, 2\r\n')}{}${smuggled}`,
    'a length with a sign': () => `${post('Content-Length: +2\r\n')}{}${smuggled}`,
    'a length below nothing': () => `${post('Content-Length: -1\r\n')}${smuggled}`,
    'a length in hexadecimal': () => `${post('Content-Length: 0x2\r\n')}{}${smuggled}`,
    'a length beyond what numbers can say': () => `${post('Content-Length: 99999999999999999999999\r\n')}{}${smuggled}`,
    'a header line folded into a second one': () =>
      `GET /health/live HTTP/1.1\r\n${host}X-A: b\r\n c: d\r\n\r\n${smuggled}`,
    'a header that ends with a bare carriage return': () =>
      `GET /health/live HTTP/1.1\r\n${host}X-A: b\rX-C: d\r\n\r\n${smuggled}`,
    'lines that end with a bare line feed': () =>
      `GET /health/live HTTP/1.1\nHost: a\nContent-Length: 0\n\n${smuggled}`,
    'a chunk size with a prefix': () => `${post('Transfer-Encoding: chunked\r\n')}0x2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'a chunk size with a sign': () => `${post('Transfer-Encoding: chunked\r\n')}+2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'a chunk size that overflows': () =>
      `${post('Transfer-Encoding: chunked\r\n')}FFFFFFFFFFFFFFFFF2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'a chunk that is longer than its size': () =>
      `${post('Transfer-Encoding: chunked\r\n')}2\r\n{}XX\r\n0\r\n\r\n${smuggled}`,
    'chunk lines that end with a bare line feed': () =>
      `${post('Transfer-Encoding: chunked\r\n')}2\n{}\n0\n\n${smuggled}`,
    'an extension of a chunk with a bare line feed': () =>
      `${post('Transfer-Encoding: chunked\r\n')}2;a\nb\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'an extension of a chunk of 64 KB': () =>
      `${post('Transfer-Encoding: chunked\r\n')}2;a=${'b'.repeat(65_536)}\r\n{}\r\n0\r\n\r\n${smuggled}`,
    'a version of HTTP that is none': () => `GET /health/live HTTP/9.9\r\n${host}\r\n${smuggled}`,
    'a request without a host': () => `GET /health/live HTTP/1.1\r\n\r\n${smuggled}`,
    'a space in a header name': () => `GET /health/live HTTP/1.1\r\n${host}X A: b\r\n\r\n${smuggled}`,
    'a null in a header name': () => `GET /health/live HTTP/1.1\r\n${host}X\0A: b\r\n\r\n${smuggled}`,
    'a method and the wish for another protocol (h2c)': () => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`,
  }
  for (const [what, bytes] of Object.entries(ambiguous)) {
    test(what, async () => {
      const { statuses, text } = await answers(bytes())
      assert.equal(statuses.length, 1, `${statuses}: ${text.slice(0, 600)}`)
      assert.ok((statuses[0] ?? 0) >= 400 && (statuses[0] ?? 0) < 500, text.slice(0, 300))
      assert.ok(!text.includes('smuggled') && !text.includes('openapi'), 'what was smuggled was answered')
      // Some have no body that could be read to its end, but say so in the same words.
      if (statuses[0] !== 431) assertPrintedBy('azalscore', parseAnswer(text), what)
    })
  }
})

describe('requests behind one another on a connection', () => {
  const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\n${host}${headers}\r\n`
  const last = 'Connection: close\r\n'

  test('are answered one by one, and a credential is the one of its own request only', async () => {
    const own = `Authorization: Bearer ${token}\r\n`
    const { statuses } = await answers(
      get('/api/v1/tenant', own) + get('/api/v1/tenant') + get('/api/v1/tenant', own) + get('/api/v1/tenant', last),
    )
    assert.deepEqual(statuses, [200, 401, 200, 401])
  })

  test('are no part of a body that was refused before it was read', async () => {
    const body = `${smuggled}${'x'.repeat(1000)}`
    const refused = `POST /api/v1/clients HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const { statuses, text } = await answers(`${refused}${body}${get('/health/live', last)}`)
    assert.equal(statuses[0], 401)
    assert.ok(statuses.length === 1 || statuses[1] === 200, String(statuses))
    assert.ok(statuses.length <= 2 && !text.includes('"openapi"'), 'a body was taken for a request')
  })

  test('are no part of the body of a request that needs none', async () => {
    for (const framed of [`Content-Length: ${smuggled.length}\r\n`, 'Transfer-Encoding: chunked\r\n']) {
      const body = framed.startsWith('C') ? smuggled : `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
      const { statuses, text } = await answers(`${get('/health/live', framed)}${body}${get('/health/live', last)}`)
      assert.ok(statuses.length <= 2 && !text.includes('"openapi"'), `${framed}: ${statuses}`)
    }
  })

  test('an ordinary extension of a chunk changes nothing, and a trailer is no header', async () => {
    const body = '{"name":"Chunked"}'
    const size = body.length.toString(16)
    const chunks = `${size};name=value\r\n${body}\r\n0\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const framed = `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n${last}`
    const start = `POST /api/v1/clients HTTP/1.1\r\n${host}`
    assert.deepEqual((await answers(`${start}${framed}\r\n${chunks}`)).statuses, [401])
    const own = `Authorization: Bearer ${token}\r\n`
    assert.deepEqual((await answers(`${start}${own}${framed}\r\n${chunks}`)).statuses, [201])
  })

  test('an upgrade to another protocol is not made', async () => {
    const upgrade =
      'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'
    const { statuses } = await answers(get('/health/live', upgrade))
    assert.deepEqual(statuses, [200])
  })
})

describe('what is there twice and may be there once', () => {
  const single = ['Authorization', 'X-API-Key', 'Content-Type', 'Host', 'Idempotency-Key', 'X-Encryption-Key', 'Origin']
  for (const name of single) {
    test(`a second ${name} is refused, whichever of both would have counted`, async () => {
      const lines = new Map([
        ['Host', 'localhost'],
        ['Authorization', `Bearer ${token}`],
        ['Content-Type', 'application/json'],
      ])
      for (const [first, second] of [
        [lines.get(name) ?? 'one', 'another'],
        ['another', lines.get(name) ?? 'one'],
        [lines.get(name) ?? 'one', lines.get(name) ?? 'one'],
      ]) {
        const others = [...lines].filter(([one]) => one !== name).map(([one, value]) => `${one}: ${value}\r\n`)
        const twice = `${name}: ${first}\r\n${name.toLowerCase()}: ${second}\r\n`
        const { statuses, text } = await answers(
          `POST /api/v1/clients HTTP/1.1\r\n${others.join('')}${twice}Content-Length: 2\r\nConnection: close\r\n\r\n{}`,
        )
        assert.deepEqual(statuses, [400], text.slice(0, 300))
        assertPrintedBy('factpulse', parseAnswer(text), name)
      }
    })
  }

  test('health checks and lists of proxies go on as they are', async () => {
    const many =
      'X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\nCookie: a=1\r\nCookie: b=2\r\nVia: a\r\nVia: b\r\n'
    assert.deepEqual(
      (await answers(`GET /health/live HTTP/1.1\r\n${host}${many}${'Connection: close\r\n'}\r\n`)).statuses,
      [200],
    )
  })
})
