import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { documentedRateLimits } from '#platform/rate-limits/index.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import { codeOf, createUser, postSession } from '#test/support/identity.ts'
import {
  authorize,
  beginFlow,
  callback,
  discover,
  registerClient,
  secret,
  startOAuthApp,
  Visitor,
} from './oauth.fixture.ts'

const trustProxy = ['127.0.0.1']
const machine = { authorizationGrantTypes: 'client_credentials', redirectUris: '', scopes: 'client:view' }

let networks = 0
/** Each request from elsewhere. */
const elsewhere = () => `10.${(++networks >> 16) & 255}.${(networks >> 8) & 255}.${networks & 255}`

type Form = { path: string; fields?: Record<string, string>; basic?: string; from?: string }

function post(app: TestApp, { path, fields = {}, basic, from = elsewhere() }: Form): Promise<Answer> {
  return app.request(path, {
    method: 'POST',
    raw: new URLSearchParams(fields).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-for': from,
      ...(basic ? { authorization: `Basic ${Buffer.from(basic).toString('base64')}` } : {}),
    },
  })
}

/** Until the first refusal; a new minute may begin in between, but not twice. */
async function untilRefused(most: number, send: () => Promise<Answer>): Promise<{ answer: Answer; before: Answer[] }> {
  const before: Answer[] = []
  for (let i = 0; i <= 2 * most; i++) {
    const answer = await send()
    if (answer.status === 429) return { answer, before }
    before.push(answer)
  }
  return assert.fail(`not refused after ${before.length} requests: ${before.at(-1)?.text}`)
}

/** What is refused must be so a moment later too: not at the end of a minute. */
async function roomInMinute(): Promise<void> {
  while (60 - ((Date.now() / 1000) % 60) < 5) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

function isOAuthRefusal(answer: Answer): void {
  const wait = Number(answer.headers.get('retry-after'))
  assert.ok(wait >= 1 && wait <= 60, `Retry-After: ${wait}`)
  const body = answer.body as { error: string; error_description: string }
  assert.equal(body.error, 'temporarily_unavailable')
  assert.match(body.error_description, /\d+ s\b|limit|Too many/i)
  assert.equal(answer.headers.get('x-ratelimit-remaining'), '0')
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
}

describe('every address of the authorization server that takes a form is limited by address', () => {
  const address = 3
  let app: TestApp
  before(async () => {
    app = await startOAuthApp({ rateLimits: { ...documentedRateLimits, address }, trustProxy })
  })
  after(() => app.close())

  for (const path of ['token', 'introspect', 'revoke', 'userinfo']) {
    test(`programs: /oauth2/${path}`, async () => {
      const from = elsewhere()
      const { answer, before } = await untilRefused(address, () => post(app, { path: `/oauth2/${path}`, from }))
      for (const one of before) assert.ok(one.status === 400 || one.status === 401, one.text)
      isOAuthRefusal(answer)
      assert.notEqual((await post(app, { path: `/oauth2/${path}` })).status, 429, 'another address')
    })
  }

  const interaction = '/oauth2/interaction/unknown'
  for (const path of [
    '/oauth2/authorize',
    '/oauth2/end-session',
    '/oauth2/end-session/confirm',
    ...['sign-in', 'second-factor', 'passkey', 'consent', 'abort'].map((form) => `${interaction}/${form}`),
  ]) {
    test(`people: ${path}`, async () => {
      const from = elsewhere()
      const { answer } = await untilRefused(address, () => post(app, { path, from }))
      assert.ok(Number(answer.headers.get('retry-after')) >= 1)
      assert.match(answer.text, /<h1>Not so fast<\/h1>/)
    })
  }
})

describe('a registered client is limited wherever it calls from', () => {
  const user = 4
  /** Limits nobody: for what a test prepares. */
  let open: TestApp
  let a: TestApp
  let b: TestApp
  before(async () => {
    open = await startTestApp()
    const { masterKeys } = open.runtime.config
    const port = await freePort()
    const publicUrl = `http://127.0.0.1:${port}`
    const config = {
      rateLimits: { user, tenant: 10_000, transfer: 10, address: 10_000 },
      trustProxy,
      masterKeys,
      publicUrl,
    }
    a = await startTestApp({ database: open.database, config: { ...config, port } })
    b = await startTestApp({ database: open.database, config })
  })
  after(async () => {
    await b.close()
    await a.close()
    await open.close()
  })

  let clients = 0
  async function register(fields: Record<string, unknown> = machine): Promise<string> {
    const clientId = `limited-${++clients}`
    await registerClient(open, { clientId, ...fields })
    return clientId
  }

  const grant = (app: TestApp, clientId: string, password = secret) =>
    post(app, { path: '/oauth2/token', fields: { grant_type: 'client_credentials' }, basic: `${clientId}:${password}` })

  test('at the token endpoint, on all nodes together; another client is not', async () => {
    const clientId = await register()
    let turn = 0
    const { answer, before } = await untilRefused(user, () => grant(turn++ % 2 ? a : b, clientId))
    assert.ok(before.every((one) => one.status === 200))
    isOAuthRefusal(answer)
    assert.equal((await grant(a, await register())).status, 200)
  })

  test('by what it did itself only: who knows its name without its secret takes nothing from it', async () => {
    const clientId = await register()
    for (let i = 0; i < 3 * user; i++) assert.equal((await grant(a, clientId, 'guessed')).status, 401)
    assert.equal((await grant(a, clientId)).status, 200)
  })

  test('at introspection and revocation', async () => {
    for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
      const basic = `${await register()}:${secret}`
      const { answer, before } = await untilRefused(user, () =>
        post(a, { path, fields: { token: 'x'.repeat(43) }, basic }),
      )
      assert.ok(before.every((one) => one.status === 200))
      isOAuthRefusal(answer)
    }
  })

  test('without losing what the refused request brought: the code is taken when it is sent again', async () => {
    const clientId = await register({})
    const flow = await beginFlow(await discover(a, clientId))
    const landed = await authorize(flow)
    const path = '/oauth2/token'
    const code = new URL(landed).searchParams.get('code') ?? ''
    const fields = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: flow.verifier }
    const basic = `${clientId}:${secret}`
    await roomInMinute()
    await untilRefused(user, () => post(a, { path: '/oauth2/introspect', fields: { token: 'x'.repeat(43) }, basic }))
    isOAuthRefusal(await post(a, { path, fields, basic }))
    const token = await open.signIn()
    const adjusted = await open.request('/api/v1/rate-limits', { method: 'PUT', token, body: { user: 10_000 } })
    assert.equal(adjusted.status, 200, adjusted.text)
    let taken = await post(a, { path, fields, basic })
    // The node hears of it a moment later.
    while (taken.status === 429) taken = await post(a, { path, fields, basic })
    assert.equal(taken.status, 200, taken.text)
  })
})

describe('the sign-in page counts with every other way to sign in', () => {
  let app: TestApp
  before(async () => {
    app = await startOAuthApp({ trustProxy })
    await registerClient(app, { clientId: 'web' })
  })
  after(() => app.close())

  test('wrong passwords there are refused by the API too, and the other way round, with the time to wait', async () => {
    for (const first of ['page', 'API']) {
      const { username, password } = await createUser(app, ['viewer'])
      const from = elsewhere()
      const visitor = new Visitor({ 'x-forwarded-for': from })
      const flow = await beginFlow(await discover(app, 'web'))
      const page = await visitor.follow(flow.url.href)
      const wrong = { username, password: 'not the password' }
      for (let i = 0; i < 5; i++) {
        if (first === 'page') assert.equal((await visitor.submit(page, '/sign-in', wrong)).status, 422)
        else assert.equal((await postSession(app, wrong, { from })).status, 401)
      }
      const byApi = await postSession(app, { username, password }, { from })
      assert.deepEqual([byApi.status, codeOf(byApi)], [429, 'attempts_throttled'])
      const onPage = await visitor.submit(page, '/sign-in', { username, password })
      assert.equal(onPage.status, 429)
      assert.ok(Number(onPage.headers.get('retry-after')) >= 1)
      assert.match(onPage.text, /role="alert" id="fault">Too many attempts/)
      const other = await authorize(await beginFlow(flow.config), new Visitor({ 'x-forwarded-for': elsewhere() }), {
        username,
        password,
      })
      assert.ok(other.startsWith(callback), 'from elsewhere the user signs in')
    }
  })
})
