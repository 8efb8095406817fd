import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'] } })
  token = await app.signIn()
})
after(() => app.close())

type Config = {
  lastTestAt: string | null
  lastTestSuccess: boolean | null
  lastTestError: string | null
  message: string
}
type Asked = { authorization: string | undefined; form: URLSearchParams }

const clientSecret = 'p@ss:wörd+&='

async function configure(name: string, tokenUrl: string, key?: string): Promise<string> {
  const uid = await app.createClient(name)
  const body = {
    flowServiceUrl: 'https://api.example/flow',
    tokenUrl,
    oauthClientId: 'the client',
    clientSecret,
    ...(key === undefined ? {} : { encryptionMode: 'double' }),
  }
  const headers: Record<string, string> = key === undefined ? {} : { 'x-encryption-key': key }
  const answer = await app.request(`/api/v1/clients/${uid}/pdp-config`, { method: 'PUT', token, body, headers })
  assert.equal(answer.status, 200, answer.text)
  return uid
}

function run(uid: string, key?: string) {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-encryption-key': key }
  return app.request(`/api/v1/clients/${uid}/pdp-config/test`, { method: 'POST', token, headers })
}

/** A token endpoint that answers as told and keeps what it was asked. */
async function tokenEndpoint(t: TestContext, answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = []
  const port = await serveHttp(t, async (request: IncomingMessage, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    const one = { authorization: request.headers.authorization, form: new URLSearchParams(body) }
    asked.push(one)
    answer(one, response)
  })
  return { url: `http://127.0.0.1:${port}/oauth/token`, asked }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

test('asks the token endpoint by client credentials and records that a token came', async (t) => {
  const endpoint = await tokenEndpoint(t, (_, response) => json(response, 200, { access_token: 'tok' }))
  const uid = await configure('Success', endpoint.url)
  const answer = await run(uid)
  assert.equal(answer.status, 200)
  const tested: Config = answer.body
  assert.deepEqual([tested.lastTestSuccess, tested.lastTestError], [true, null])
  assert.ok(Date.now() - Date.parse(tested.lastTestAt ?? '') < 60_000)

  const [one] = endpoint.asked
  assert.equal(one?.form.get('grant_type'), 'client_credentials')
  const [id, secret] = Buffer.from((one?.authorization ?? '').slice(6), 'base64')
    .toString('utf8')
    .split(':')
  assert.deepEqual(
    [id, secret].map((part) => decodeURIComponent(part ?? '')),
    ['the client', clientSecret],
  )
  const shown: Config = (await app.request(`/api/v1/clients/${uid}/pdp-config`, { token })).body
  assert.equal(shown.lastTestAt, tested.lastTestAt, 'the outcome stays')
  assert.equal(answer.text.includes('"tok"'), false, 'the token is nobody else’s')
})

test('an endpoint that wants the secret in the body gets it there', async (t) => {
  const endpoint = await tokenEndpoint(t, ({ form }, response) => {
    if (form.get('client_secret') === clientSecret) json(response, 200, { access_token: 'tok' })
    else json(response, 401, { error: 'invalid_client' })
  })
  const answer = await run(await configure('Body', endpoint.url))
  assert.equal((answer.body as Config).lastTestSuccess, true)
})

test('records a refusal with its status and error code, and nothing else of the answer', async (t) => {
  const endpoint = await tokenEndpoint(t, (_, response) =>
    json(response, 401, { error: 'invalid_client', error_description: `wrong secret ${clientSecret}` }),
  )
  const answer = await run(await configure('Refused', endpoint.url))
  assert.equal(answer.status, 200, 'the test was carried out')
  const tested: Config = answer.body
  assert.deepEqual(
    [tested.lastTestSuccess, tested.lastTestError],
    [false, 'The token endpoint answered 401 (invalid_client).'],
  )
  assert.equal(answer.text.includes(clientSecret), false)
})

test('an answer without an access_token is a failure', async (t) => {
  for (const [name, body] of [
    ['Empty object', '{}'],
    ['Empty token', '{"access_token":""}'],
    ['A page', '<html>login</html>'],
  ] as const) {
    const endpoint = await tokenEndpoint(t, (_, response) => response.end(body))
    const tested: Config = (await run(await configure(name, endpoint.url))).body
    assert.deepEqual(
      [tested.lastTestSuccess, tested.lastTestError],
      [false, 'The token endpoint answered 200 without an access_token.'],
    )
  }
})

test('does not follow a redirect with the secret', async (t) => {
  const elsewhere = await tokenEndpoint(t, (_, response) => json(response, 200, { access_token: 'tok' }))
  const endpoint = await tokenEndpoint(t, (_, response) => {
    response.writeHead(307, { location: elsewhere.url }).end()
  })
  const tested: Config = (await run(await configure('Redirect', endpoint.url))).body
  assert.equal(tested.lastTestSuccess, false)
  assert.match(tested.lastTestError ?? '', /redirect|307/i)
  assert.equal(elsewhere.asked.length, 0)
})

test('an endpoint that closes the connection, or that nobody listens at, is a failure in words', async (t) => {
  const closing = await tokenEndpoint(t, (_, response) => response.destroy())
  const tested: Config = (await run(await configure('Closing', closing.url))).body
  assert.deepEqual([tested.lastTestSuccess, typeof tested.lastTestError], [false, 'string'])
  const nobody: Config = (await run(await configure('Nobody', 'http://127.0.0.1:1/token'))).body
  assert.match(nobody.lastTestError ?? '', /Cannot connect to "127\.0\.0\.1"/)
})

test('never calls an address that the operator has not allowed', async (t) => {
  const strict = await startTestApp()
  t.after(() => strict.close())
  const endpoint = await tokenEndpoint(t, (_, response) => json(response, 200, { access_token: 'tok' }))
  const account = await strict.signIn()
  const port = new URL(endpoint.url).port
  for (const [name, tokenUrl] of [
    ['Loopback', endpoint.url],
    ['Name of loopback', `http://localhost:${port}/token`],
    ['Mapped', `https://[::ffff:127.0.0.1]:${port}/token`],
    ['Private', 'https://10.0.0.1/token'],
    ['Link-local', 'https://169.254.169.254/latest/meta-data'],
    ['Decimal', `https://2130706433:${port}/token`],
  ] as const) {
    const uid = await strict.createClient(name)
    const body = { flowServiceUrl: 'https://api.example/', tokenUrl, oauthClientId: 'c', clientSecret: 's' }
    const set = await strict.request(`/api/v1/clients/${uid}/pdp-config`, { method: 'PUT', token: account, body })
    assert.equal(set.status, 200, set.text)
    const answer = await strict.request(`/api/v1/clients/${uid}/pdp-config/test`, { method: 'POST', token: account })
    assert.match((answer.body as Config).lastTestError ?? '', /not allowed/, `${name}: ${answer.text}`)
  }
  assert.equal(endpoint.asked.length, 0)
})

test('a secret in mode "double" is tested with the key of the client only', async (t) => {
  const endpoint = await tokenEndpoint(t, (_, response) => json(response, 200, { access_token: 'tok' }))
  const key = randomBytes(32).toString('base64')
  const uid = await configure('Double', endpoint.url, key)
  for (const [given, errorCode] of [
    [undefined, 'ENCRYPTION_KEY_REQUIRED'],
    ['malformed', 'ENCRYPTION_KEY_INVALID'],
    [randomBytes(32).toString('base64'), 'ENCRYPTION_KEY_WRONG'],
  ] as const) {
    const answer = await run(uid, given)
    assert.equal(answer.status, 400)
    assert.equal((answer.body as { errorCode: string }).errorCode, errorCode)
  }
  assert.equal(endpoint.asked.length, 0)
  assert.equal(((await run(uid, key)).body as Config).lastTestSuccess, true)
})

test('a client without a configuration, or an unknown one, has nothing to test', async () => {
  const uid = await app.createClient('Unconfigured')
  for (const [id, errorCode] of [
    [uid, 'CONFIG_NOT_FOUND'],
    ['550e8400-e29b-41d4-a716-446655440000', 'CLIENT_NOT_FOUND'],
  ] as const) {
    const answer = await run(id)
    assert.equal(answer.status, 404)
    assert.equal((answer.body as { errorCode: string }).errorCode, errorCode)
  }
})

test('the outcome of a test is dropped when the configuration was replaced while it ran', async (t) => {
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const endpoint = await tokenEndpoint(t, (_, response) => {
    wasAsked()
    void released.then(() => json(response, 200, { access_token: 'tok' }))
  })
  const uid = await configure('Replaced meanwhile', endpoint.url)
  const running = run(uid)
  await asked
  const body = { flowServiceUrl: 'https://api.example/', tokenUrl: endpoint.url, oauthClientId: 'c', clientSecret: 's' }
  await app.request(`/api/v1/clients/${uid}/pdp-config`, { method: 'PUT', token, body })
  release()
  assert.equal((await running).status, 200)
  const shown: Config = (await app.request(`/api/v1/clients/${uid}/pdp-config`, { token })).body
  assert.deepEqual([shown.lastTestAt, shown.lastTestSuccess], [null, null])
})
