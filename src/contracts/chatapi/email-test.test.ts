import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { RecordedRequest } from '#platform/mail/fixtures/provider-api.ts'
import { startSmtpSink } from '#platform/mail/fixtures/smtp-sink.ts'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import { testCertificate } from '#platform/outbound-http/fixtures/test-certificate.ts'
import type { Config } from '#src/config.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

type Outcome = {
  success: boolean
  provider_message_id: string | null
  provider_response: string | null
  duration_ms: number
  error: { code: string; message: string } | null
}

const sender = { from_email: 'noreply@example.com', from_name: 'My Application' }

/** One ring for all applications of this file: they share a database and so its signing keys. */
const masterKeys = generateFernetKey()

async function start(t: { after(work: () => Promise<void>): void }, config: Partial<Config> = {}): Promise<TestApp> {
  const app = await startTestApp({
    database,
    config: { masterKeys, outboundAllow: ['127.0.0.1', 'localhost'], ...config },
  })
  t.after(() => app.close())
  return app
}

async function configured(app: TestApp, provider: string, config: object): Promise<string> {
  const token = await app.signIn()
  const name = `Client ${crypto.randomUUID()}`
  const created = await app.request('/api/v1/clients/', { method: 'POST', token, body: { name } })
  const apiKey = (created.body as { data: { api_key: string } }).data.api_key
  const body = { provider, config }
  const set = await app.request('/api/v1/clients/email-config', { method: 'POST', apiKey, body })
  assert.equal(set.status, 201, set.text)
  return apiKey
}

function send(app: TestApp, apiKey: string, to = 'someone@example.com'): Promise<Answer> {
  return app.request('/api/v1/clients/email-config/test', { method: 'POST', apiKey, body: { to } })
}

const outcome = (answer: Answer): Outcome => (answer.body as { data: Outcome }).data

test('SMTP: the message arrives over STARTTLS with the credentials, and the answer of the server is reported', async (t) => {
  const sink = await startSmtpSink(t, {
    security: 'starttls',
    login: { username: 'noreply', password: 'app-password' },
  })
  const app = await start(t, { smtpCertificateAuthority: testCertificate.authority })
  const smtp = { host: 'localhost', port: sink.port, use_tls: true, ...sender }
  const apiKey = await configured(app, 'smtp', { ...smtp, username: 'noreply', password: 'app-password' })
  const answer = await send(app, apiKey)
  assert.equal(answer.status, 200)
  const { success, error, provider_response } = outcome(answer)
  assert.deepEqual([success, error], [true, null])
  assert.match(provider_response ?? '', /Queued as 42/)
  const [mail] = sink.mails
  assert.deepEqual([mail?.from, mail?.to, mail?.encrypted], ['noreply@example.com', ['someone@example.com'], true])
  assert.match(mail?.raw ?? '', /From: My Application <noreply@example\.com>/)
})

test('SMTP: a refused password is an outcome, not an error, and the password is nowhere', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain', login: { username: 'noreply', password: 'right' } })
  const app = await start(t)
  const apiKey = await configured(app, 'smtp', {
    ...{ host: '127.0.0.1', port: sink.port, use_tls: false, ...sender },
    ...{ username: 'noreply', password: 'wrong-password' },
  })
  const answer = await send(app, apiKey)
  assert.equal(answer.status, 200)
  assert.deepEqual([outcome(answer).success, outcome(answer).error?.code], [false, 'authentication_failed'])
  assert.equal(answer.text.includes('wrong-password'), false)
  assert.equal(app.logs.join('').includes('wrong-password'), false)
  const [row] = await queryAsOwner<{ last_test_success: boolean; last_test_error: string }>(
    database,
    'select last_test_success, last_test_error from email_configs order by updated_at desc limit 1',
  )
  assert.equal(row?.last_test_success, false)
  assert.equal(row?.last_test_error.includes('wrong-password'), false)
})

test('SMTP: use_tls sends nothing to a server without STARTTLS', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const app = await start(t)
  const apiKey = await configured(app, 'smtp', { host: '127.0.0.1', port: sink.port, use_tls: true, ...sender })
  assert.equal(outcome(await send(app, apiKey)).error?.code, 'tls_failed')
  assert.equal(sink.mails.length, 0)
})

const apis = [
  {
    provider: 'mailgun',
    config: { api_key: 'key-1234567890abcdef', domain: 'mg.example.com', ...sender },
    path: '/v3/mg.example.com/messages',
    accepts: { status: 200, headers: {}, body: { id: '<1@mg.example.com>', message: 'Queued. Thank you.' } },
    id: '<1@mg.example.com>',
    credential: (request: RecordedRequest) =>
      request.headers.authorization === `Basic ${Buffer.from('api:key-1234567890abcdef').toString('base64')}`,
  },
  {
    provider: 'sendgrid',
    config: { api_key: 'SG.1234567890abcdef', ...sender },
    path: '/v3/mail/send',
    accepts: { status: 202, headers: { 'x-message-id': 'sg-1' }, body: '' },
    id: 'sg-1',
    credential: (request: RecordedRequest) => request.headers.authorization === 'Bearer SG.1234567890abcdef',
  },
  {
    provider: 'postmark',
    config: { server_token: 'pm-token-123', ...sender },
    path: '/email',
    accepts: { status: 200, headers: {}, body: { ErrorCode: 0, Message: 'OK', MessageID: 'pm-1' } },
    id: 'pm-1',
    credential: (request: RecordedRequest) => request.headers['x-postmark-server-token'] === 'pm-token-123',
  },
  {
    provider: 'ses',
    config: {
      region: 'eu-west-3',
      access_key_id: 'AKIAIOSFODNN7EXAMPLE',
      secret_access_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      ...sender,
    },
    path: '/v2/email/outbound-emails',
    accepts: { status: 200, headers: {}, body: { MessageId: 'ses-1' } },
    id: 'ses-1',
    credential: (request: RecordedRequest) =>
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\//.test(request.headers.authorization ?? ''),
  },
] as const

for (const { provider, config, path, accepts, id, credential } of apis) {
  test(`${provider}: one request to its API with the credential; acceptance and refusal are reported`, async (t) => {
    const requests: RecordedRequest[] = []
    let refuses = false
    const port = await serveHttp(t, async (request, response) => {
      const headers = request.headers as Record<string, string>
      const body = Buffer.concat(await request.toArray())
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers, body })
      if (refuses) return response.writeHead(401).end('Forbidden')
      const text = typeof accepts.body === 'string' ? accepts.body : JSON.stringify(accepts.body)
      return response.writeHead(accepts.status, accepts.headers).end(text)
    })
    const app = await start(t, { mailEndpoints: { [provider]: `http://127.0.0.1:${port}` } })
    const apiKey = await configured(app, provider, config)
    const accepted = outcome(await send(app, apiKey))
    assert.deepEqual([accepted.success, accepted.provider_message_id, accepted.error], [true, id, null])
    assert.equal(requests.length, 1)
    assert.deepEqual([requests[0]?.method, requests[0]?.url], ['POST', path])
    assert.ok(requests[0] && credential(requests[0]))
    assert.ok(requests[0]?.body.includes('someone@example.com'))

    refuses = true
    const refused = outcome(await send(app, apiKey))
    assert.deepEqual([refused.success, refused.error?.code], [false, 'authentication_failed'])
    assert.match(refused.provider_response ?? '', /401/)
  })
}

test('never connects to a server that the operator has not allowed', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const app = await start(t, { outboundAllow: [] })
  for (const host of ['127.0.0.1', 'localhost']) {
    const apiKey = await configured(app, 'smtp', { host, port: sink.port, use_tls: false, ...sender })
    assert.equal(outcome(await send(app, apiKey)).error?.code, 'address_not_allowed')
  }
  assert.equal(sink.mails.length, 0)
})

test('a recipient that is no address is VALIDATION_ERROR at the field "to", and nothing is sent', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const app = await start(t)
  const apiKey = await configured(app, 'smtp', { host: '127.0.0.1', port: sink.port, use_tls: false, ...sender })
  for (const to of ['nobody', '', 'a@example.com, b@example.com', 'a@example.com\r\nBcc: b@example.com']) {
    const answer = await send(app, apiKey, to)
    assert.equal(answer.status, 422, to)
    const { error }: { error: { code: string; details: { field: string } } } = answer.body
    assert.deepEqual([error.code, error.details.field], ['VALIDATION_ERROR', 'to'])
  }
  assert.equal(sink.mails.length, 0)
})
