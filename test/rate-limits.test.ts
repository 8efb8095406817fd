/** Limits of requests over HTTP: two servers on one database, every contract's format. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser } from '#features/users/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { RateLimitSettings } from '#platform/rate-limits/index.ts'
import { documentedRateLimits } from '#platform/rate-limits/index.ts'
import type { Answer, TestApp } from './support/app.ts'
import { adminPassword, firstAdministrator, firstTenant, startTestApp } from './support/app.ts'
import type { TestDatabase } from './support/postgres.ts'
import { createTestDatabase } from './support/postgres.ts'

let database: TestDatabase
let a: TestApp
let b: TestApp

/** As documented, but for addresses: all tests call from the same one. */
const limits: RateLimitSettings = { ...documentedRateLimits, address: 10_000 }

before(async () => {
  database = await createTestDatabase()
  const masterKeys = (await startOne()).runtime.config.masterKeys
  b = await startOne({ masterKeys })
})
after(async () => {
  await b.close()
  await a.close()
  await database.drop()
})

async function startOne(config: { masterKeys?: string | null; rateLimits?: RateLimitSettings } = {}): Promise<TestApp> {
  const app = await startTestApp({ database, config: { rateLimits: limits, ...config } })
  a ??= app
  return app
}

let users = 0
/** A user of its own, so that a test begins with a whole quota. */
async function newUser(app = a): Promise<{ token: string }> {
  const email = `limited-${++users}@example.com`
  const system = { kind: 'system', tenantId: firstTenant, name: 'test' } as const
  const origin = { requestId: 'test', ipAddress: null, userAgent: null, via: 'test' }
  const user = { email, displayName: 'Limited', password: adminPassword, roles: ['owner'] }
  await runForResult(app.runtime.services, createUser, user, { actor: system, origin })
  return { token: await app.signIn(undefined, { username: email, password: adminPassword }) }
}

function limitsOf(answer: Answer): { limit: number; remaining: number; reset: number } {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = answer.headers.get(`x-ratelimit-${name}`)
    assert.match(text ?? '', /^\d+$/, `${answer.status} ${answer.text}`)
    return Number(text)
  }) as [number, number, number]
  return { limit, remaining, reset }
}

/** A minute with at least so many seconds left: a test that counts must not run over its end. */
async function secondsLeft(atLeast: number): Promise<void> {
  while (60 - ((Date.now() / 1000) % 60) < atLeast) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

/** Answers to one user that were all given in the same minute; when a busy machine takes longer, those to another user. */
async function inOneMinute(ask: (token: string) => Promise<Answer[]>): Promise<Answer[]> {
  for (const seconds of [15, 40, 55]) {
    const { token } = await newUser()
    await secondsLeft(seconds)
    const answers = await ask(token)
    if (new Set(answers.map((answer) => limitsOf(answer).reset)).size === 1) return answers
  }
  return assert.fail('a minute was never long enough')
}

const get = { client: '/api/v1/clients', keys: '/api/v1/rate-limits' }

test('two servers on one database let exactly 100 requests of a user through in a minute, also all at once', async () => {
  const answers = await inOneMinute(async (token) =>
    Promise.all(Array.from({ length: 250 }, (_, i) => (i % 2 ? a : b).request(get.keys, { token }))),
  )
  const statuses = answers.map((answer) => answer.status)
  assert.equal(statuses.filter((status) => status === 200).length, 100)
  assert.equal(statuses.filter((status) => status === 429).length, 150)
  for (const answer of answers) assert.equal(limitsOf(answer).limit, 100)
})

test('counts down in X-RateLimit-Remaining, names the end of the minute, and says how long to wait', async () => {
  const { token } = await newUser()
  await secondsLeft(15)
  const [first, second] = [await a.request(get.keys, { token }), await a.request(get.keys, { token })]
  assert.equal(limitsOf(first).remaining, limitsOf(second).remaining + 1)
  assert.equal(limitsOf(first).reset % 60, 0)
  const nowSeconds = Date.now() / 1000
  assert.ok(limitsOf(first).reset > nowSeconds && limitsOf(first).reset <= nowSeconds + 60)
  let last = second
  while (last.status === 200) last = await a.request(get.keys, { token })
  assert.equal(last.status, 429)
  assert.equal(limitsOf(last).remaining, 0)
  const wait = Number(last.headers.get('retry-after'))
  assert.ok(wait >= 1 && wait <= 60)
  assert.ok(Math.abs(Date.now() / 1000 + wait - limitsOf(last).reset) <= 2)
})

test('every kind of answer of every contract carries the headers', async () => {
  const { token } = await newUser()
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const answers: [number, Answer][] = [
    [200, await a.request(get.keys, { token })],
    [200, await a.request('/api/v1/clients', { token })],
    [
      200,
      await a
        .signIn()
        .then(() =>
          a.request('/api/token/', { method: 'POST', body: { username: firstAdministrator, password: adminPassword } }),
        ),
    ],
    [401, await a.request('/api/v1/clients')],
    [401, await a.request('/api/v1/clients', { token: 'not.a.token' })],
    [401, await a.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey: 'sk_test_nothing' })],
    [
      401,
      await a.request('/api/v1/auth/session', {
        method: 'POST',
        body: { username: 'x', password: 'y', tenant_id: 'z' },
      }),
    ],
    [422, await a.request(get.keys, { method: 'PUT', token, body: { user: 'many' } })],
    [400, await a.request('/api/v1/auth/session', { ...json, raw: '{' })],
    [404, await a.request('/api/v1/clients/00000000-0000-4000-8000-000000000000', { token })],
    [404, await a.request('/nothing/here', { token })],
    [405, await a.request('/api/v1/rate-limits', { method: 'DELETE', token })],
    [
      415,
      await a.request('/api/v1/auth/session', {
        method: 'POST',
        raw: 'a=b',
        headers: { 'content-type': 'text/plain' },
      }),
    ],
  ]
  for (const [status, answer] of answers) {
    assert.equal(answer.status, status, answer.text)
    limitsOf(answer)
  }
})

test('health, metrics, keys and documents are not limited', async () => {
  for (const path of [
    '/health/live',
    '/health/ready',
    '/metrics',
    '/.well-known/jwks.json',
    '/openapi.json',
    '/docs/',
  ]) {
    const answer = await a.request(path)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('x-ratelimit-limit'), null, path)
  }
})

test("refuses in each contract's own format", async (t) => {
  const app = await startOne({
    masterKeys: a.runtime.config.masterKeys,
    rateLimits: { user: 1, tenant: 1000, transfer: 1, address: 1 },
  })
  t.after(() => app.close())
  await secondsLeft(10)
  const spent = await app.request('/nothing/here')
  assert.equal(limitsOf(spent).limit, 1)
  const azalscore = await app.request('/api/v1/auth/session', { method: 'POST', body: {} })
  assert.equal(azalscore.status, 429)
  const { error } = azalscore.body as { error: { code: string; message: string; request_id: string } }
  assert.deepEqual(error, {
    code: 'rate_limited',
    message: 'Too many requests: wait and try again.',
    request_id: azalscore.headers.get('x-request-id'),
  })
  const factpulse = await app.request('/api/token/', { method: 'POST', body: {} })
  assert.equal(factpulse.status, 429)
  assert.deepEqual(factpulse.body, {
    errorCode: 'RATE_LIMITED',
    errorMessage: 'Too many requests: wait and try again.',
  })
  const chatapi = await app.request('/api/v1/clients/', { method: 'POST', body: { name: 'x' } })
  assert.equal(chatapi.status, 429)
  assert.equal((chatapi.body as { status: string }).status, 'error')
  for (const answer of [azalscore, factpulse, chatapi]) {
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    assert.equal(limitsOf(answer).remaining, 0)
  }
})

test('a wrong credential counts towards the address, not towards anybody', async () => {
  const answer = await a.request(get.keys, { token: 'not.a.token' })
  assert.equal(limitsOf(answer).limit, limits.address)
})

test("a client's keys and client-level tokens share one quota; the user's own account-level token has another", async () => {
  const uid = await a.createClient()
  const clientToken = await a.signIn(uid)
  await secondsLeft(10)
  const byToken = await a.request(`/api/v1/clients/${uid}`, { token: clientToken })
  const again = await a.request(`/api/v1/clients/${uid}`, { token: await a.signIn(uid) })
  assert.equal(limitsOf(again).remaining, limitsOf(byToken).remaining - 1)
})

test("an administrator changes the tenant's limits; they hold on every server at once and are audited", async () => {
  const { token } = await newUser()
  const { token: other } = await newUser(b)
  for (const app of [a, b]) assert.equal(limitsOf(await app.request(get.keys, { token: other })).limit, 100)
  const put = await a.request(get.keys, { method: 'PUT', token, body: { user: 50, transfer: 3 } })
  assert.equal(put.status, 200, put.text)
  assert.deepEqual(put.body, {
    enabled: true,
    limits: { user: 50, tenant: 1000, transfer: 3 },
    defaults: { user: 100, tenant: 1000, transfer: 10 },
    storage: { used_bytes: 0, limit_bytes: 20 * 1024 ** 3, default_limit_bytes: 20 * 1024 ** 3 },
  })
  for (const app of [a, b]) {
    const deadline = Date.now() + 2_000
    while (limitsOf(await app.request(get.keys, { token: other })).limit !== 50) assert.ok(Date.now() < deadline)
  }
  assert.deepEqual((await b.request(get.keys, { token })).body, put.body)
  for (const body of [{ user: 9 }, { tenant: 0 }, { transfer: 0 }, { user: 1_000_001 }, { user: 10.5 }]) {
    assert.equal((await a.request(get.keys, { method: 'PUT', token, body })).status, 422, JSON.stringify(body))
  }
  const back = await b.request(get.keys, { method: 'PUT', token, body: {} })
  assert.deepEqual((back.body as { limits: object }).limits, { user: 100, tenant: 1000, transfer: 10 })
  const events = await a.runtime.services.database.batch([
    { text: 'select enter_tenant($1)', values: [firstTenant] },
    { text: `select context from audit_events where action = 'rate-limit.adjust'`, values: [] },
  ])
  assert.equal(events[1]?.rows.length, 2)
})
