/**
 * Idempotency-Key: the same key with the same request gives the same answer for 24 hours.
 *
 * The key is claimed in the transaction of the operation itself, so a second request with it waits for the first one's
 * commit (PostgreSQL makes a conflicting insert wait) and then finds the answer. An operation with a slow middle phase
 * claims the key before it; a second request meanwhile is told that the first is under way. A failed operation leaves no
 * claim. Answers may show a secret once (a new API key): they are stored encrypted.
 */
import { coreError } from '#kernel/errors.ts'
import type { Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'
import type { UnitOfWork } from '../db/unit-of-work.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import { openOwn } from '../secrets/secret-box.ts'
import type { Actor } from './actor.ts'
import type { Origin } from './operation.ts'

export type IdempotencyRequest = {
  key: string
  /** SHA-256 of method, path and body. */
  requestHash: Buffer
}

/** Where a claim lives: public operations have no tenant when the key is claimed. */
export type IdempotencyScope = { tenantId: string; caller: string; operation: string }

const lifetimeSeconds = 24 * 3600
/** A claim without an answer that was not renewed for so long belonged to a process that died. */
const abandonedAfterSeconds = 60
/** While a slow middle phase goes on. */
export const renewClaimEveryMs = 15_000

/** Public callers share a tenant that no other row has; the caller is the address, so nobody reads another's answer. */
export function idempotencyScopeOf(actor: Actor, origin: Origin, operation: string): IdempotencyScope {
  switch (actor.kind) {
    case 'anonymous':
      return { tenantId: '~public', caller: `address:${origin.ipAddress ?? ''}`, operation }
    case 'user':
      return { tenantId: actor.tenantId, caller: `user:${actor.userId}:${actor.clientUid ?? ''}`, operation }
    case 'oauth_client':
      return { tenantId: actor.tenantId, caller: `oauth_client:${actor.oauth.registeredClientId}`, operation }
    case 'api_key':
      return { tenantId: actor.tenantId, caller: `client:${actor.clientUid}`, operation }
    case 'system':
      return { tenantId: actor.tenantId, caller: `system:${actor.name}`, operation }
  }
}

/** Either the answer of the first request, or null: the key is ours now. */
export async function claimIdempotencyKey(
  unit: UnitOfWork,
  scope: IdempotencyScope,
  request: IdempotencyRequest,
  secrets: SecretBox,
): Promise<{ answer: unknown } | null> {
  // The update takes over a claim that has expired or was abandoned; otherwise the row stays and nothing is returned.
  const claimed = await unit.execute({
    text: `insert into idempotency_keys as k (tenant_id, caller, key, operation, request_hash, expires_at)
      values ($1, $2, $3, $4, $5, now() + make_interval(secs => ${lifetimeSeconds}))
      on conflict (tenant_id, caller, key) do update
        set operation = excluded.operation, request_hash = excluded.request_hash, response_ciphertext = null,
            created_at = now(), expires_at = excluded.expires_at
        where k.expires_at <= now()
           or (k.response_ciphertext is null and k.created_at <= now() - make_interval(secs => ${abandonedAfterSeconds}))
      returning 1`,
    values: [scope.tenantId, scope.caller, request.key, scope.operation, request.requestHash],
  })
  if (claimed.rows.length > 0) return null
  const found = await unit.execute({
    text: `select operation, request_hash, response_ciphertext from idempotency_keys
      where tenant_id = $1 and caller = $2 and key = $3`,
    values: [scope.tenantId, scope.caller, request.key],
  })
  const first = found.rows[0] as
    | { operation: string; request_hash: Buffer; response_ciphertext: string | null }
    | undefined
  if (!first) throw coreError('idempotency_in_progress', { retryAfterSeconds: 1 })
  if (first.operation !== scope.operation || !first.request_hash.equals(request.requestHash)) {
    throw coreError('idempotency_key_reused')
  }
  if (first.response_ciphertext === null) throw coreError('idempotency_in_progress', { retryAfterSeconds: 1 })
  return { answer: JSON.parse(openOwn(secrets, first.response_ciphertext).toString('utf8')) }
}

/** Statements that keep the answer, for the end of the operation's transaction. */
export function keepAnswer(
  scope: IdempotencyScope,
  request: IdempotencyRequest,
  answer: unknown,
  secrets: SecretBox,
): Statement[] {
  return [
    tenantEntrance(scope.tenantId),
    {
      text: 'update idempotency_keys set response_ciphertext = $4 where tenant_id = $1 and caller = $2 and key = $3',
      values: [scope.tenantId, scope.caller, request.key, secrets.encrypt(JSON.stringify(answer))],
    },
  ]
}

/** Tells the others that the work behind the claim goes on. */
export function renewClaim(scope: IdempotencyScope, request: IdempotencyRequest): Statement[] {
  return [
    tenantEntrance(scope.tenantId),
    {
      text: `update idempotency_keys set created_at = now()
        where tenant_id = $1 and caller = $2 and key = $3 and response_ciphertext is null`,
      values: [scope.tenantId, scope.caller, request.key],
    },
  ]
}

/** Gives the key back after the operation failed behind its own claim. */
export function releaseClaim(scope: IdempotencyScope, request: IdempotencyRequest): Statement[] {
  return [
    tenantEntrance(scope.tenantId),
    {
      text: `delete from idempotency_keys
        where tenant_id = $1 and caller = $2 and key = $3 and response_ciphertext is null`,
      values: [scope.tenantId, scope.caller, request.key],
    },
  ]
}
