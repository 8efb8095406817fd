/** Syslog: messages of RFC 5424, framed by octet counting over TCP (RFC 6587) or TLS (RFC 5425). */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { OutboundHttp } from '../outbound-http/index.ts'
import { OutboundError, tlsFailureReason } from '../outbound-http/index.ts'
import type { SyslogDestination } from './destination.ts'

export type SyslogMessage = {
  severity: 'info' | 'warning' | 'critical'
  /** ISO 8601 with at most microseconds. */
  timestamp: string
  /** What kind of message: printable ASCII, at most 32 characters. */
  messageId: string
  /** One line of JSON. */
  text: string
}

/** "log audit" (RFC 5424, table 1). */
const facility = 13
const severities = { critical: 2, warning: 4, info: 6 } as const
const usualTimeoutMs = 15_000

/** @param hostname of whom the message is */
export function formatSyslog(hostname: string, message: SyslogMessage): string {
  const priority = facility * 8 + severities[message.severity]
  const host = hostname.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 255) || '-'
  // ASCII only: text in UTF-8 would have to begin with a byte order mark, which many readers of JSON stumble over.
  const text = message.text.replaceAll(
    /[\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `<${priority}>1 ${message.timestamp} ${host} clientele - ${message.messageId} - ${text}`
}

/**
 * Sends the messages on a connection of their own and waits until the receiver has closed it behind the last one: syslog has
 * no acknowledgement, so this is the most that can be known. What fails is sent again, so a message may come twice.
 * @param timeoutMs for connecting, and again for everything behind it
 * @throws OutboundError
 */
export async function sendSyslog(
  outbound: OutboundHttp,
  destination: SyslogDestination,
  messages: readonly string[],
  timeoutMs = usualTimeoutMs,
): Promise<void> {
  const { host, port, tls } = destination
  const plain = await outbound.connect(host, port, { timeoutMs })
  const signal = AbortSignal.timeout(timeoutMs)
  let socket = plain
  try {
    if (tls) socket = await secure(plain, destination, signal)
    const ended = closed(socket, host, signal)
    // Both: an error must not be without a listener while the bytes are written.
    await Promise.all([
      ended,
      (async () => {
        for (const message of messages) {
          if (!socket.write(`${Buffer.byteLength(message)} ${message}`)) await once(socket, 'drain', { signal })
        }
        socket.end()
      })(),
    ])
  } catch (error) {
    throw failureOf(host, signal, error)
  } finally {
    socket.destroy()
    plain.destroy()
  }
}

async function secure(plain: Socket, destination: SyslogDestination, signal: AbortSignal): Promise<Socket> {
  const { host, certificateAuthority } = destination
  const socket = connectTls({
    socket: plain,
    minVersion: 'TLSv1.2',
    ...(isIP(host) ? { host } : { servername: host }),
    ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
  })
  try {
    await once(socket, 'secureConnect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? error : handshakeFailure(host, error)
  }
}

function handshakeFailure(host: string, cause: unknown): OutboundError {
  const reason = tlsFailureReason((cause as { code?: string }).code ?? '') ?? 'the TLS handshake failed'
  return new OutboundError('tls_failed', `No secure connection to "${host}": ${reason}`, cause)
}

function failureOf(host: string, signal: AbortSignal, cause: unknown): OutboundError {
  if (cause instanceof OutboundError) return cause
  if (signal.aborted) return new OutboundError('timeout', `"${host}" did not take the messages in time`, cause)
  return new OutboundError('protocol_error', `"${host}" closed the connection before it had taken everything`, cause)
}

/** Resolves when the receiver has closed its side after we have closed ours; rejects when it closes early or says anything is wrong. */
function closed(socket: Socket, host: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let finished = false
    socket.once('finish', () => {
      finished = true
    })
    socket.once('error', reject)
    socket.once('end', () => {
      if (finished) resolve()
      else reject(new OutboundError('protocol_error', `"${host}" closed the connection before it had taken everything`))
    })
    socket.once('close', () => reject(new Error('the connection was closed without an end')))
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    // Whatever it says, nothing of it is needed; without a reader its end would not be seen.
    socket.resume()
  })
}
