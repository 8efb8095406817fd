import { lookup as dnsLookup } from 'node:dns/promises'
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { Agent } from 'undici'
import { untilAborted } from './abort.ts'
import type { AddressVerdict } from './address-policy.ts'
import { judgeUrl, parseAllowList } from './address-policy.ts'
import { bareHostname, createConnector } from './connector.ts'
import type { Guard, LookupHost } from './guarded-connect.ts'
import { connectGuarded } from './guarded-connect.ts'
import { exchangeFailure, OutboundError, timeoutFailure } from './outbound-error.ts'

export type OutboundHttpOptions = {
  /** Hosts, host:port, IP addresses or networks that may be reached though private (CLIENTELE_OUTBOUND_ALLOW). */
  allow: readonly string[]
  /** `false` refuses http:// URLs. Default true. */
  allowPlainHttp?: boolean
  /** Certificate authorities (PEM) to trust instead of the built-in ones. */
  tlsCa?: string
  /** Resolves names; default `dns.lookup` with all addresses. */
  lookup?: LookupHost
}

export type OutboundRequest = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  url: string
  headers?: Record<string, string>
  body?: string | Buffer
  /** From the look-up of the name to the last byte of the answer. Default 15,000. */
  timeoutMs?: number
  /** Bytes of the body that are read at most. Default 256 KiB. */
  maxResponseBytes?: number
  /** Throw response_too_large instead of cutting a longer body off. Default false. */
  failOnOversize?: boolean
  /** Throw redirect_refused for a 3xx answer that names another place. Default false: it is returned. */
  failOnRedirect?: boolean
  signal?: AbortSignal
}

export type OutboundResponse = {
  status: number
  /** Names in lower case; a repeated header's values are joined with a comma and a space. */
  headers: Record<string, string>
  body: Buffer
  /** The body was longer than maxResponseBytes and has been cut off. */
  truncated: boolean
  durationMs: number
}

export type OutboundHttp = {
  /**
   * One HTTP exchange. Redirects are not followed, compressed bodies are not asked for.
   *
   * @throws OutboundError; the reason of `signal` if the caller aborted
   */
  request(input: OutboundRequest): Promise<OutboundResponse>
  /**
   * A TCP connection under the same rules (for SMTP). The socket is the caller's to close. `timeoutMs` covers looking
   * up and connecting, default 15,000.
   *
   * @throws OutboundError address_not_allowed, dns_failed, connect_failed, timeout, invalid_url
   */
  connect(host: string, port: number, options?: { timeoutMs?: number }): Promise<Socket>
  /**
   * What can be said of a URL before its name is looked up: on the operator's list; as an address public or refused;
   * any other name is unknown until it is connected to.
   */
  judge(url: URL): AddressVerdict | 'unknown'
  /** Lets requests that are connected finish, ends connection attempts, closes idle connections. */
  close(): Promise<void>
}

const defaultTimeoutMs = 15_000
const defaultMaxResponseBytes = 256 * 1024

/**
 * The only way out of the platform: every outbound call of a client's choosing (webhooks, token URLs, mail servers)
 * goes through one of these. Public addresses only, except for what `allow` lists.
 *
 * @throws Error for an entry of `allow` that cannot be read
 */
export function createOutboundHttp(options: OutboundHttpOptions): OutboundHttp {
  const guard: Guard = {
    allowList: parseAllowList(options.allow),
    lookup: options.lookup ?? ((hostname) => dnsLookup(hostname, { all: true })),
  }
  const closing = new AbortController()
  const connector = createConnector(guard, { tlsCa: options.tlsCa, closing: closing.signal })
  const agent = new Agent({ connect: connector, keepAliveMaxTimeout: 60_000 })

  return {
    async request(input) {
      closing.signal.throwIfAborted()
      const url = parseOutboundUrl(input.url, options.allowPlainHttp ?? true)
      refuseHostHeader(input.headers)
      const startedAt = performance.now()
      const deadline = AbortSignal.timeout(input.timeoutMs ?? defaultTimeoutMs)
      const signal = input.signal ? AbortSignal.any([input.signal, deadline]) : deadline
      try {
        const exchange = agent.request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: input.method,
          headers: { 'user-agent': 'Clientele', ...lowerCaseNames(input.headers) },
          body: input.body ?? null,
          signal,
          // The deadline above is the one limit; undici's own would be per phase.
          headersTimeout: 0,
          bodyTimeout: 0,
        })
        // undici heeds the signal only once there is a connection, and then sends nothing of an aborted request.
        const response = await untilAborted(exchange, signal)
        const answer = await readResponse(response, input, url)
        return { ...answer, durationMs: Math.round(performance.now() - startedAt) }
      } catch (error) {
        input.signal?.throwIfAborted()
        throw deadline.aborted ? timeoutFailure(url.hostname, error) : exchangeFailure(url.hostname, error)
      }
    },

    async connect(host, port, { timeoutMs = defaultTimeoutMs } = {}) {
      const hostname = bareHostname(host)
      if (hostname === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        throw new OutboundError('invalid_url', 'A host and a port from 1 to 65535 are needed')
      }
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal])
      return connectGuarded(guard, { hostname, port }, signal)
    },

    judge: (url) => judgeUrl(guard.allowList, url),

    async close() {
      closing.abort(new OutboundError('connect_failed', 'The server is shutting down'))
      await agent.close()
    },
  }
}

function parseOutboundUrl(text: string, allowPlainHttp: boolean): URL {
  // WHATWG parsing turns decimal, octal, hexadecimal and short IPv4 spellings into the plain one before it is judged.
  const url = URL.parse(text)
  if (url === null) throw new OutboundError('invalid_url', 'The URL is not valid')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowPlainHttp)) {
    throw new OutboundError('invalid_url', `The URL must start with https://${allowPlainHttp ? ' or http://' : ''}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError('invalid_url', 'The URL must not contain a user name or password')
  }
  return url
}

function refuseHostHeader(headers: Record<string, string> | undefined): void {
  // undici takes SNI and the certificate's name from a Host header: it must stay the name that was checked.
  if (Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'host')) {
    throw new OutboundError('protocol_error', 'The header "Host" cannot be set: it is the host of the URL')
  }
}

async function readResponse(
  response: Dispatcher.ResponseData,
  input: OutboundRequest,
  url: URL,
): Promise<Omit<OutboundResponse, 'durationMs'>> {
  const { statusCode: status, body: stream } = response
  // Destroying a body that nobody reads to its end makes it emit an error that nobody waits for.
  stream.on('error', () => {})
  const headers = joinHeaders(response.headers)
  if (input.failOnRedirect && status >= 300 && status < 400 && headers.location !== undefined) {
    stream.destroy()
    throw new OutboundError('redirect_refused', `"${url.hostname}" answered with a redirect, which is not followed`)
  }
  const limit = input.maxResponseBytes ?? defaultMaxResponseBytes
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    received += chunk.length
    if (received > limit) break // leaving the loop destroys the stream, and with it the connection
  }
  const truncated = received > limit
  if (truncated && input.failOnOversize) {
    throw new OutboundError('response_too_large', `The answer of "${url.hostname}" is longer than ${limit} bytes`)
  }
  return { status, headers, body: Buffer.concat(chunks).subarray(0, limit), truncated }
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return joined
}

function lowerCaseNames(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
