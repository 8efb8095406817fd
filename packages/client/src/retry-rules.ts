/** When a request is sent again, and after how long. Pure: time and chance come in. */
import type { ClienteleError } from './errors.ts'
import { ApiError, ConnectionError } from './errors.ts'

export type RetryOptions = {
  /** How often a request is sent again after the first time; 0: never. */
  limit: number
  baseDelayMs: number
  maxDelayMs: number
  /** A server that asks for a longer pause than this is not asked again. */
  maxRetryAfterMs: number
}

export const defaultRetries: RetryOptions = { limit: 3, baseDelayMs: 250, maxDelayMs: 8_000, maxRetryAfterMs: 60_000 }

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether sending it twice does nothing twice: by its method (RFC 9110, 9.2.2), or by its Idempotency-Key. */
export function mayRepeat(method: string, headers: Headers): boolean {
  return idempotentMethods.has(method.toUpperCase()) || headers.has('idempotency-key')
}

const passingStatuses = new Set([408, 429, 502, 503, 504])

/** Whether it may go well later: nobody answered, the server was busy, or the first one with this key is still under way. */
export function isPassing(error: ClienteleError): boolean {
  if (error instanceof ConnectionError) return true
  if (!(error instanceof ApiError)) return false
  return passingStatuses.has(error.status) || error.code?.toLowerCase() === 'idempotency_in_progress'
}

/**
 * Milliseconds until the next attempt; null: there is none. Exponential with full jitter, so that callers that failed
 * together do not come back together; what the server asks for (Retry-After) is the least.
 * @param done attempts so far, 1 or more
 * @param random 0 to 1
 */
export function delayBefore(error: ClienteleError, done: number, options: RetryOptions, random: number): number | null {
  if (done > options.limit || !isPassing(error)) return null
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0
  if (asked > options.maxRetryAfterMs) return null
  const ceiling = Math.min(options.maxDelayMs, options.baseDelayMs * 2 ** (done - 1))
  return asked + random * ceiling
}
