import type { OutboundError, OutboundErrorCode } from '../outbound-http/index.ts'
import { providerLabels } from './config-fields.ts'
import type { MailProvider } from './types.ts'

export type MailErrorCode =
  | 'authentication_failed'
  | 'connection_failed'
  | 'address_not_allowed'
  | 'timeout'
  | 'tls_failed'
  | 'rejected'
  | 'rate_limited'
  | 'provider_error'

type MailFailure = {
  code: MailErrorCode
  provider: MailProvider
  retryable: boolean
  response?: string | null
  message?: string
  cause?: unknown
}

/** The message has not been accepted. `message` and `response` may be shown to the client's administrator. */
export class MailError extends Error {
  readonly code: MailErrorCode
  readonly provider: MailProvider
  /** What the provider answered, trimmed, secrets removed; null if it answered nothing. */
  readonly response: string | null
  /** The same message may be accepted later without a change of the configuration. */
  readonly retryable: boolean

  constructor(failure: MailFailure) {
    super(
      failure.message ?? defaultMessage(failure.code, providerLabels[failure.provider]),
      failure.cause === undefined ? undefined : { cause: failure.cause },
    )
    this.name = 'MailError'
    this.code = failure.code
    this.provider = failure.provider
    this.retryable = failure.retryable
    this.response = failure.response ?? null
  }
}

function defaultMessage(code: MailErrorCode, label: string): string {
  const messages: Record<MailErrorCode, string> = {
    authentication_failed: `${label} refused the credentials`,
    connection_failed: `${label} cannot be reached`,
    address_not_allowed: `The address of the ${label} server is not allowed`,
    timeout: `${label} did not answer in time`,
    tls_failed: `No secure connection to ${label}`,
    rejected: `${label} refused the message`,
    rate_limited: `${label} accepts no more messages for now`,
    provider_error: `${label} could not take the message`,
  }
  return messages[code]
}

const outboundFailures: Record<OutboundErrorCode, { code: MailErrorCode; retryable: boolean }> = {
  address_not_allowed: { code: 'address_not_allowed', retryable: false },
  dns_failed: { code: 'connection_failed', retryable: true },
  connect_failed: { code: 'connection_failed', retryable: true },
  tls_failed: { code: 'tls_failed', retryable: false },
  timeout: { code: 'timeout', retryable: true },
  protocol_error: { code: 'provider_error', retryable: true },
  response_too_large: { code: 'provider_error', retryable: false },
  redirect_refused: { code: 'provider_error', retryable: false },
  invalid_url: { code: 'provider_error', retryable: false },
}

/** The provider was not reached, or not understood. */
export function outboundMailError(provider: MailProvider, error: OutboundError): MailError {
  return new MailError({ ...outboundFailures[error.code], provider, message: error.message, cause: error })
}
