import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { listenDuring, serveTcp } from '../outbound-http/fixtures/loopback-server.ts'
import { testCertificate } from '../outbound-http/fixtures/test-certificate.ts'
import { createOutboundHttp } from '../outbound-http/index.ts'
import { parseDestination } from './destination.ts'
import { formatSyslog, sendSyslog } from './syslog.ts'

const message = {
  severity: 'warning' as const,
  timestamp: '2026-01-15T10:00:00.123456Z',
  messageId: 'authentication',
  text: '{"description":"Élan 💥"}',
}

test('writes RFC 5424: facility 13, the event’s own time, JSON in ASCII that means the same', () => {
  const line = formatSyslog('api.example.com', message)
  const [, head, text] =
    /^(<108>1 2026-01-15T10:00:00\.123456Z api\.example\.com clientele - authentication - )(.*)$/.exec(line) ?? []
  assert.ok(head)
  assert.match(text ?? '', /^[\x20-\x7e]+$/)
  assert.deepEqual(JSON.parse(text ?? ''), JSON.parse(message.text))
  assert.match(formatSyslog('', { ...message, severity: 'critical' }), /^<106>1 \S+ - clientele /)
  assert.match(formatSyslog('x', { ...message, severity: 'info' }), /^<110>1 /)
})

/** Reads until the sender has finished, then closes. */
function collect(socket: Socket, received: Buffer[]): void {
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  socket.on('error', () => {})
}

test('frames by octet counting over TCP, and is done only when the receiver has closed behind the last one', async (t) => {
  const received: Buffer[] = []
  const port = await serveTcp(t, (socket) => collect(socket, received))
  const outbound = createOutboundHttp({ allow: [`127.0.0.1:${port}`] })
  t.after(() => outbound.close())
  const destination = { kind: 'syslog', host: '127.0.0.1', port, tls: false, certificateAuthority: null } as const
  const lines = Array.from({ length: 300 }, (_, i) =>
    formatSyslog('h', { ...message, text: `{"n":${i},"x":"${'y'.repeat(i * 10)}"}` }),
  )
  await sendSyslog(outbound, destination, lines)
  assert.equal(Buffer.concat(received).toString(), lines.map((line) => `${line.length} ${line}`).join(''))
})

test('speaks TLS, and only with whom the authority vouches for', async (t) => {
  const { certificate: cert, key } = testCertificate
  const received: Buffer[] = []
  const port = await listenDuring(
    t,
    createTlsServer({ cert, key }, (socket) => collect(socket, received)),
  )
  const outbound = createOutboundHttp({ allow: ['127.0.0.0/8', '::1'] })
  t.after(() => outbound.close())
  const destination = { kind: 'syslog', host: 'localhost', port, tls: true } as const
  await sendSyslog(outbound, { ...destination, certificateAuthority: testCertificate.authority }, ['one'])
  assert.equal(Buffer.concat(received).toString(), '3 one')
  await assert.rejects(sendSyslog(outbound, { ...destination, certificateAuthority: null }, ['two']), {
    code: 'tls_failed',
  })
  assert.equal(Buffer.concat(received).toString(), '3 one')
})

test('fails where the receiver closes early, resets, or is not there', async (t) => {
  const ports = await Promise.all([
    serveTcp(t, (socket) => socket.end()),
    serveTcp(t, (socket) => socket.resetAndDestroy()),
    serveTcp(t, (socket) => socket.once('data', () => socket.destroy())),
  ])
  const outbound = createOutboundHttp({ allow: ['127.0.0.1'] })
  t.after(() => outbound.close())
  // More than the buffers between the two hold: nothing can be "sent" before the receiver has read.
  const many = Array.from({ length: 2000 }, () => 'x'.repeat(10_000))
  for (const port of ports) {
    const destination = { kind: 'syslog', host: '127.0.0.1', port, tls: false, certificateAuthority: null } as const
    await assert.rejects(sendSyslog(outbound, destination, many), { name: 'OutboundError' })
  }
})

test('a receiver that falls silent is given up: one that reads nothing, and one that reads everything and never closes', async (t) => {
  const silent = (isReading: boolean) =>
    listenDuring(
      t,
      createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {})
        if (isReading) socket.resume()
      }),
    )
  const outbound = createOutboundHttp({ allow: ['127.0.0.1'] })
  t.after(() => outbound.close())
  const large = Array.from({ length: 200 }, () =>
    formatSyslog('h', { ...message, text: `{"x":"${'y'.repeat(100_000)}"}` }),
  )
  const deaf = { port: await silent(false), messages: large }
  const mute = { port: await silent(true), messages: ['one'] }
  for (const { port, messages } of [deaf, mute]) {
    const destination = { kind: 'syslog', host: '127.0.0.1', port, tls: false, certificateAuthority: null } as const
    await assert.rejects(sendSyslog(outbound, destination, messages, 700), { code: 'timeout' })
  }
})

test('reaches no address inside the network that the operator has not listed', async () => {
  const outbound = createOutboundHttp({ allow: [] })
  const destination = { kind: 'syslog', host: '127.0.0.1', port: 514, tls: false, certificateAuthority: null } as const
  await assert.rejects(sendSyslog(outbound, destination, ['x']), { code: 'address_not_allowed' })
  await outbound.close()
})

test('refuses a destination that cannot be meant, naming the field and no value', () => {
  const secret = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0'
  for (const [value, field] of [
    [null, 'kind'],
    [{ kind: 'smoke' }, 'kind'],
    [{ kind: 'syslog', host: 'a b' }, 'host'],
    [{ kind: 'syslog', host: 'a', port: 0 }, 'port'],
    [{ kind: 'syslog', host: 'a', tls: 'yes' }, 'tls'],
    [{ kind: 'syslog', host: 'a', ca: 'x' }, 'ca'],
    [{ kind: 'webhook', url: 'ftp://a', secret }, 'url'],
    [{ kind: 'webhook', url: 'https://a', secret: 'open sesame' }, 'secret'],
  ] as const) {
    assert.throws(
      () => parseDestination(value),
      (error) => {
        assert.ok(error instanceof RangeError)
        assert.ok(error.message.startsWith(field), error.message)
        assert.ok(!error.message.includes('sesame'))
        return true
      },
    )
  }
  assert.deepEqual(parseDestination({ kind: 'syslog', host: 'siem.example.com' }), {
    kind: 'syslog',
    host: 'siem.example.com',
    port: 6514,
    tls: true,
    certificateAuthority: null,
  })
})
