/** What the client package does when things go wrong on the way, against a server that lets them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError, ConnectionError, RateLimitError, readRetryAfter } from '../../packages/client/src/errors.ts'
import {
  AuthenticationError,
  apiKey,
  Clientele,
  clientCredentials,
  fileFrom,
  ServerError,
  session,
  TimeoutError,
} from '../../packages/client/src/index.ts'
import { defaultRetries, delayBefore, mayRepeat } from '../../packages/client/src/retry-rules.ts'
import type { Step } from './scripted-server.ts'
import { hangUp, json, silence, startScripted } from './scripted-server.ts'

const quick = { baseDelayMs: 1, maxDelayMs: 2 }
const busy = json(503, { error: { code: 'unavailable', message: 'Later.' } })
const me = json(200, { status: 'success', data: { name: 'Mine' } })

async function scripted(
  t: TestContext,
  steps: Step[],
  options: Partial<ConstructorParameters<typeof Clientele>[0]> = {},
) {
  const server = await startScripted(...steps)
  t.after(() => server.close())
  const client = new Clientele({ baseUrl: `${server.url}/`, credential: apiKey('key'), retries: quick, ...options })
  return { server, client }
}

test('repeats what may be repeated after a busy server and a broken connection', async (t) => {
  const { server, client } = await scripted(t, [busy, hangUp, me])
  const answer = await client.get('/api/v1/clients/me')
  assert.equal(answer.data.name, 'Mine')
  assert.deepEqual(
    server.asked.map((one) => [one.method, one.url, one.headers['x-api-key']]),
    Array(3).fill(['GET', '/api/v1/clients/me', 'key']),
  )
})

test('gives up after the limit, with the server’s last word', async (t) => {
  const { server, client } = await scripted(t, [busy])
  await assert.rejects(client.get('/api/v1/clients/me'), (error) => {
    assert.ok(error instanceof ServerError)
    assert.deepEqual([error.status, error.code, error.message], [503, 'unavailable', 'Later.'])
    return true
  })
  assert.equal(server.asked.length, 4)
})

test('a POST is repeated with one and the same Idempotency-Key; without one, and a PATCH, never', async (t) => {
  const { server, client } = await scripted(t, [hangUp, busy, me, busy])
  const body = { name: 'Once' }
  await client.post('/api/v1/clients/', { body })
  const keys = server.asked.map((one) => String(one.headers['idempotency-key']))
  assert.equal(keys.length, 3)
  assert.match(keys[0] ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(new Set(keys).size, 1)
  assert.deepEqual(new Set(server.asked.map((one) => one.body)), new Set([JSON.stringify(body)]))
  await assert.rejects(client.post('/api/v1/clients/', { body, idempotencyKey: null }), ServerError)
  await assert.rejects(client.patch('/api/v1/tenant', { body: {} as never }), ServerError)
  assert.equal(server.asked.length, 5)
})

test('waits while the first request with the key is under way', async (t) => {
  const underWay = json(409, { errorCode: 'IDEMPOTENCY_IN_PROGRESS', errorMessage: 'Still under way.' })
  const { server, client } = await scripted(t, [underWay, me])
  await client.post('/api/v1/clients/', { body: { name: 'Twice' }, idempotencyKey: 'my-own-key-of-today' })
  assert.deepEqual(
    server.asked.map((one) => one.headers['idempotency-key']),
    ['my-own-key-of-today', 'my-own-key-of-today'],
  )
})

test('no answer in time is a TimeoutError; who aborts gets the own reason, and nothing is sent again', async (t) => {
  let attempts = 0
  const counting = (request: Request) => {
    attempts++
    return fetch(request)
  }
  const { client } = await scripted(t, [silence], { fetch: counting })
  await assert.rejects(client.get('/api/v1/clients/me', { timeoutMs: 20, retries: { limit: 1 } }), TimeoutError)
  assert.equal(attempts, 2)
  const control = new AbortController()
  const call = client.get('/api/v1/clients/me', { signal: control.signal })
  const reason = new Error('not needed any more')
  control.abort(reason)
  await assert.rejects(call, reason)
  assert.ok(attempts <= 3)
})

test('a redirect is not followed: the credential stays with this server', async (t) => {
  const elsewhere = await startScripted(me)
  t.after(() => elsewhere.close())
  const away: Step = (response) => response.writeHead(307, { location: elsewhere.url }).end()
  const { client } = await scripted(t, [away])
  await assert.rejects(client.get('/api/v1/clients/me'), (error) => error instanceof ApiError && error.status === 307)
  assert.equal(elsewhere.asked.length, 0)
})

test('many calls share one token; a refused one is replaced once', async (t) => {
  const state = { tokens: 0, good: 'token-1' }
  const { server, client } = await scripted(
    t,
    [
      (response, asked) => {
        if (asked.url === '/oauth2/token') {
          state.tokens++
          return json(200, { access_token: `token-${state.tokens}`, expires_in: 300 })(response, asked)
        }
        const isGood = asked.headers.authorization === `Bearer ${state.good}`
        return isGood
          ? me(response, asked)
          : json(401, { error: { code: 'token_ended', message: 'No.' } })(response, asked)
      },
    ],
    { credential: clientCredentials({ clientId: 'a b:c', clientSecret: 'é/+', scope: 'client:view' }) },
  )
  const ten = () => Promise.all(Array.from({ length: 10 }, () => client.get('/api/v1/clients/me')))
  await ten()
  assert.equal(state.tokens, 1)
  const asked = server.asked.find((one) => one.url === '/oauth2/token')
  assert.equal(asked?.body, 'grant_type=client_credentials&scope=client%3Aview')
  // RFC 6749, 2.3.1
  assert.equal(asked?.headers.authorization, `Basic ${Buffer.from('a+b%3Ac:%C3%A9%2F%2B').toString('base64')}`)
  state.good = 'token-2'
  await ten()
  assert.equal(state.tokens, 2)
  state.good = 'none'
  await assert.rejects(client.get('/api/v1/clients/me'), AuthenticationError)
  assert.equal(state.tokens, 3)
})

test('a wrong password is tried once', async (t) => {
  const refused = json(401, { error: { code: 'sign_in_refused', message: 'No.' } })
  const credential = session({ username: 'a', password: 'b', tenantId: 'c' })
  const { server, client } = await scripted(t, [refused], { credential })
  await assert.rejects(client.get('/api/v1/clients/me'), AuthenticationError)
  assert.deepEqual(
    server.asked.map((one) => one.url),
    ['/api/v1/auth/session'],
  )
})

test('a download that breaks off goes on where it stopped, and is refused when the file is another one', async (t) => {
  const content = 'abcdefghijklmnopqrstuvwxyz'
  const headers = { etag: '"1"', 'content-length': '26', 'content-disposition': `attachment; filename="a.txt"` }
  const half: Step = (response) => {
    response.writeHead(200, headers)
    response.write(content.slice(0, 10), () => setImmediate(() => response.destroy()))
  }
  const rest: Step = (response, asked) => {
    const from = Number(/^bytes=(\d+)-$/.exec(asked.headers.range ?? '')?.[1])
    assert.equal(asked.headers['if-range'], '"1"')
    response.writeHead(206, { etag: '"1"' }).end(content.slice(from))
  }
  const changed: Step = (response) => response.writeHead(200, { etag: '"2"' }).end('other')
  const folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-download-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { client } = await scripted(t, [half, rest, half, changed])
  const init = { params: { path: { export_id: 'exp_1' } } }
  const file = await client.download('/api/v1/export/{export_id}/download', init)
  assert.deepEqual([file.name, file.size], ['a.txt', 26])
  const target = path.join(folder, 'a.txt')
  assert.deepEqual(await file.saveTo(target), { bytes: 26 })
  assert.equal(await readFile(target, 'utf8'), content)
  const other = await client.download('/api/v1/export/{export_id}/download', init)
  await assert.rejects(other.text(), /changed while it was read/)
})

test('a file is sent again, a stream only once', async (t) => {
  const { server, client } = await scripted(t, [hangUp, json(200, { file_id: 'file_1' }), hangUp])
  const send = (file: ReturnType<typeof fileFrom>) => client.upload('/api/v1/import/preview', { form: { file } })
  await send(fileFrom(Buffer.from('a;b\n1;2\n'), { name: 'odd "name"\r\n.csv', type: 'text/csv' }))
  assert.equal(server.asked.length, 2)
  assert.match(
    server.asked[1]?.body ?? '',
    /name="file"; filename="odd %22name%22%0D%0A\.csv"\r\ncontent-type: text\/csv/,
  )
  async function* once() {
    yield Buffer.from('a\n')
  }
  await assert.rejects(send(fileFrom(once())), ConnectionError)
  assert.equal(server.asked.length, 3)
})

test('pauses: full jitter under a ceiling, never less than the server asks for, none when that is too long', () => {
  const error = (retryAfterSeconds: number | null) =>
    new RateLimitError({
      ...{ status: 429, code: null, message: 'busy', fieldErrors: [], requestId: null, body: null },
      retryAfterSeconds,
    })
  const chance = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 60 }), chance, (done, seconds, random) => {
      const wait = delayBefore(error(seconds), done, defaultRetries, random) ?? -1
      const ceiling = defaultRetries.baseDelayMs * 2 ** (done - 1)
      return wait >= seconds * 1000 && wait <= seconds * 1000 + ceiling
    }),
  )
  assert.equal(delayBefore(error(61), 1, defaultRetries, 0.5), null)
  assert.equal(delayBefore(error(null), 4, defaultRetries, 0.5), null)
  const now = Date.parse('2026-01-01T00:00:00Z')
  assert.deepEqual(
    ['7', 'Thu, 01 Jan 2026 00:00:09 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'soon', null].map((one) =>
      readRetryAfter(one, now),
    ),
    [7, 9, 0, null, null],
  )
  assert.equal(mayRepeat('POST', new Headers()), false)
})
