import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { CannedAnswer, RecordedRequest } from './fixtures/provider-api.ts'
import { startProviderApi } from './fixtures/provider-api.ts'
import type { MailErrorCode, MailMessage, MailProviderConfig } from './index.ts'
import { MailError, sendMail } from './index.ts'

const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const provider: MailProviderConfig = {
  provider: 'ses',
  config: {
    region: 'eu-west-3',
    access_key_id: 'AKIAIOSFODNN7EXAMPLE',
    secret_access_key: secretKey,
    from_email: 'noreply@example.com',
    from_name: 'Société Générale de Démonstration et de Vérification des Signatures',
  },
}
const message: MailMessage = { to: 'anna@example.org', subject: 'Grüße', text: 'Guten Tag' }
const accepted: CannedAnswer = { status: 200, body: { MessageId: '010001-abc' } }

test('SES gets a simple message in UTF-8 and answers with its message id', async (t) => {
  const api = await startProviderApi(t, accepted)
  const full = { ...message, html: '<p>Hi</p>', replyTo: 'support@example.com', headers: { 'X-Id': 'ntf_1' } }
  const sent = await sendMail(api.outbound, provider, full, { endpoints: { ses: api.endpoint } })
  assert.equal(sent.providerMessageId, '010001-abc')
  const [request] = api.requests
  assert.ok(request)
  assert.equal(`${request.method} ${request.url}`, 'POST /v2/email/outbound-emails')
  assert.equal(request.headers['content-type'], 'application/json')
  const { FromEmailAddress, ...body } = JSON.parse(request.body.toString()) as Record<string, unknown>
  assert.deepEqual(body, {
    Destination: { ToAddresses: ['anna@example.org'] },
    ReplyToAddresses: ['support@example.com'],
    Content: {
      Simple: {
        Subject: { Data: 'Grüße', Charset: 'UTF-8' },
        Body: { Text: { Data: 'Guten Tag', Charset: 'UTF-8' }, Html: { Data: '<p>Hi</p>', Charset: 'UTF-8' } },
        Headers: [{ Name: 'X-Id', Value: 'ntf_1' }],
      },
    },
  })
  assert.deepEqual(decodeMailbox(String(FromEmailAddress)), {
    name: provider.config.from_name,
    address: 'noreply@example.com',
  })
})

/** RFC 2047: encoded-words of at most 75 characters; white space between two of them does not count. */
function decodeMailbox(mailbox: string) {
  assert.match(mailbox, /^[\x20-\x7e]+$/)
  const words = mailbox.split(' ').slice(0, -1)
  const name = words.map((word) => {
    assert.ok(word.length <= 75, word)
    const [, encoded] = /^=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=$/.exec(word) ?? []
    assert.ok(encoded, word)
    return Buffer.from(encoded, 'base64').toString('utf8')
  })
  return { name: name.join(''), address: mailbox.split(' ').at(-1)?.slice(1, -1) }
}

test('an ASCII sender name goes as a quoted string', async (t) => {
  const api = await startProviderApi(t, accepted)
  const ascii: MailProviderConfig = { provider: 'ses', config: { ...provider.config, from_name: 'A "B", Inc.' } }
  await sendMail(api.outbound, ascii, message, { endpoints: { ses: api.endpoint } })
  const body = JSON.parse(api.requests[0]?.body.toString() ?? '') as { FromEmailAddress: string }
  assert.equal(body.FromEmailAddress, '"A \\"B\\", Inc." <noreply@example.com>')
})

test('the request carries a valid AWS Signature Version 4 over host, date, type and body', async (t) => {
  const api = await startProviderApi(t, accepted)
  await sendMail(api.outbound, provider, message, { endpoints: { ses: api.endpoint } })
  const [request] = api.requests
  assert.ok(request)
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    ) ?? []
  assert.ok(credential && signedHeaders && signature, request.headers.authorization)
  const date = request.headers['x-amz-date'] ?? ''
  assert.match(date, /^\d{8}T\d{6}Z$/)
  assert.equal(credential, `AKIAIOSFODNN7EXAMPLE/${date.slice(0, 8)}/eu-west-3/ses/aws4_request`)
  assert.equal(signedHeaders, 'content-type;host;x-amz-date')
  assert.equal(signature, signV4(request, signedHeaders))

  const changed = { ...request, body: Buffer.from(request.body.toString().replace('anna', 'otto')) }
  assert.notEqual(signature, signV4(changed, signedHeaders))
})

/** AWS, "Create a signed AWS API request", steps 1 to 4, from what arrived at the server. */
function signV4(request: RecordedRequest, signedHeaders: string): string {
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()
  const headers = signedHeaders.split(';').map((name) => `${name}:${request.headers[name]?.trim()}\n`)
  const canonical = [request.method, request.url, '', headers.join(''), signedHeaders, sha256(request.body)].join('\n')
  const date = request.headers['x-amz-date'] ?? ''
  const scope = [date.slice(0, 8), 'eu-west-3', 'ses', 'aws4_request']
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')
  const signingKey = scope.reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${secretKey}`)
  return hmac(signingKey, toSign).toString('hex')
}

test('maps the documented errors of SES', async (t) => {
  const api = await startProviderApi(t, accepted)
  const cases: [number, string, string, MailErrorCode, boolean][] = [
    [400, 'MessageRejected:http://internal.amazon.com/', 'Email address is not verified.', 'rejected', false],
    [400, 'MailFromDomainNotVerifiedException', 'Not verified', 'rejected', false],
    [400, 'ThrottlingException', 'Maximum sending rate exceeded.', 'rate_limited', true],
    [429, 'TooManyRequestsException', 'Too many', 'rate_limited', true],
    [403, 'SignatureDoesNotMatch', `The key ${secretKey} does not match`, 'authentication_failed', false],
    [400, 'UnrecognizedClientException', 'The security token is invalid.', 'authentication_failed', false],
    [500, 'InternalFailure', 'Internal', 'provider_error', true],
  ]
  for (const [status, type, text, code, retryable] of cases) {
    api.answer = { status, headers: { 'x-amzn-ErrorType': type }, body: { message: text } }
    const sending = sendMail(api.outbound, provider, message, { endpoints: { ses: api.endpoint } })
    await assert.rejects(sending, (error: unknown) => {
      assert.ok(error instanceof MailError)
      assert.deepEqual([error.code, error.retryable], [code, retryable], type)
      const shown = `${status} ${type.split(':')[0]}: ${text.replace(secretKey, '[removed]')}`
      assert.equal(error.response, shown)
      return true
    })
  }
})

test('an error type in the body counts like one in the header', async (t) => {
  const body = { __type: 'com.amazonaws.ses#ThrottlingException', Message: 'Slow down' }
  const api = await startProviderApi(t, { status: 400, body })
  await assert.rejects(
    sendMail(api.outbound, provider, message, { endpoints: { ses: api.endpoint } }),
    (error: unknown) => error instanceof MailError && error.response === '400 ThrottlingException: Slow down',
  )
})

test('an attachment goes to SES as it is, under its name, and is covered by the signature', async (t) => {
  const api = await startProviderApi(t, accepted)
  const content = randomBytes(300_000)
  const attachments = [{ name: 'Relevé 2024 (été).pdf', contentType: 'application/pdf', content }]
  await sendMail(api.outbound, provider, { ...message, attachments }, { endpoints: { ses: api.endpoint } })
  const [request] = api.requests
  assert.ok(request)
  const body = JSON.parse(request.body.toString()) as { Content: { Simple: { Attachments: Record<string, string>[] } } }
  const [{ RawContent, ...described } = {} as Record<string, string>, ...others] = body.Content.Simple.Attachments
  assert.deepEqual(described, {
    FileName: 'Relevé 2024 (été).pdf',
    ContentType: 'application/pdf',
    ContentDisposition: 'ATTACHMENT',
    ContentTransferEncoding: 'BASE64',
  })
  assert.ok(Buffer.from(RawContent ?? '', 'base64').equals(content))
  assert.equal(others.length, 0)
  const [, signedHeaders, signature] =
    /SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '') ?? []
  assert.equal(signature, signV4(request, signedHeaders ?? ''))
})
