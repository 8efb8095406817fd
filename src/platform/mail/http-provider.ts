import type { OutboundHttp } from '../outbound-http/index.ts'
import type { MailErrorCode } from './mail-error.ts'
import { MailError } from './mail-error.ts'
import type { Redact } from './redact.ts'
import type { Acceptance, MailConfigs, MailEndpoints, MailMessage, MailProvider } from './types.ts'

export type ProviderRequest = { url: string; headers: Record<string, string>; body: string | Buffer }

export type ProviderAnswer = {
  status: number
  headers: Record<string, string>
  text: string
  /** The body's members if it is a JSON object, else none. */
  json: Record<string, unknown>
}

export type Refusal = { code: MailErrorCode; retryable: boolean }

/** What differs between providers that take a message as one HTTP POST. */
export type HttpMailProvider<P extends MailProvider> = {
  provider: P
  /** Base URL of the provider's API for this configuration. */
  endpoint(config: MailConfigs[P], endpoints: MailEndpoints): string
  request(config: MailConfigs[P], message: MailMessage, endpoint: string): Promise<ProviderRequest> | ProviderRequest
  messageId(answer: ProviderAnswer): string | null
  /** The sentence in the answer that a person can use; null if there is none. */
  explain(answer: ProviderAnswer): string | null
  /** Where the provider is more precise than its status code; null to go by the status. */
  refusal(answer: ProviderAnswer): Refusal | null
}

export type HttpSending<P extends MailProvider> = {
  outbound: OutboundHttp
  config: MailConfigs[P]
  message: MailMessage
  endpoints: MailEndpoints
  timeoutMs: number
  redact: Redact
}

/**
 * Posts the message and reads the answer.
 *
 * @throws MailError if the provider did not accept it, OutboundError if it was not reached
 */
export async function sendOverHttp<P extends MailProvider>(
  definition: HttpMailProvider<P>,
  sending: HttpSending<P>,
): Promise<Acceptance> {
  const endpoint = definition.endpoint(sending.config, sending.endpoints)
  const request = await definition.request(sending.config, sending.message, endpoint)
  const { status, headers, body } = await sending.outbound.request({
    method: 'POST',
    ...request,
    timeoutMs: sending.timeoutMs,
    maxResponseBytes: 64 * 1024,
  })
  const text = body.toString('utf8')
  const answer: ProviderAnswer = { status, headers, text, json: parseJsonObject(text) }
  const response = sending.redact(`${status} ${definition.explain(answer) ?? text}`)
  const refusal = definition.refusal(answer) ?? judgeStatus(status)
  if (refusal !== null) throw new MailError({ ...refusal, provider: definition.provider, response })
  return { providerMessageId: definition.messageId(answer), response }
}

function judgeStatus(status: number): Refusal | null {
  if (status >= 200 && status < 300) return null
  if (status === 401 || status === 403) return { code: 'authentication_failed', retryable: false }
  if (status === 429) return { code: 'rate_limited', retryable: true }
  if (status >= 500 || status === 408) return { code: 'provider_error', retryable: true }
  if (status >= 400) return { code: 'rejected', retryable: false }
  return { code: 'provider_error', retryable: false } // a redirect: not the provider's API
}

function parseJsonObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {} // an answer that is no JSON is judged by its status and shown as it is
  }
}

/** A member of a JSON answer if it is a string with something in it. */
export function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
