import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Config } from '#src/config.ts'
import type { Answer, RequestOptions, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

type Created = { data: { id: string; name: string; api_key: string } }
type ErrorBody = { error: { code: string; message: string }; status: string }

async function start(t: TestContext, config: Partial<Config> = {}): Promise<TestApp> {
  const app = await startTestApp({ config: { trustProxy: ['127.0.0.1'], ...config } })
  t.after(() => app.close())
  return app
}

function register(app: TestApp, name: string, options: RequestOptions & { from?: string } = {}): Promise<Answer> {
  const { from = '203.0.113.1', ...rest } = options
  return app.request('/api/v1/clients/', {
    method: 'POST',
    body: { name },
    headers: { 'x-forwarded-for': from },
    ...rest,
  })
}

const code = (answer: Answer) => (answer.body as ErrorBody).error.code

test('registration is open: anyone gets a client in a tenant of its own, with a key that works at once', async (t) => {
  const app = await start(t)
  const [first, second] = [await register(app, 'First'), await register(app, 'Second')]
  assert.deepEqual([first.status, second.status], [201, 201])
  const tenants = await queryAsOwner<{ tenant_id: string; self_registered: boolean }>(
    app.database,
    'select c.tenant_id, t.self_registered from clients c join tenants t on t.id = c.tenant_id',
  )
  assert.equal(new Set(tenants.map((one) => one.tenant_id)).size, 2)
  assert.deepEqual(
    tenants.map((one) => one.self_registered),
    [true, true],
  )
  const { data }: Created = first.body
  const me = await app.request('/api/v1/clients/me', { apiKey: data.api_key })
  assert.equal((me.body as Created).data.id, data.id)
  assert.equal('api_key' in (me.body as { data: object }).data, false, 'the key is shown at creation only')
})

test('the key is stored as a hash only', async (t) => {
  const app = await start(t)
  const { data }: Created = (await register(app, 'Hashed')).body
  const rows = await queryAsOwner<{ text: string }>(
    app.database,
    `select coalesce(string_agg(x::text, ' '), '') as text from (select to_jsonb(k) x from api_keys k
       union all select to_jsonb(a) from audit_events a union all select to_jsonb(d) from domain_events d) s`,
  )
  assert.ok(rows[0]?.text.includes(data.id))
  assert.equal(rows[0]?.text.includes(data.api_key), false)
  assert.equal(app.logs.join('').includes(data.api_key), false)
})

test('the sixth registration of an address within an hour is 429 with Retry-After; another address goes on', async (t) => {
  const app = await start(t)
  for (let number = 1; number <= 5; number++) assert.equal((await register(app, `Number ${number}`)).status, 201)
  const sixth = await register(app, 'Number 6')
  assert.equal(sixth.status, 429)
  assert.equal(code(sixth), 'RATE_LIMITED')
  assert.equal(sixth.headers.get('retry-after'), '3600')
  assert.equal((await register(app, 'Number 6', { from: '203.0.113.2' })).status, 201)
  const token = await app.signIn()
  assert.equal((await register(app, 'Number 7', { token })).status, 201, 'an account-level token is not counted')
})

test('names cannot be probed: refused registrations count too', async (t) => {
  const app = await start(t)
  await register(app, 'Taken')
  const from = '203.0.113.3'
  for (let attempt = 1; attempt <= 20; attempt++) assert.equal((await register(app, 'Taken', { from })).status, 409)
  const refused = await register(app, 'Taken', { from })
  assert.equal(refused.status, 429)
  assert.equal(refused.headers.get('retry-after'), '3600')
})

test('parallel registrations do not slip through the limit', async (t) => {
  const app = await start(t)
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => register(app, `Parallel ${index}`)))
  assert.equal(answers.filter((one) => one.status === 201).length, 5)
  assert.equal(answers.filter((one) => one.status === 429).length, 7)
})

test('registering a name twice is DUPLICATE_CLIENT_NAME, and leaves no tenant behind', async (t) => {
  const app = await start(t)
  await register(app, 'Taken')
  const countTenants = () => queryAsOwner(app.database, 'select id from tenants')
  const before = await countTenants()
  const answer = await register(app, 'Taken', { from: '203.0.113.9' })
  assert.equal(answer.status, 409)
  assert.deepEqual(answer.body, {
    error: { code: 'DUPLICATE_CLIENT_NAME', message: 'Client name already exists' },
    status: 'error',
  })
  assert.equal((await countTenants()).length, before.length)
})

test('twenty parallel registrations of one name give one client', async (t) => {
  const app = await start(t)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => register(app, 'Wanted by all', { from: `203.0.113.${index + 10}` })),
  )
  assert.deepEqual(
    answers.map((one) => one.status).sort((a, b) => a - b),
    [201, ...Array.from({ length: 19 }, () => 409)],
  )
})

test('names of an account and of self-registered clients do not stand in each other’s way', async (t) => {
  const app = await start(t)
  const token = await app.signIn()
  assert.equal((await register(app, 'Common')).status, 201)
  assert.equal((await register(app, 'Common', { token })).status, 201)
  assert.equal((await register(app, 'Common', { token })).status, 409)
})

test('an account-level token creates in its own tenant, with a key', async (t) => {
  const app = await start(t, { selfRegistration: 'closed' })
  const token = await app.signIn()
  const answer = await register(app, 'Of the account', { token })
  assert.equal(answer.status, 201)
  const { data }: Created = answer.body
  const [row] = await queryAsOwner<{ tenant_id: string }>(app.database, 'select tenant_id from clients where id = $1', [
    data.id,
  ])
  assert.equal(row?.tenant_id, 'tenant_001')
  assert.equal((await app.request('/api/v1/clients/me', { apiKey: data.api_key })).status, 200)
})

test('closed, registration without a token is 403 and creates nothing', async (t) => {
  const app = await start(t, { selfRegistration: 'closed' })
  const answer = await register(app, 'Not welcome')
  assert.equal(answer.status, 403)
  assert.equal(code(answer), 'FORBIDDEN')
  assert.equal((await queryAsOwner(app.database, 'select 1 from clients')).length, 0)
})

test('a client cannot create clients, and a credential that does not hold is 401, not a registration', async (t) => {
  const app = await start(t)
  const { data }: Created = (await register(app, 'A client')).body
  const byClient = await register(app, 'By a client', { apiKey: data.api_key })
  assert.equal(byClient.status, 403)
  const uid = await app.createClient('Token of a client')
  assert.equal((await register(app, 'By a token', { token: await app.signIn(uid) })).status, 403)
  for (const options of [{ apiKey: 'sk_test_unknown' }, { token: 'eyJ.not.valid' }]) {
    assert.equal((await register(app, 'With a bad credential', options)).status, 401)
  }
})

test('in production keys say so', async (t) => {
  const app = await start(t, { isProduction: true })
  const { data }: Created = (await register(app, 'Live')).body
  assert.match(data.api_key, /^sk_live_/)
})
