/** One attempt: signs, sends, and says what became of it. */
import type { Clock } from '#platform/clock/index.ts'
import type { KeepAliveClient, PostOutcome } from '#platform/outbound-http/index.ts'
import type { Target } from './endpoint-keys.ts'
import type { WebhookEvent } from './message.ts'
import { renderBody, signedHeaders } from './message.ts'
import type { Verdict } from './rules.ts'
import { judgeAttempt, retryDelayMs } from './rules.ts'
import type { AttemptRecord, ClaimedDelivery } from './sender-store.ts'

/** From the look-up of the name to the last byte of the answer. */
export const attemptTimeoutMs = 15_000
/** As much of an answer is kept. */
const mostAnswerBytes = 4_096
const mostHeaderCharacters = 4_096

export type Attempt = { record: AttemptRecord; verdict: Verdict }

export async function makeAttempt(
  sender: KeepAliveClient,
  delivery: ClaimedDelivery & { event: WebhookEvent },
  target: Target,
  { publicUrl, timeoutMs, clock }: { publicUrl: string; timeoutMs: number; clock: Clock },
): Promise<Attempt> {
  const attemptedAt = clock.now()
  const body = renderBody(delivery.event, publicUrl)
  const bytes = Buffer.from(body)
  const headers = signedHeaders(delivery.event.id, Math.floor(attemptedAt.getTime() / 1000), bytes, target.keys)
  const outcome = await sender.post({
    url: target.url,
    headers,
    body: bytes,
    timeoutMs,
    maxResponseBytes: mostAnswerBytes,
  })
  const nowMs = clock.now().getTime()
  const verdict = judgeAttempt(outcome.answer, outcome.error, nowMs)
  return {
    verdict,
    record: toRecord(delivery, { attemptedAt, url: target.url.href, headers, body, nowMs }, outcome, verdict),
  }
}

type Sent = { attemptedAt: Date; url: string; headers: Record<string, string>; body: string; nowMs: number }

function toRecord(delivery: ClaimedDelivery, sent: Sent, outcome: PostOutcome, verdict: Verdict): AttemptRecord {
  const { answer, timing } = outcome
  const delayMs =
    verdict.succeeded || verdict.gone ? null : retryDelayMs(delivery.tries + 1, Math.random(), verdict.retryAfterMs)
  return {
    tenant_id: delivery.tenantId,
    delivery_pk: delivery.deliveryPk,
    endpoint_pk: delivery.endpointPk,
    event_id: delivery.eventId,
    event_type: delivery.event?.type ?? '',
    created_at: new Date(delivery.createdMs).toISOString(),
    status: verdict.succeeded ? 'succeeded' : delayMs === null ? 'failed' : 'pending',
    due_at: delayMs === null ? null : new Date(sent.nowMs + delayMs).toISOString(),
    attempted_at: sent.attemptedAt.toISOString(),
    url: sent.url,
    request_headers: sent.headers,
    request_body: sent.body,
    status_code: answer?.status ?? null,
    response_headers: answer ? shortened(answer.headers) : null,
    response_body: answer ? storable(answer.body.toString()) : null,
    response_truncated: answer?.truncated ?? false,
    dns_ms: rounded(timing.dnsMs),
    connect_ms: rounded(timing.connectMs),
    first_byte_ms: rounded(timing.firstByteMs),
    total_ms: rounded(timing.totalMs) ?? 0,
    error_code: verdict.code,
    error: verdict.words,
  }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 100) / 100
}

/** PostgreSQL takes neither U+0000 nor half a character in a text. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

function shortened(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {}
  let room = mostHeaderCharacters
  for (const [name, value] of Object.entries(headers)) {
    room -= name.length + value.length
    if (room < 0) break
    kept[name] = storable(value)
  }
  return kept
}

/** For a delivery that cannot be sent: nothing was asked of the receiver. `isFinal`: nor will it be later. */
export function failedAttempt(
  delivery: ClaimedDelivery,
  { code, message, isFinal, now }: { code: string; message: string; isFinal: boolean; now: Date },
): Attempt {
  const sent = { attemptedAt: now, url: '', headers: {}, body: '', nowMs: now.getTime() }
  const timing = { dnsMs: null, connectMs: null, firstByteMs: null, totalMs: 0 }
  const verdict = judgeAttempt(null, { code, message }, sent.nowMs)
  const record = toRecord(delivery, sent, { answer: null, error: null, timing }, verdict)
  return { verdict, record: isFinal ? { ...record, status: 'failed', due_at: null } : record }
}
