/** The limit of requests on HTTP: headers on every answer, 429 when nothing is left. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'
import { claimsOf } from '#platform/rate-limits/index.ts'

/**
 * Counts the request towards its caller's quotas; without a credential, towards its address.
 * @throws rate_limited with the seconds to wait
 */
export async function limitRate(
  { rateLimits }: Services,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  actor: Actor,
  limit?: 'transfer',
): Promise<void> {
  if (!rateLimits) return
  const verdict = await rateLimits.take(claimsOf(actor, request.ip, limit))
  reply.headers({
    'x-ratelimit-limit': verdict.limit,
    'x-ratelimit-remaining': verdict.remaining,
    'x-ratelimit-reset': verdict.resetEpochSeconds,
  })
  if (!verdict.allowed) throw coreError('rate_limited', { retryAfterSeconds: verdict.retryAfterSeconds })
}
