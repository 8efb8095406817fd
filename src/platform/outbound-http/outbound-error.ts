export type OutboundErrorCode =
  | 'address_not_allowed'
  | 'dns_failed'
  | 'connect_failed'
  | 'tls_failed'
  | 'timeout'
  | 'response_too_large'
  | 'redirect_refused'
  | 'protocol_error'
  | 'invalid_url'

/**
 * Why an outbound call failed. `message` may be shown to a client's administrator: it names the host that was asked
 * for, never what it resolved to. `cause` is for the log.
 */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode

  constructor(code: OutboundErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'OutboundError'
    this.code = code
  }
}

/** The `code` of a Node.js or undici error; of an AggregateError, that of its first attempt. */
export function systemErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** DNS failure of `host` (getaddrinfo: ENOTFOUND, EAI_AGAIN, ...). */
export function dnsFailure(host: string, cause: unknown): OutboundError {
  const reason =
    systemErrorCode(cause) === 'ENOTFOUND' ? 'no address is known for that name' : 'the name could not be looked up'
  return new OutboundError('dns_failed', `Cannot find "${host}": ${reason}`, cause)
}

const connectReasons: Record<string, string> = {
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'no route leads there',
  ENETUNREACH: 'no route leads there',
}

/** TCP failure before anything was said. */
export function connectFailure(host: string, cause: unknown): OutboundError {
  const code = systemErrorCode(cause)
  if (code === 'ETIMEDOUT') return timeoutFailure(host, cause)
  return new OutboundError(
    'connect_failed',
    `Cannot connect to "${host}": ${connectReasons[code] ?? 'the connection failed'}`,
    cause,
  )
}

// Names of OpenSSL's X509_V_ERR_* as Node.js reports them.
const tlsReasons: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** What a Node.js error code says about a failed TLS handshake; null if the code is not one of TLS. */
export function tlsFailureReason(code: string): string | null {
  const known = tlsReasons[code]
  if (known !== undefined) return known
  return /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO$)/.test(code) ? 'the TLS handshake failed' : null
}

/** TLS failure: an untrusted certificate, another name in it, or a peer that does not speak TLS. */
export function tlsFailure(host: string, cause: unknown): OutboundError {
  const reason = tlsFailureReason(systemErrorCode(cause)) ?? 'the TLS handshake failed'
  return new OutboundError('tls_failed', `No secure connection to "${host}": ${reason}`, cause)
}

export function timeoutFailure(host: string, cause?: unknown): OutboundError {
  return new OutboundError('timeout', `"${host}" did not answer in time`, cause)
}

const closedEarlyCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const undiciTimeoutCodes = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])

/** What undici throws once the connection stands; an OutboundError passes as it is. */
export function exchangeFailure(host: string, cause: unknown): OutboundError {
  if (cause instanceof OutboundError) return cause
  const code = systemErrorCode(cause)
  if (undiciTimeoutCodes.has(code)) return timeoutFailure(host, cause)
  if (closedEarlyCodes.has(code)) {
    return new OutboundError('protocol_error', `"${host}" closed the connection before its answer was complete`, cause)
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new OutboundError('protocol_error', `The request to "${host}" has an invalid header or method`, cause)
  }
  return new OutboundError('protocol_error', `The answer of "${host}" is not valid HTTP`, cause)
}
