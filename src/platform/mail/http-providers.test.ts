import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveTcp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import type { CannedAnswer } from './fixtures/provider-api.ts'
import { startProviderApi } from './fixtures/provider-api.ts'
import type { MailErrorCode, MailMessage, MailProviderConfig } from './index.ts'
import { MailError, sendMail } from './index.ts'

const message: MailMessage = {
  to: 'anna@example.org',
  subject: 'Grüße',
  text: 'Guten Tag',
  html: '<p>Guten Tag</p>',
  replyTo: 'support@example.com',
  headers: { 'X-Notification-Id': 'ntf_1' },
}
const sender = { from_email: 'noreply@example.com', from_name: 'Société "A"' }
const bare: MailMessage = { to: 'anna@example.org', subject: 'Hi', text: 'Text' }
const from = '"Société \\"A\\"" <noreply@example.com>'

const mailgun: MailProviderConfig = {
  provider: 'mailgun',
  config: { api_key: 'key-123', domain: 'mg.example.com', ...sender },
}
const sendgrid: MailProviderConfig = { provider: 'sendgrid', config: { api_key: 'SG.secret', ...sender } }
const postmark: MailProviderConfig = {
  provider: 'postmark',
  config: { server_token: 'token-123', message_stream: 'notices', ...sender },
}

test('Mailgun gets a multipart form with HTTP Basic for the domain', async (t) => {
  const id = '<20260101120000.1.ABC@mg.example.com>'
  const api = await startProviderApi(t, { status: 200, body: { id, message: 'Queued. Thank you.' } })
  const sent = await sendMail(api.outbound, mailgun, message, { endpoints: { mailgun: api.endpoint } })
  assert.equal(sent.providerMessageId, id)
  assert.equal(sent.response, '200 Queued. Thank you.')
  const [request] = api.requests
  assert.ok(request)
  assert.equal(`${request.method} ${request.url}`, 'POST /v3/mg.example.com/messages')
  assert.equal(request.headers.authorization, `Basic ${btoa('api:key-123')}`)
  assert.match(request.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  const type = request.headers['content-type'] ?? ''
  const form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': type } }).formData()
  assert.deepEqual(Object.fromEntries(form), {
    from,
    to: 'anna@example.org',
    subject: 'Grüße',
    text: 'Guten Tag',
    html: '<p>Guten Tag</p>',
    'h:Reply-To': 'support@example.com',
    'h:X-Notification-Id': 'ntf_1',
  })
})

test('Mailgun in the EU region goes to the EU endpoint only', async (t) => {
  const api = await startProviderApi(t, { status: 200, body: { id: '<1@mg>', message: 'Queued. Thank you.' } })
  const eu: MailProviderConfig = { provider: 'mailgun', config: { ...mailgun.config, region: 'eu' } }
  await sendMail(api.outbound, eu, bare, { endpoints: { mailgunEu: api.endpoint, mailgun: 'http://127.0.0.1:1' } })
  assert.equal(api.requests.length, 1)
})

test('SendGrid gets personalizations, plain text first, with a Bearer key', async (t) => {
  const api = await startProviderApi(t, { status: 202, headers: { 'X-Message-Id': 'sg-1' }, body: '' })
  const sent = await sendMail(api.outbound, sendgrid, message, { endpoints: { sendgrid: api.endpoint } })
  assert.equal(sent.providerMessageId, 'sg-1')
  assert.equal(sent.response, '202 Accepted')
  const [request] = api.requests
  assert.ok(request)
  assert.equal(`${request.method} ${request.url}`, 'POST /v3/mail/send')
  assert.equal(request.headers.authorization, 'Bearer SG.secret')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(request.body.toString()), {
    personalizations: [{ to: [{ email: 'anna@example.org' }] }],
    from: { email: 'noreply@example.com', name: 'Société "A"' },
    reply_to: { email: 'support@example.com' },
    subject: 'Grüße',
    content: [
      { type: 'text/plain', value: 'Guten Tag' },
      { type: 'text/html', value: '<p>Guten Tag</p>' },
    ],
    headers: { 'X-Notification-Id': 'ntf_1' },
  })
})

test('Postmark gets its own field names, the message stream and the server token', async (t) => {
  const accepted = {
    To: 'anna@example.org',
    SubmittedAt: '2026-01-01T12:00:00.0000000-05:00',
    MessageID: '0a129aee-e1cd-480d-b08d-4f48548ff48d',
    ErrorCode: 0,
    Message: 'OK',
  }
  const api = await startProviderApi(t, { status: 200, body: accepted })
  const sent = await sendMail(api.outbound, postmark, message, { endpoints: { postmark: api.endpoint } })
  assert.equal(sent.providerMessageId, accepted.MessageID)
  assert.equal(sent.response, '200 OK')
  const [request] = api.requests
  assert.ok(request)
  assert.equal(`${request.method} ${request.url}`, 'POST /email')
  assert.equal(request.headers['x-postmark-server-token'], 'token-123')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.equal(request.headers.accept, 'application/json')
  assert.deepEqual(JSON.parse(request.body.toString()), {
    From: from,
    To: 'anna@example.org',
    Subject: 'Grüße',
    TextBody: 'Guten Tag',
    HtmlBody: '<p>Guten Tag</p>',
    ReplyTo: 'support@example.com',
    Headers: [{ Name: 'X-Notification-Id', Value: 'ntf_1' }],
    MessageStream: 'notices',
  })
})

test('leaves out what the message and the configuration do not have', async (t) => {
  const api = await startProviderApi(t, { status: 202, body: '' })
  const endpoints = { sendgrid: api.endpoint, postmark: api.endpoint }
  const config = { from_email: 'noreply@example.com' }
  await sendMail(api.outbound, { provider: 'sendgrid', config: { api_key: 'k', ...config } }, bare, { endpoints })
  await sendMail(api.outbound, { provider: 'postmark', config: { server_token: 'k', ...config } }, bare, { endpoints })
  const [toSendgrid, toPostmark] = api.requests.map(({ body }) => JSON.parse(body.toString()) as unknown)
  assert.deepEqual(toSendgrid, {
    personalizations: [{ to: [{ email: bare.to }] }],
    from: { email: 'noreply@example.com' },
    subject: 'Hi',
    content: [{ type: 'text/plain', value: 'Text' }],
  })
  assert.deepEqual(toPostmark, { From: 'noreply@example.com', To: bare.to, Subject: 'Hi', TextBody: 'Text' })
})

type Expected = { code: MailErrorCode; retryable: boolean; response: string }

test('maps the documented errors of Mailgun, SendGrid and Postmark', async (t) => {
  const api = await startProviderApi(t, { status: 500, body: '' })
  const endpoints = { mailgun: api.endpoint, sendgrid: api.endpoint, postmark: api.endpoint }
  const auth = { code: 'authentication_failed', retryable: false } as const
  const rejected = { code: 'rejected', retryable: false } as const
  const limited = { code: 'rate_limited', retryable: true } as const
  const failed = { code: 'provider_error', retryable: true } as const
  const sendgridError = (text: string, field: string | null = null) => ({
    errors: [{ message: text, field, help: null }],
  })
  const cases: [MailProviderConfig, CannedAnswer, Expected][] = [
    [mailgun, { status: 401, body: 'Forbidden' }, { ...auth, response: '401 Forbidden' }],
    [
      mailgun,
      { status: 400, body: { message: 'to parameter is not a valid address' } },
      { ...rejected, response: '400 to parameter is not a valid address' },
    ],
    [
      mailgun,
      { status: 404, body: { message: 'Domain not found' } },
      { ...rejected, response: '404 Domain not found' },
    ],
    [mailgun, { status: 429, body: '{}' }, { ...limited, response: '429 {}' }],
    [
      sendgrid,
      { status: 401, body: sendgridError('The provided authorization grant is invalid, expired, or revoked') },
      { ...auth, response: '401 The provided authorization grant is invalid, expired, or revoked' },
    ],
    [
      sendgrid,
      { status: 401, body: sendgridError('Maximum credits exceeded') },
      { ...limited, response: '401 Maximum credits exceeded' },
    ],
    [
      sendgrid,
      { status: 403, body: sendgridError('The from address does not match a verified Sender Identity', 'from') },
      { ...auth, response: '403 from: The from address does not match a verified Sender Identity' },
    ],
    [sendgrid, { status: 413, body: '' }, { ...rejected, response: '413' }],
    [sendgrid, { status: 503, body: '<html>\n down' }, { ...failed, response: '503 <html> down' }],
    [
      postmark,
      { status: 401, body: { ErrorCode: 10, Message: 'Bad or missing Server API token.' } },
      { ...auth, response: '401 Bad or missing Server API token. (ErrorCode 10)' },
    ],
    [
      postmark,
      { status: 422, body: { ErrorCode: 406, Message: 'Recipient is inactive.' } },
      { ...rejected, response: '422 Recipient is inactive. (ErrorCode 406)' },
    ],
    [
      postmark,
      { status: 200, body: { ErrorCode: 300, Message: 'Invalid email request' } },
      { ...rejected, response: '200 Invalid email request (ErrorCode 300)' },
    ],
    [
      postmark,
      { status: 503, body: { ErrorCode: 100, Message: 'Maintenance' } },
      { ...failed, response: '503 Maintenance (ErrorCode 100)' },
    ],
    [postmark, { status: 500, body: '' }, { ...failed, response: '500' }],
    [
      postmark,
      { status: 302, headers: { location: 'http://x' }, body: '' },
      { ...failed, retryable: false, response: '302' },
    ],
  ]
  for (const [provider, answer, expected] of cases) {
    api.answer = answer
    await assert.rejects(sendMail(api.outbound, provider, bare, { endpoints }), (error: unknown) => {
      assert.ok(error instanceof MailError)
      const { code, retryable, response } = error
      assert.deepEqual(
        { code, retryable, response, provider: error.provider },
        { ...expected, provider: provider.provider },
      )
      return true
    })
  }
})

test('shows at most 500 characters of an answer on one line, without the secret in any encoding', async (t) => {
  const api = await startProviderApi(t, { status: 400, body: '' })
  const key = 'k"+/secret'
  const provider: MailProviderConfig = { provider: 'mailgun', config: { ...mailgun.config, api_key: key } }
  const quoted = `${key} ${btoa(key)} ${btoa(`api:${key}`)} ${encodeURIComponent(key)} ${JSON.stringify(key)}`
  api.answer = { status: 400, body: `${quoted}\r\n\0${'x'.repeat(1000)}` }
  const sending = sendMail(api.outbound, provider, bare, { endpoints: { mailgun: api.endpoint } })
  await assert.rejects(sending, (error: unknown) => {
    assert.ok(error instanceof MailError)
    const removed = '[removed]'
    assert.match(error.response ?? '', /^400 (\[removed\] ){4}"\[removed\]" x+$/)
    assert.ok(error.response?.startsWith(`400 ${removed}`))
    assert.equal(error.response?.length, 500)
    return true
  })
})

test('reports an API that is not allowed, not found, without TLS or silent', async (t) => {
  const silent = await serveTcp(t, () => {})
  const plain = await serveTcp(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const outbound = createOutboundHttp({ allow: [`127.0.0.1:${silent}`, `127.0.0.1:${plain}`] })
  t.after(() => outbound.close())
  const cases: [string, MailErrorCode, boolean][] = [
    ['http://127.0.0.1:1', 'address_not_allowed', false],
    ['http://does-not-exist.invalid', 'connection_failed', true],
    [`https://127.0.0.1:${plain}`, 'tls_failed', false],
    [`http://127.0.0.1:${silent}`, 'timeout', true],
  ]
  for (const [sendgridEndpoint, code, retryable] of cases) {
    const options = { endpoints: { sendgrid: sendgridEndpoint }, timeoutMs: code === 'timeout' ? 100 : 5000 }
    await assert.rejects(sendMail(outbound, sendgrid, bare, options), (error: unknown) => {
      assert.ok(error instanceof MailError)
      assert.deepEqual([error.code, error.retryable, error.response], [code, retryable, null], error.message)
      return true
    })
  }
})

test('files go along in the form that each provider has for them', async (t) => {
  const content = Buffer.from('a;b\n1;2\n')
  const attachments = [{ name: 'report.csv', contentType: 'text/csv', content }]
  const encoded = content.toString('base64')
  const answers = {
    mailgun: { status: 200, body: { id: '<1@mg>', message: 'Queued. Thank you.' } },
    sendgrid: { status: 202, headers: { 'X-Message-Id': 'sg-1' }, body: '' },
    postmark: { status: 200, body: { MessageID: '1', ErrorCode: 0, Message: 'OK' } },
  }
  const bodies: Record<string, Buffer> = {}
  for (const provider of [mailgun, sendgrid, postmark]) {
    const api = await startProviderApi(t, answers[provider.provider])
    await sendMail(
      api.outbound,
      provider,
      { ...bare, attachments },
      { endpoints: { [provider.provider]: api.endpoint } },
    )
    bodies[provider.provider] = api.requests[0]?.body ?? Buffer.alloc(0)
  }
  const form = bodies.mailgun?.toString() ?? ''
  assert.match(form, /name="attachment"; filename="report.csv"\r\nContent-Type: text\/csv\r\n\r\na;b\n1;2\n\r\n/)
  assert.deepEqual(JSON.parse(bodies.sendgrid?.toString() ?? '').attachments, [
    { content: encoded, filename: 'report.csv', type: 'text/csv', disposition: 'attachment' },
  ])
  assert.deepEqual(JSON.parse(bodies.postmark?.toString() ?? '').Attachments, [
    { Name: 'report.csv', Content: encoded, ContentType: 'text/csv' },
  ])
})

test('refuses attachments that are too large, or whose names are no file names', async (t) => {
  const api = await startProviderApi(t, { status: 200, body: {} })
  for (const attachment of [
    { name: 'a.csv', contentType: 'text/csv', content: Buffer.alloc(8 * 1024 * 1024) },
    { name: 'a"\r\nBcc: x@example.com', contentType: 'text/csv', content: Buffer.alloc(1) },
    { name: '../a.csv', contentType: 'text/csv', content: Buffer.alloc(1) },
    { name: 'a.csv', contentType: 'text/csv\r\nX: y', content: Buffer.alloc(1) },
  ]) {
    const sending = sendMail(api.outbound, postmark, { ...bare, attachments: [attachment] })
    await assert.rejects(sending, { code: 'rejected' })
  }
  assert.equal(api.requests.length, 0)
})
