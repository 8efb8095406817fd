import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { coreError } from '#kernel/errors.ts'
import type { IdempotencyRequest } from '#platform/operations/idempotency.ts'

const idempotencyKeyFormat = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

/**
 * Callers without a credential are told apart by their address alone, which many may share: their keys must be too long to
 * be guessed (a UUID is), for the first answer may hold an API key.
 */
const shortestAnonymousKey = 16

/** What makes a POST idempotent: its key, and what the same request is recognized by. @throws idempotency_key_invalid */
export function idempotencyOf(request: FastifyRequest): IdempotencyRequest | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method !== 'POST') return undefined
  if (typeof key !== 'string' || !idempotencyKeyFormat.test(key)) throw coreError('idempotency_key_invalid')
  if (request.actor?.kind === 'anonymous' && key.length < shortestAnonymousKey) {
    throw coreError('idempotency_key_invalid', {
      message: `Without a credential, the Idempotency-Key must have at least ${shortestAnonymousKey} characters: send a random UUID.`,
    })
  }
  const requestHash = createHash('sha256')
    .update(`${request.method} ${request.url}\n`)
    .update(request.rawBody ?? '')
    .digest()
  return { key, requestHash }
}
