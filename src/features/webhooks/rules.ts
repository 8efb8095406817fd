/** When a failed delivery is tried again, what an answer means, which events an endpoint gets, which URLs may be one. */
import type { Told } from '#kernel/faults.ts'
import { webhookFault } from './faults.ts'

const minute = 60
const hour = 60 * minute

/** After the first, second, ... failed attempt; then the delivery has failed. */
export const retryDelaysSeconds = [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour] as const

/** Retries of a moment ago must not come back in the same moment. */
const widestJitter = 0.1
/** A receiver may ask for more patience than the schedule has, up to this. */
export const longestRetryAfterMs = 24 * hour * 1000

/**
 * How long to wait after a failed attempt; null: it was the last one.
 * @param tries attempts so far, the failed one included
 * @param jitter 0 to 1
 * @param retryAfterMs what the receiver asked for; it delays the next attempt, and never hastens it
 */
export function retryDelayMs(tries: number, jitter: number, retryAfterMs: number | null): number | null {
  const seconds = retryDelaysSeconds[tries - 1]
  if (seconds === undefined) return null
  const scheduled = seconds * 1000 * (1 + widestJitter * jitter)
  return Math.round(Math.max(scheduled, Math.min(retryAfterMs ?? 0, longestRetryAfterMs)))
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date. Milliseconds from now; null for what is neither. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

/** What an attempt came to. `code` and `words` are null for a success. */
export type Verdict = {
  succeeded: boolean
  /** The receiver says that it will never want another one (410). */
  gone: boolean
  /** The receiver, or the way to it, is out of breath: fewer at once. */
  overloaded: boolean
  code: string | null
  words: string | null
  retryAfterMs: number | null
}

const success: Verdict = {
  succeeded: true,
  gone: false,
  overloaded: false,
  code: null,
  words: null,
  retryAfterMs: null,
}

const overloadedStatuses = new Set([429, 502, 503, 504])
const retryAfterStatuses = new Set([429, 503])

/** @param failure why there was no complete answer */
export function judgeAttempt(
  answer: { status: number; headers: Readonly<Record<string, string>> } | null,
  failure: { code: string; message: string } | null,
  nowMs: number,
): Verdict {
  if (failure || !answer) {
    const code = failure?.code ?? 'protocol_error'
    const words = failure?.message ?? 'There was no answer'
    return { ...success, succeeded: false, overloaded: true, code, words }
  }
  const { status, headers } = answer
  if (status >= 200 && status < 300) return success
  const refused = { ...success, succeeded: false, overloaded: overloadedStatuses.has(status) }
  if (status === 410) return { ...refused, gone: true, code: 'gone', words: 'The receiver answered 410 Gone' }
  if (status >= 300 && status < 400) {
    return { ...refused, code: 'redirect', words: `The receiver answered ${status}: redirects are not followed` }
  }
  return {
    ...refused,
    code: 'status',
    words: `The receiver answered ${status} instead of 2xx`,
    retryAfterMs: retryAfterStatuses.has(status) ? parseRetryAfter(headers['retry-after'], nowMs) : null,
  }
}

/** An event's type, or all of a subject: `profile.created`, `profile.*`. The database matches them (webhook_event_patterns). */
export const eventPattern = '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*\\.(\\*|[a-z][a-z0-9_]*)$'

export type UrlVerdict = 'listed' | 'public' | 'refused' | 'unknown'

/**
 * Why a URL cannot be an endpoint's; null: it can.
 * @param judge what is known of the URL's host (OutboundHttp.judge)
 */
export function urlProblem(
  text: string,
  { httpsRequired, judge }: { httpsRequired: boolean; judge: (url: URL) => UrlVerdict },
): Told | null {
  // URL.parse drops tabs, line breaks and spaces around it: what is stored must be what is called.
  if (/[\s\p{Cc}\\]/u.test(text)) return webhookFault('webhook_url_characters')
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return webhookFault('webhook_url_incomplete')
  }
  if (url.username !== '' || url.password !== '') return webhookFault('webhook_url_credentials')
  if (url.hash !== '') return webhookFault('webhook_url_fragment')
  const verdict = judge(url)
  if (verdict === 'refused') return webhookFault('webhook_url_inside')
  if (url.protocol === 'http:' && httpsRequired && verdict !== 'listed') return webhookFault('webhook_url_https')
  return null
}
