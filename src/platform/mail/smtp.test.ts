import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { serveTcp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import { testCertificate } from '#platform/outbound-http/fixtures/test-certificate.ts'
import type { OutboundHttp } from '#platform/outbound-http/index.ts'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import { startSmtpSink } from './fixtures/smtp-sink.ts'
import type { MailErrorCode, MailProviderConfig } from './index.ts'
import { MailError, sendMail } from './index.ts'
import type { SmtpConfig } from './types.ts'

const login = { username: 'mailer', password: 'pa$$ wörd' }
const message = { to: 'anna@example.org', subject: 'Grüße', text: 'Guten Tag,\n.\nEnde' }
const tlsCa = testCertificate.authority

function openOutbound(t: TestContext, allow = ['127.0.0.1', 'localhost']): OutboundHttp {
  const outbound = createOutboundHttp({ allow })
  t.after(() => outbound.close())
  return outbound
}

function smtp(config: Partial<SmtpConfig> & { port: number }): MailProviderConfig {
  return {
    provider: 'smtp',
    config: { host: 'localhost', use_tls: false, from_email: 'noreply@example.com', ...config },
  }
}

function failsWith(code: MailErrorCode, expected: { retryable: boolean; response?: RegExp | null; message?: RegExp }) {
  return (error: unknown) => {
    assert.ok(error instanceof MailError, String(error))
    assert.equal(error.code, code, error.message)
    assert.equal(error.provider, 'smtp')
    assert.equal(error.retryable, expected.retryable)
    if (expected.message) assert.match(error.message, expected.message)
    if (expected.response) assert.match(error.response ?? '', expected.response)
    if (expected.response === null) assert.equal(error.response, null)
    return true
  }
}

test('sends a plain message with both parts, names, reply address and headers of its own', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  const sent = await sendMail(openOutbound(t), smtp({ port: sink.port, from_name: 'Société, "A" <b@c.d>' }), {
    ...message,
    html: '<p>Guten Tag</p>',
    replyTo: 'support@example.com',
    headers: { 'X-Notification-Id': 'ntf_1' },
  })
  const [mail] = sink.mails
  assert.ok(mail)
  assert.equal(mail.from, 'noreply@example.com')
  assert.deepEqual(mail.to, ['anna@example.org'])
  assert.match(mail.raw, /^From: =\?UTF-8\?.+\?=\s+<noreply@example\.com>$/m)
  assert.match(mail.raw, /^To: anna@example\.org$/m)
  assert.match(mail.raw, /^Reply-To: support@example\.com$/m)
  assert.match(mail.raw, /^Subject: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe\?=$/m)
  assert.match(mail.raw, /^X-Notification-Id: ntf_1$/im)
  assert.match(mail.raw, /multipart\/alternative/)
  assert.match(mail.raw, /^Guten Tag,\r\n\.\r\nEnde/m)
  assert.doesNotMatch(mail.raw, /nodemailer/i)
  assert.equal(sent.accepted, true)
  assert.match(mail.raw, new RegExp(`^Message-ID: ${sent.providerMessageId}`, 'm'))
  assert.match(sent.response, /^250 .*Queued as 42$/)
  assert.ok(sent.durationMs >= 0)
})

test('use_tls upgrades with STARTTLS before it signs in', async (t) => {
  const sink = await startSmtpSink(t, { security: 'starttls', login })
  await sendMail(openOutbound(t), smtp({ port: sink.port, use_tls: true, ...login }), message, { tlsCa })
  assert.equal(sink.mails[0]?.encrypted, true)
  assert.equal(sink.mails[0]?.user, 'mailer')
})

test('use_tls sends and signs in to nothing when the server does not offer STARTTLS', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain', login })
  await assert.rejects(
    sendMail(openOutbound(t), smtp({ port: sink.port, use_tls: true, ...login }), message, { tlsCa }),
    failsWith('tls_failed', { retryable: false, message: /does not offer STARTTLS/ }),
  )
  assert.deepEqual(sink.logins, [])
  assert.deepEqual(sink.mails, [])
})

test('use_tls refuses a certificate that is not trusted or has another name, before it signs in', async (t) => {
  const sink = await startSmtpSink(t, { security: 'starttls', login })
  const config = { port: sink.port, use_tls: true, ...login }
  await assert.rejects(
    sendMail(openOutbound(t), smtp(config), message),
    failsWith('tls_failed', { retryable: false, message: /not trusted/, response: null }),
  )
  const outbound = createOutboundHttp({
    allow: ['mail.test'],
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  })
  t.after(() => outbound.close())
  await assert.rejects(
    sendMail(outbound, smtp({ ...config, host: 'mail.test' }), message, { tlsCa }),
    failsWith('tls_failed', { retryable: false, message: /another name/ }),
  )
  assert.deepEqual(sink.logins, [])
})

test('port 465 speaks TLS from the first byte and checks the certificate', async (t) => {
  const sink = await startSmtpSink(t, { security: 'implicit', login })
  const outbound = openOutbound(t)
  // A low port needs root, so the connection to 465 is forwarded to the sink's.
  const forwarding: OutboundHttp = {
    ...outbound,
    connect: (host, _port, options) => outbound.connect(host, sink.port, options),
  }
  const provider = smtp({ port: 465, use_tls: false, ...login })
  await sendMail(forwarding, provider, message, { tlsCa })
  assert.equal(sink.mails[0]?.encrypted, true)
  await assert.rejects(sendMail(forwarding, provider, message), failsWith('tls_failed', { retryable: false }))

  const plain = await startSmtpSink(t, { security: 'plain', login })
  const wrong: OutboundHttp = {
    ...outbound,
    connect: (host, _port, options) => outbound.connect(host, plain.port, options),
  }
  await assert.rejects(sendMail(wrong, provider, message, { tlsCa }), failsWith('tls_failed', { retryable: false }))
  assert.deepEqual(plain.logins, [])
})

test('without use_tls it stays plain, even where the server offers STARTTLS', async (t) => {
  const sink = await startSmtpSink(t, { security: 'starttls', login })
  await sendMail(openOutbound(t), smtp({ port: sink.port, ...login }), message)
  assert.equal(sink.mails[0]?.encrypted, false)
  assert.equal(sink.mails[0]?.user, 'mailer')
})

test('reports a wrong password without repeating it, though the server does', async (t) => {
  const sink = await startSmtpSink(t, { security: 'starttls', login })
  const provider = smtp({ port: sink.port, use_tls: true, username: 'mailer', password: 'wrong-secret' })
  await assert.rejects(sendMail(openOutbound(t), provider, message, { tlsCa }), (error: unknown) => {
    assert.ok(error instanceof MailError && error.cause instanceof Error)
    const told = [error.message, error.response, error.stack, error.cause.message, error.cause.stack].join('\n')
    assert.doesNotMatch(told, /wrong-secret/)
    return failsWith('authentication_failed', { retryable: false, response: /^535 .*mailer with \[removed\]/ })(error)
  })
})

test('removes the credentials from the answer of a server that quotes the AUTH command', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.write('220 quoting ESMTP\r\n')
    socket.on('data', (data: Buffer) => {
      const line = data.toString().trim()
      socket.write(line.startsWith('EHLO') ? '250-quoting\r\n250 AUTH PLAIN\r\n' : `501 do not understand ${line}\r\n`)
    })
  })
  await assert.rejects(
    sendMail(openOutbound(t), smtp({ port, ...login }), message),
    failsWith('authentication_failed', {
      retryable: false,
      response: /^501 do not understand AUTH PLAIN \[removed\]$/,
    }),
  )
})

test('sends nothing unauthenticated where a user name is set and the server knows no AUTH', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain', server: { disabledCommands: ['STARTTLS', 'AUTH'] } })
  await assert.rejects(
    sendMail(openOutbound(t), smtp({ port: sink.port, ...login }), message),
    failsWith('authentication_failed', { retryable: false }),
  )
  assert.deepEqual(sink.mails, [])
})

test('tells refusals for good, refusals for now and throttling apart', async (t) => {
  const answers: [number, string, MailErrorCode, boolean][] = [
    [550, 'No such user', 'rejected', false],
    [530, 'Authentication required', 'authentication_failed', false],
    [451, 'Greylisted, come back', 'provider_error', true],
    [454, 'Throttling failure: Maximum sending rate exceeded', 'rate_limited', true],
  ]
  for (const [responseCode, text, code, retryable] of answers) {
    const sink = await startSmtpSink(t, {
      security: 'plain',
      server: {
        onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error(text), { responseCode })),
      },
    })
    const response = new RegExp(`^${responseCode} .*${text}`)
    await assert.rejects(
      sendMail(openOutbound(t), smtp({ port: sink.port }), message),
      failsWith(code, { retryable, response }),
    )
  }
})

test('reports a closed port, a server that hangs up and one that hangs', async (t) => {
  const outbound = openOutbound(t)
  const closing = await serveTcp(t, (socket) => socket.end())
  await assert.rejects(
    sendMail(outbound, smtp({ port: closing }), message),
    failsWith('connection_failed', { retryable: true, response: null }),
  )
  await assert.rejects(
    sendMail(outbound, smtp({ port: 1 }), message),
    failsWith('connection_failed', { retryable: true, message: /refuses the connection/ }),
  )
  const hanging = await serveTcp(t, () => {})
  await assert.rejects(
    sendMail(outbound, smtp({ port: hanging }), message, { timeoutMs: 100 }),
    failsWith('timeout', { retryable: true, response: null }),
  )
})

test('the time limit covers the whole session of a server that answers slowly', async (t) => {
  const port = await serveTcp(t, (socket) => {
    socket.write('220-patience\r\n')
    const drip = setInterval(() => socket.write('220-more\r\n'), 20)
    socket.once('close', () => clearInterval(drip))
  })
  const startedAt = performance.now()
  await assert.rejects(
    sendMail(openOutbound(t), smtp({ port }), message, { timeoutMs: 200 }),
    failsWith('timeout', { retryable: true }),
  )
  assert.ok(performance.now() - startedAt < 30_000)
})

test('a server that falls silent behind the message is given up, and may be asked again: it may have taken it', async (t) => {
  const closed: Promise<unknown>[] = []
  const port = await serveTcp(t, (socket) => {
    closed.push(new Promise((resolve) => socket.once('close', resolve)))
    socket.on('error', () => {})
    socket.write('220 here\r\n')
    let isContent = false
    socket.on('data', (data: Buffer) => {
      if (isContent) return
      const line = data.toString()
      isContent = line.startsWith('DATA')
      socket.write(isContent ? '354 go on\r\n' : '250 ok\r\n')
    })
  })
  await assert.rejects(
    sendMail(openOutbound(t), smtp({ port }), message, { timeoutMs: 700 }),
    failsWith('timeout', { retryable: true }),
  )
  await Promise.all(closed)
})

test('does not reach a server at a private address', async (t) => {
  const sink = await startSmtpSink(t, { security: 'plain' })
  for (const host of ['localhost', '127.0.0.1', '::1']) {
    await assert.rejects(
      sendMail(openOutbound(t, []), smtp({ host, port: sink.port }), message),
      failsWith('address_not_allowed', { retryable: false, response: null }),
    )
  }
  assert.deepEqual(sink.mails, [])
})
