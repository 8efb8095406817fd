/** How failed attempts slow down the next ones (docs/decisions/0008-sign-in-throttling.md). */
import ipaddr from 'ipaddr.js'

/** What is counted: a user's failures at one address, an address's of any user, a user's at any address. */
export type Scope = 'pair' | 'address' | 'subject'
export type AttemptKind = 'password' | 'code' | 'link'

export type Standing = { scope: Scope; failures: number; lastFailedAt: Date; blockedUntil: Date }

export const freeFailures = 5
export const longestDelaySeconds = 15 * 60
/** Without another failure for this long, counting starts anew. */
export const forgetAfterSeconds = 3600
/** How long an address stays one of a user's own after his last sign-in there. */
export const addressKnownForDays = 60
/** Failures of one user at addresses that are strange to him, from which on these are slowed down or stopped. */
export const attackFailures = 50
const longestHoldMs = 4_000

/** 0 for the first five failures, then 1, 2, 4 ... seconds, at most 15 minutes. */
export function delayAfter(failures: number): number {
  if (failures < freeFailures) return 0
  return Math.min(2 ** (failures - freeFailures), longestDelaySeconds)
}

/** How long the next attempt in this scope is refused after so many failures, in seconds. */
export function blockSecondsAfter(failures: number, { scope, kind }: { scope: Scope; kind: AttemptKind }): number {
  if (scope !== 'subject') return delayAfter(failures)
  // Who guesses codes has the password: strange addresses are stopped. Who guesses passwords must not be able to do that.
  return kind === 'code' && failures >= attackFailures ? forgetAfterSeconds : 0
}

/** How long to wait before another attempt is looked at, in whole seconds; 0 = now. */
export function secondsToWait(
  standings: readonly Standing[],
  now: Date,
  { isKnownAddress }: { isKnownAddress: boolean },
) {
  const counted = standings.filter((one) => one.scope === 'pair' || !isKnownAddress)
  const until = Math.max(0, ...counted.map((one) => one.blockedUntil.getTime()))
  return Math.max(0, Math.ceil((until - now.getTime()) / 1000))
}

/** How long an answer is held back, in milliseconds, while many addresses guess one user's password; never a refusal. */
export function holdMs(
  standings: readonly Standing[],
  now: Date,
  { isKnownAddress }: { isKnownAddress: boolean },
): number {
  if (isKnownAddress) return 0
  const subject = standings.find((one) => one.scope === 'subject' && !isForgotten(one, now))
  if (!subject || subject.failures < attackFailures) return 0
  return Math.min(longestHoldMs, 100 * 2 ** Math.min(10, Math.floor((subject.failures - attackFailures) / 10)))
}

export function isForgotten(standing: { lastFailedAt: Date }, now: Date): boolean {
  return now.getTime() - standing.lastFailedAt.getTime() > forgetAfterSeconds * 1000
}

/** What counts as one address: IPv4 as it is, of IPv6 the /64 that one subscriber has. */
export function networkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`
}
