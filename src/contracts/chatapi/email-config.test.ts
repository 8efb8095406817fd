import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
before(async () => {
  app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
})
after(() => app.close())

const url = '/api/v1/clients/email-config'
type Config = { provider: string; config: Record<string, unknown> }

let addresses = 0
async function register(): Promise<string> {
  addresses += 1
  const answer = await app.request('/api/v1/clients/', {
    method: 'POST',
    body: { name: `Mailing ${addresses}` },
    headers: { 'x-forwarded-for': `203.0.113.${addresses}` },
  })
  return (answer.body as { data: { api_key: string } }).data.api_key
}

const post = (apiKey: string, body: unknown) => app.request(url, { method: 'POST', apiKey, body })
const put = (apiKey: string, body: unknown) => app.request(url, { method: 'PUT', apiKey, body })
const errorOf = (answer: Answer) =>
  (answer.body as { error: { code: string; message: string; details?: { field: string; error: string } } }).error

const sender = { from_email: 'noreply@example.com', from_name: 'My Application' }
const secret = 'never-to-be-shown-again'
/** Every provider with all its fields; the secret one has the value above. */
const providers: Record<string, Record<string, unknown>> = {
  smtp: { host: 'smtp.example.com', port: 587, username: 'noreply', password: secret, use_tls: true, ...sender },
  mailgun: { api_key: secret, domain: 'mg.example.com', region: 'eu', ...sender },
  sendgrid: { api_key: secret, ...sender },
  postmark: { server_token: secret, message_stream: 'outbound', ...sender },
  ses: { region: 'eu-west-3', access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: secret, ...sender },
}

test('each of the five providers is taken, shown everywhere without its secret, and stored with it encrypted', async () => {
  for (const [provider, config] of Object.entries(providers)) {
    const apiKey = await register()
    const shown = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== secret))
    const created = await post(apiKey, { provider, config })
    assert.equal(created.status, 201, created.text)
    const changed = await put(apiKey, { provider, config })
    assert.equal(changed.status, 200)
    const got = await app.request(url, { apiKey })
    for (const answer of [created, changed, got]) {
      assert.deepEqual(answer.body, { data: { provider, config: shown }, status: 'success' })
    }
    const me = await app.request('/api/v1/clients/me', { apiKey })
    assert.deepEqual((me.body as { data: { email_config: Config } }).data.email_config, { provider, config: shown })
  }
  const stored = await queryAsOwner<{ text: string }>(
    app.database,
    `select string_agg(x::text, ' ') as text from (select to_jsonb(e) x from email_configs e
       union all select to_jsonb(a) from audit_events a union all select to_jsonb(d) from domain_events d) s`,
  )
  assert.equal(stored[0]?.text.includes(secret), false)
  assert.equal(app.logs.join('').includes(secret), false)
})

test('says which field is wrong, and what is wrong with it', async () => {
  const apiKey = await register()
  const faults: [string, Record<string, unknown>, string, string, string][] = [
    ['smtp', { host: 'not a host' }, 'host', 'Invalid hostname', 'Invalid SMTP configuration'],
    ['smtp', { host: undefined }, 'host', 'Required', 'Invalid SMTP configuration'],
    ['smtp', { port: 0 }, 'port', 'Must be a whole number from 1 to 65535', 'Invalid SMTP configuration'],
    ['smtp', { port: '587' }, 'port', 'Must be a whole number from 1 to 65535', 'Invalid SMTP configuration'],
    ['smtp', { use_tls: 'yes' }, 'use_tls', 'Must be true or false', 'Invalid SMTP configuration'],
    ['smtp', { from_email: 'nobody' }, 'from_email', 'Invalid email address', 'Invalid SMTP configuration'],
    ['smtp', { password: null }, 'password', 'Required together with username', 'Invalid SMTP configuration'],
    ['smtp', { tls: true }, 'tls', 'Unknown field', 'Invalid SMTP configuration'],
    ['mailgun', { domain: 'localhost' }, 'domain', 'Invalid domain', 'Invalid Mailgun configuration'],
    ['mailgun', { region: 'asia' }, 'region', 'Must be "us" or "eu"', 'Invalid Mailgun configuration'],
    ['sendgrid', { api_key: undefined }, 'api_key', 'Required', 'Invalid SendGrid configuration'],
    [
      'postmark',
      { server_token: '' },
      'server_token',
      'Must have 1 to 512 characters',
      'Invalid Postmark configuration',
    ],
    ['ses', { region: 'Paris' }, 'region', 'Invalid AWS region', 'Invalid Amazon SES configuration'],
    ['ses', { access_key_id: 'short' }, 'access_key_id', 'Invalid access key ID', 'Invalid Amazon SES configuration'],
  ]
  for (const [provider, change, field, error, message] of faults) {
    const answer = await post(apiKey, { provider, config: { ...providers[provider], ...change } })
    assert.equal(answer.status, 400, `${provider} ${field}: ${answer.text}`)
    assert.deepEqual(errorOf(answer), { code: 'INVALID_EMAIL_CONFIG', message, details: { field, error } })
    assert.equal(answer.text.includes(secret), false)
  }
  const unknown = await post(apiKey, { provider: 'pigeon', config: {} })
  assert.deepEqual([unknown.status, errorOf(unknown).details?.field], [400, 'provider'])
  assert.equal((await app.request(url, { apiKey })).status, 404, 'nothing was stored')
})

test('a body that is no configuration at all is VALIDATION_ERROR', async () => {
  const apiKey = await register()
  for (const body of [{}, { provider: 'smtp' }, { provider: 7, config: {} }, { provider: 'smtp', config: [] }, []]) {
    const answer = await post(apiKey, body)
    assert.equal(answer.status, 422, JSON.stringify(body))
    assert.equal(errorOf(answer).code, 'VALIDATION_ERROR')
  }
})

test('POST on an existing configuration is EMAIL_CONFIG_EXISTS and leaves it; PUT changes it', async () => {
  const apiKey = await register()
  await post(apiKey, { provider: 'sendgrid', config: providers.sendgrid })
  const twice = await post(apiKey, { provider: 'mailgun', config: providers.mailgun })
  assert.equal(twice.status, 409)
  assert.equal(errorOf(twice).code, 'EMAIL_CONFIG_EXISTS')
  const provider = async () => ((await app.request(url, { apiKey })).body as { data: Config }).data.provider
  assert.equal(await provider(), 'sendgrid')
  assert.equal((await put(apiKey, { provider: 'mailgun', config: providers.mailgun })).status, 200)
  assert.equal(await provider(), 'mailgun')
})

test('without a configuration GET, PUT, DELETE and test are EMAIL_CONFIG_NOT_FOUND', async () => {
  const apiKey = await register()
  for (const answer of [
    await app.request(url, { apiKey }),
    await put(apiKey, { provider: 'sendgrid', config: providers.sendgrid }),
    await app.request(url, { method: 'DELETE', apiKey }),
    await app.request(`${url}/test`, { method: 'POST', apiKey, body: { to: 'someone@example.com' } }),
  ]) {
    assert.equal(answer.status, 404)
    assert.equal(errorOf(answer).code, 'EMAIL_CONFIG_NOT_FOUND')
  }
})

test('of ten parallel POSTs one sets the configuration', async () => {
  const apiKey = await register()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => post(apiKey, { provider: 'sendgrid', config: providers.sendgrid })),
  )
  assert.deepEqual(
    answers.map((one) => one.status).sort((a, b) => a - b),
    [201, ...Array(9).fill(409)],
  )
})
