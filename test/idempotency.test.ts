/** Idempotency-Key: the same key with the same request gives the same answer, however often and on whichever process. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import type { Answer, RequestOptions, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let account: string
before(async () => {
  app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'], trustProxy: ['127.0.0.1'] } })
  account = await app.signIn()
})
after(() => app.close())

function post(path: string, key: string, options: RequestOptions = {}): Promise<Answer> {
  const headers = { 'idempotency-key': key, ...options.headers }
  return app.request(path, { method: 'POST', token: account, ...options, headers })
}

async function createClient(name: string): Promise<{ id: string; apiKey: string }> {
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body: { name } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  return { id: data.id, apiKey: data.api_key }
}

const countOf = async (name: string) =>
  (await queryAsOwner(app.database, 'select 1 from clients where name = $1', [name])).length

test('a repeated creation gives the first answer again, the shown key included, and creates nothing', async () => {
  for (const path of ['/api/v1/clients', '/api/v1/clients/']) {
    const body = { name: `Repeated at ${path}` }
    const first = await post(path, `repeat ${path}`, { body })
    const second = await post(path, `repeat ${path}`, { body })
    assert.deepEqual([first.status, second.status], [201, 201])
    assert.equal(second.text, first.text)
    assert.notEqual(second.headers.get('x-request-id'), first.headers.get('x-request-id'))
    assert.equal(await countOf(body.name), 1)
  }
})

test('secrets that are shown once are the same secret on repetition: webhook secret, regenerated key, named key', async () => {
  const { id, apiKey } = await createClient('Shown once')
  const own = { token: await app.signIn(id) }
  for (const [path, options] of [
    [`/api/v1/clients/${id}/webhook-secret/generate`, own],
    ['/api/v1/clients/me/api-keys', { ...own, body: { name: 'Backend' } }],
    ['/api/v1/clients/regenerate-key', own],
  ] as const) {
    const first = await post(path, `once ${path}`, options)
    assert.ok(first.status < 300, first.text)
    assert.equal((await post(path, `once ${path}`, options)).text, first.text)
  }
  assert.equal((await app.request('/api/v1/clients/me', { apiKey })).status, 401, 'the old key ended once')
})

test('stored answers are encrypted', async () => {
  const body = { name: 'Encrypted answer' }
  const answer = await post('/api/v1/clients/', 'encrypted', { body })
  const key = (answer.body as { data: { api_key: string } }).data.api_key
  const rows = await queryAsOwner<{ text: string }>(
    app.database,
    'select to_jsonb(i)::text as text from idempotency_keys i',
  )
  const text = rows.map((one) => one.text).join('')
  assert.ok(text.includes('encrypted'))
  for (const secret of [key, body.name]) assert.equal(text.includes(secret), false)
})

test('the same key with another body is refused: 422 by FactPulse, 409 by ChatAPI and AZALSCORE', async () => {
  await post('/api/v1/clients', 'other body', { body: { name: 'One' } })
  const factpulse = await post('/api/v1/clients', 'other body', { body: { name: 'Two' } })
  assert.equal(factpulse.status, 422)
  const { detail }: { detail: { loc: string[]; type: string }[] } = factpulse.body
  assert.deepEqual([detail[0]?.loc, detail[0]?.type], [['header', 'Idempotency-Key'], 'idempotency_key_reused'])

  await post('/api/v1/clients/', 'other body 2', { body: { name: 'Three' } })
  const chatapi = await post('/api/v1/clients/', 'other body 2', { body: { name: 'Four' } })
  assert.equal(chatapi.status, 409)
  assert.equal((chatapi.body as { error: { code: string } }).error.code, 'IDEMPOTENCY_KEY_REUSED')

  const body = { username: 'admin@example.com', password: 'correct-horse-battery', tenant_id: 'tenant_001' }
  const sign = (more: object) =>
    post('/api/v1/auth/session', 'sign in only once', { body: { ...body, ...more }, token: '' })
  const first = await sign({})
  assert.equal(first.status, 200)
  assert.equal((await sign({})).text, first.text)
  const azalscore = await sign({ password: 'another' })
  assert.equal(azalscore.status, 409)
  assert.equal((azalscore.body as { error: { code: string } }).error.code, 'idempotency_key_reused')
  assert.equal(await countOf('Two'), 0)
  assert.equal(await countOf('Four'), 0)
})

test('the same key with the same body on another address is refused', async () => {
  const body = { name: 'Two addresses' }
  assert.equal((await post('/api/v1/clients', 'two addresses', { body })).status, 201)
  assert.equal((await post('/api/v1/clients/', 'two addresses', { body })).status, 409)
})

test('twenty parallel duplicates create one client and all hear of it', async () => {
  const body = { name: 'Twenty' }
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('/api/v1/clients/', 'twenty', { body })))
  assert.deepEqual(new Set(answers.map((one) => one.text)).size, 1)
  assert.ok(answers.every((one) => one.status === 201))
  assert.equal(await countOf('Twenty'), 1)
})

test('a failed operation frees its key', async () => {
  await post('/api/v1/clients', 'taken once', { body: { name: 'Taken' } })
  const refused = await post('/api/v1/clients', 'freed', { body: { name: 'Taken' } })
  assert.equal(refused.status, 400)
  const invalid = await post('/api/v1/clients', 'freed', { body: { name: '' } })
  assert.equal(invalid.status, 422)
  assert.equal((await post('/api/v1/clients', 'freed', { body: { name: 'Free' } })).status, 201)
})

test('the key of one caller is nothing to another', async () => {
  const [one, two] = [await createClient('Caller one'), await createClient('Caller two')]
  const answers = await Promise.all(
    [one, two].map(({ id, apiKey }) =>
      app.request(`/api/v1/clients/${id}/webhook-secret/generate`, {
        method: 'POST',
        apiKey,
        headers: { 'idempotency-key': 'common' },
      }),
    ),
  )
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200],
  )
  assert.notEqual(answers[0]?.text, answers[1]?.text)
})

test('two addresses that register with the same key get a client each; one address gets its own answer again', async () => {
  const register = (from: string, name: string) =>
    app.request('/api/v1/clients/', {
      method: 'POST',
      body: { name },
      headers: { 'x-forwarded-for': from, 'idempotency-key': 'registration-of-mine' },
    })
  const first = await register('203.0.113.5', 'Registers')
  assert.equal(first.status, 201)
  assert.equal((await register('203.0.113.5', 'Registers')).text, first.text)
  const stranger = await register('203.0.113.6', 'Registers')
  assert.equal(stranger.status, 409)
  assert.equal((stranger.body as { error: { code: string } }).error.code, 'DUPLICATE_CLIENT_NAME')
})

test('without a credential a key that could be guessed is refused', async () => {
  const register = (key: string) =>
    app.request('/api/v1/clients/', {
      method: 'POST',
      body: { name: 'Short key' },
      headers: { 'idempotency-key': key },
    })
  const refused = await register('123456789012345')
  assert.equal(refused.status, 422)
  assert.match(refused.text, /random UUID/)
  assert.equal((await register('1234567890123456')).status, 201)
})

test('a key that is revoked gets no stored answer', async () => {
  const { apiKey } = await createClient('Revoked')
  const regenerate = () =>
    app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey, headers: { 'idempotency-key': 'once' } })
  assert.equal((await regenerate()).status, 200)
  assert.equal((await regenerate()).status, 401)
})

test('a test message is sent once for one key, though the sending takes its time', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: connected, resolve: wasConnected } = Promise.withResolvers<void>()
  const sink = await startSmtpSink(t, {
    security: 'plain',
    server: {
      onMailFrom: (_address, _session, callback) => {
        wasConnected()
        void released.then(() => callback())
      },
    },
  })
  const { apiKey } = await createClient('Sends once')
  const config = { host: '127.0.0.1', port: sink.port, use_tls: false, from_email: 'a@example.com' }
  const url = '/api/v1/clients/email-config'
  await app.request(url, { method: 'POST', apiKey, body: { provider: 'smtp', config } })
  const send = () =>
    app.request(`${url}/test`, {
      method: 'POST',
      apiKey,
      body: { to: 'b@example.com' },
      headers: { 'idempotency-key': 'send once' },
    })
  const running = send()
  await connected
  const meanwhile = await send()
  assert.equal(meanwhile.status, 409)
  assert.equal((meanwhile.body as { error: { code: string } }).error.code, 'IDEMPOTENCY_IN_PROGRESS')
  assert.equal(meanwhile.headers.get('retry-after'), '1')
  release()
  const first = await running
  assert.equal(first.status, 200)
  assert.equal((await send()).text, first.text)
  assert.equal(sink.mails.length, 1)
})

test('a slow operation that fails gives its key back', async () => {
  const { apiKey } = await createClient('Nothing to send with')
  const send = () =>
    app.request('/api/v1/clients/email-config/test', {
      method: 'POST',
      apiKey,
      body: { to: 'b@example.com' },
      headers: { 'idempotency-key': 'not configured' },
    })
  assert.equal((await send()).status, 404)
  assert.equal((await send()).status, 404, 'and not "in progress"')
})

test('a key that is no key is 422', async () => {
  for (const key of ['', 'x'.repeat(256), 'caf\u00e9']) {
    const answer = await post('/api/v1/clients', key, { body: { name: `Key ${key.length}` } })
    assert.equal(answer.status, 422, JSON.stringify(key))
  }
})

test('an answer is forgotten after its day', async () => {
  const body = { name: 'A day' }
  await post('/api/v1/clients', 'a day', { body })
  await queryAsOwner(
    app.database,
    "update idempotency_keys set expires_at = now() - interval '1 second' where key = 'a day'",
  )
  const answer = await post('/api/v1/clients', 'a day', { body })
  assert.equal(answer.status, 400, 'it is a new request: the name exists')
})
