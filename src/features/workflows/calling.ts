/** One attempt at an address outside. It was written down before; whatever comes of it is an outcome, never an error. */
import type { Services } from '#platform/operations/services.ts'
import { OutboundError } from '#platform/outbound-http/index.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { signatureOf } from './signing.ts'
import type { Outcome, Outgoing } from './stage.ts'
import { storable } from './storable.ts'

/** `ciphertexts`: the secrets that sign it, encrypted. */
export type Calling = Outgoing & { number: number; attempt: number; ciphertexts: readonly string[] }

const timeoutMs = 15_000
const mostAnswerBytes = 16_384

/** Worth another attempt: the receiver was not there, or said so. */
const passing = new Set([408, 409, 425, 429, 500, 502, 503, 504])

export async function callOutside(
  services: Services,
  executionId: string,
  { url, method, body, number, attempt, ciphertexts }: Calling,
): Promise<Outcome> {
  const { outbound, settings } = services
  if (settings.httpsOnly && !url.startsWith('https://') && outbound.judge(new URL(url)) === 'unknown') {
    return { kind: 'failed', input: null, reason: 'The URL must begin with https://', retryable: false }
  }
  // The number of the step's first attempt: all attempts of one visit to an action carry the same key.
  const key = `${executionId}.${number - attempt + 1}`
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'x-workflow-attempt': String(attempt) }
  try {
    Object.assign(headers, signatureOf(services, { id: key, body, ciphertexts }))
    const answer = await outbound.request({ method, url, headers, body, timeoutMs, maxResponseBytes: mostAnswerBytes })
    const { status } = answer
    if (status >= 200 && status < 300) {
      const said = answer.truncated ? null : parse(answer.body)
      return { kind: 'done', exit: 'next', input: null, result: { status_code: status, body: said } }
    }
    const after = Number(answer.headers['retry-after'])
    return {
      kind: 'failed',
      input: null,
      reason: `The receiver answered ${status}`,
      retryable: passing.has(status),
      ...(Number.isFinite(after) && after > 0 ? { retryAfterSeconds: Math.min(after, 86_400) } : {}),
    }
  } catch (error) {
    if (isContentLost(error)) {
      return { kind: 'failed', input: null, reason: 'The secret that signs calls does not open', retryable: true }
    }
    if (!(error instanceof OutboundError)) throw error
    const final = error.code === 'address_not_allowed' || error.code === 'invalid_url'
    return { kind: 'failed', input: null, reason: error.message.slice(0, 500), retryable: !final }
  }
}

/** What JSON says; anything else is nothing that expressions could read. */
function parse(body: Buffer): unknown {
  try {
    return storable(JSON.parse(body.toString('utf8')))
  } catch {
    return null
  }
}
