/** Sends one request as often as it takes: credential, time limit, retries, errors as exceptions. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Credential } from './credentials.ts'
import { AuthenticationError, ClienteleError, ConnectionError, readError, TimeoutError } from './errors.ts'
import type { RetryOptions } from './retry-rules.ts'
import { delayBefore, mayRepeat } from './retry-rules.ts'

export type Fetch = (request: Request) => Promise<Response>

export type Transport = {
  baseUrl: string
  fetch: Fetch
  credential: Credential
  retries: RetryOptions
  timeoutMs: number
}

export type Sending = {
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
  retries?: Partial<RetryOptions> | undefined
  /** The body can be sent once only. */
  once?: boolean
  /** Give the answer back when its headers are there; the time limit ends with them. */
  streaming?: boolean
}

/**
 * @param make a new request, each time that it is called
 * @throws ApiError, ConnectionError, TimeoutError; the signal's own reason when the caller aborts
 */
export async function send(transport: Transport, make: () => Request, sending: Sending = {}): Promise<Response> {
  const retries = { ...transport.retries, ...sending.retries }
  let hasRenewed = false
  for (let done = 1; ; done++) {
    const request = make()
    const proof = await proofOf(transport)
    const result =
      proof instanceof ClienteleError ? proof : await attempt(transport, withHeaders(request, proof), sending)
    if (result instanceof Response) return result
    const wasSent = !(proof instanceof ClienteleError)
    if (wasSent && sending.once) throw result
    // Whatever was refused for its credential was not done: it may be sent again with a new one.
    if (wasSent && result instanceof AuthenticationError && !hasRenewed && transport.credential.renew?.(proof)) {
      hasRenewed = true
      done--
      continue
    }
    const repeats = !wasSent || mayRepeat(request.method, request.headers)
    const wait = repeats ? delayBefore(result, done, retries, Math.random()) : null
    if (wait === null) throw result
    await delay(wait, undefined, sending.signal ? { signal: sending.signal } : {})
  }
}

async function proofOf(transport: Transport): Promise<Record<string, string> | ClienteleError> {
  try {
    return await transport.credential.headers(transport)
  } catch (error) {
    if (error instanceof ClienteleError) return error
    throw error
  }
}

function withHeaders(request: Request, headers: Record<string, string>): Request {
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
  return request
}

async function attempt(transport: Transport, request: Request, sending: Sending): Promise<Response | ClienteleError> {
  const { signal, timeoutMs = transport.timeoutMs, streaming = false } = sending
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeoutMs)
  try {
    const signals = signal ? [signal, limit.signal] : [limit.signal]
    // Never along a redirect: the credential is for this server alone.
    const limited = new Request(request, { signal: AbortSignal.any(signals), redirect: 'manual' })
    const response = await transport.fetch(limited)
    if (response.status >= 300) return readError(response, await response.text())
    return streaming ? response : await read(response)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (limit.signal.aborted) {
      return new TimeoutError(`no answer within ${timeoutMs} ms: ${request.method} ${request.url}`, { cause: error })
    }
    return new ConnectionError(`no answer: ${request.method} ${request.url}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** The whole answer while time limit and retries still hold. */
async function read(response: Response): Promise<Response> {
  const { status, statusText, headers } = response
  const text = await response.text()
  return new Response(text === '' ? null : text, { status, statusText, headers })
}
