/** What a failure of the database means to a caller. */
import { coreError, DomainError } from '#kernel/errors.ts'

/** The actor was loaded before its roles or password changed: load it again and try once more. */
export class StaleActorError extends Error {
  override name = 'StaleActorError'
}

const entranceRefusals: Record<string, () => Error> = {
  CL001: () => coreError('session_ended'),
  CL002: () => coreError('api_key_ended'),
  CL003: () => coreError('client_inactive'),
  CL004: () => coreError('tenant_suspended'),
  CL006: () => coreError('mfa_setup_required'),
  CL007: () => coreError('step_up_required'),
  CL008: () => coreError('token_ended'),
  CL005: () => new StaleActorError('the actor is older than its access version'),
}

/** Transient: the same transaction may succeed when run again (serialization failure, deadlock, outdated plan). */
const retryableStates = new Set(['40001', '40P01', '26000', '0A000'])
/** Text that PostgreSQL cannot store (null characters, broken encodings) or numbers beyond its types. */
const unstorableStates = new Set(['22021', '22P05', '22003', '22P02', '22007', '22008', '22009'])
const unavailableNodeErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])

export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

export function isRetryable(error: unknown): boolean {
  return retryableStates.has(sqlStateOf(error) ?? '')
}

/** A domain error where the failure has a meaning for the caller; anything else comes back as it was. */
export function translateDatabaseError(error: unknown): unknown {
  const code = sqlStateOf(error)
  if (code === undefined) {
    return isConnectionTrouble(error) ? coreError('unavailable', { cause: error, retryAfterSeconds: 2 }) : error
  }
  const refusal = entranceRefusals[code]
  if (refusal) return refusal()
  if (unstorableStates.has(code)) return coreError('validation_failed', unstorable(error))
  if (isUnavailable(code)) return coreError('unavailable', { cause: error, retryAfterSeconds: 2 })
  return error
}

function unstorable(cause: unknown): Parameters<typeof coreError>[1] {
  return { message: 'The request holds a value that cannot be stored.', cause }
}

function isUnavailable(code: string): boolean {
  // Class 08 connection, 40 rolled back for others' sake (after all attempts), 53 insufficient resources, 57 operator
  // intervention (shutdown, cancelled), 25P03 idle for too long, 25006 a replica, 55P03 lock time-out.
  return /^(08|40|53|57|25P03|25006)/.test(code) || code === '55P03' || unavailableNodeErrors.has(code)
}

function isConnectionTrouble(error: unknown): boolean {
  return (
    error instanceof Error &&
    /connection terminated|timeout exceeded when trying to connect|not queryable|connection timeout/i.test(
      error.message,
    )
  )
}

/** Runs the statement and turns the violation of a named constraint into the error that it means. */
export async function onConstraint<T>(work: Promise<T>, meanings: Record<string, () => DomainError>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const constraint = (error as { constraint?: string }).constraint
    const meaning = constraint === undefined ? undefined : meanings[constraint]
    if (meaning) throw meaning()
    throw error
  }
}

/** Where a write that nothing waited for made the unit fail, the failure is what that means to the caller. */
export async function meaningOf(error: unknown, writes: readonly Promise<unknown>[]): Promise<unknown> {
  if (error instanceof DomainError) return error
  const outcomes = await Promise.allSettled(writes)
  const meant = outcomes.find((one) => one.status === 'rejected' && one.reason instanceof DomainError)
  return meant?.status === 'rejected' ? meant.reason : error
}
