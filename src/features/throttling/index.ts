/** Growing delays after failed attempts to prove a password or a code; right on every node, since the database counts. */
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { throttlingError } from './errors.ts'
import type { Standing } from './rules.ts'
import { holdMs, secondsToWait } from './rules.ts'
import type { Attempt } from './store.ts'
import { deletePair, findStandings, insertFailure, lockPair } from './store.ts'

export type { ThrottlingErrorCode } from './errors.ts'
export { addressKnownForDays } from './rules.ts'
export type { Attempt, StandingRow } from './store.ts'
export { findStandings, isKnownAddress, networkOf, toStandings, turnOf } from './store.ts'

/**
 * Before the costly part of an attempt. @returns how long to hold the answer back, in milliseconds
 * @throws attempts_throttled
 */
export async function requireAttempt(tx: Tx, attempt: Attempt, now: Date): Promise<{ holdMs: number }> {
  return judgeStandings(await findStandings(tx, attempt), attempt, now)
}

/** The same of what has been found already. @throws attempts_throttled */
export function judgeStandings(standings: readonly Standing[], attempt: Attempt, now: Date): { holdMs: number } {
  refuseEarly(secondsToWait(standings, now, attempt))
  return { holdMs: holdMs(standings, now, attempt) }
}

/**
 * Before an attempt is judged, in the unit of work that will count it: other attempts of this user at this address wait,
 * so that of a thousand guesses sent at once no more are judged than one after another.
 * @throws attempts_throttled, for a right one as for a wrong one
 */
export async function requireTurn(tx: Tx, attempt: Attempt, now: Date): Promise<void> {
  // One round trip; what stands there is looked up when the lock has been waited for.
  const [, standings] = await Promise.all([lockPair(tx, attempt), findStandings(tx, attempt)])
  refuseEarly(secondsToWait(standings, now, attempt))
}

/** @returns what an auditor wants to know of it */
export async function countFailure(tx: Tx, attempt: Attempt, now: Date): Promise<Record<string, number>> {
  const { failures, delay } = await insertFailure(tx, attempt, now)
  return { failures, delay_seconds: delay }
}

export function forgetFailures({ tx, write }: Pick<OperationContext, 'tx' | 'write'>, attempt: Attempt): void {
  write(deletePair(tx, attempt))
}

function refuseEarly(waitSeconds: number): void {
  if (waitSeconds === 0) return
  throw throttlingError('attempts_throttled', {
    message: `Too many failed attempts: wait ${waitSeconds} ${waitSeconds === 1 ? 'second' : 'seconds'} before you try again.`,
    retryAfterSeconds: waitSeconds,
  })
}
