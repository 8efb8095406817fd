/** How many answers that go on a caller may have at a time: each holds a connection, and is looked after for as long as it lasts. */
import type { FastifyReply } from 'fastify'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { claimsOf } from '#platform/rate-limits/index.ts'

/** Of a person with many tabs, or a client with many programs; in one process. */
const mostOfCaller = 32
const retryAfterSeconds = 60

/** By caller, as quotas count them. */
const open = new Map<string, number>()

/** Holds a place until the connection or the answer has ended. @throws rate_limited */
export function holdStreamPlace(actor: Actor, reply: FastifyReply): void {
  const key = claimsOf(actor, reply.request.ip, undefined)[0]?.key ?? ''
  const others = open.get(key) ?? 0
  if (others >= mostOfCaller) {
    const message = `You have ${mostOfCaller} live streams open already: close one, or use one for several purposes.`
    throw coreError('rate_limited', { message, retryAfterSeconds })
  }
  // Who has gone while the answer was made: nothing would tell of it any more.
  if (reply.raw.destroyed) return
  open.set(key, others + 1)
  reply.raw.once('close', () => {
    const left = (open.get(key) ?? 1) - 1
    if (left > 0) open.set(key, left)
    else open.delete(key)
  })
}
