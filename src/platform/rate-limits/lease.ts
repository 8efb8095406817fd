/**
 * What a node knows of one quota in one window: the part that it has leased, counted down in memory. Pure; moments are
 * milliseconds of the node's own monotonic clock.
 */

/** The database's answer to a lease. */
export type Grant = {
  /** The limit in force. */
  most: number
  granted: number
  /** In nobody's lease after this one. */
  remaining: number
  /** Other nodes that are alive may have some left. */
  othersHold: boolean
  /** What is not used at once goes back at once. */
  passing: boolean
  databaseNowMs: number
  windowStartMs: number
}

export type Lease = {
  most: number
  /** Still to be given out by this node. */
  available: number
  /** What was in nobody's lease when this one was granted. */
  elsewhere: number
  /** Nothing is left in the database, nor with others who could give it back. */
  exhausted: boolean
  /** To be given back as soon as nobody waits, though nothing be left: others wait for word of it. */
  passing: boolean
  /** Refuse without asking again until then: others held the rest and did not give it back. */
  refusedUntil: number
  /** The window's start by the clock of the database, epoch milliseconds; names the window. */
  windowStartMs: number
  /** Moment from which on this lease is void. */
  endsAt: number
  /** Granted by nobody, while the database could not answer: there is nothing to give back. */
  provisional: boolean
}

/**
 * The window ends by the database's clock, whatever the node's own shows. The answer was made after `sentAt`, so counting
 * from there ends the lease early by the time the answer took, never late: no request of the next window takes from it.
 */
export function leaseOf(grant: Grant, sentAt: number, windowMs: number): Lease {
  return {
    most: grant.most,
    available: grant.granted,
    elsewhere: grant.remaining,
    exhausted: grant.remaining === 0 && !grant.othersHold,
    passing: grant.passing && grant.granted > 0,
    refusedUntil: 0,
    windowStartMs: grant.windowStartMs,
    endsAt: sentAt + (grant.windowStartMs + windowMs - grant.databaseNowMs),
    provisional: false,
  }
}

/**
 * While the database cannot answer, each node counts for itself.
 * @param span until when, by the node's monotonic clock, and which window is told to callers
 */
export function provisionalLease(most: number, span: { endsAt: number; windowStartMs: number }): Lease {
  return {
    most,
    available: most,
    elsewhere: 0,
    exhausted: true,
    passing: false,
    refusedUntil: 0,
    windowStartMs: span.windowStartMs,
    endsAt: span.endsAt,
    provisional: true,
  }
}

export type State = 'open' | 'refused' | 'lacking'

/** open: a request may take one. refused: none is left in this window. lacking: the database must be asked. */
export function stateOf(lease: Lease | undefined, now: number): State {
  if (!lease || now >= lease.endsAt) return 'lacking'
  if (lease.available > 0) return 'open'
  return lease.exhausted || now < lease.refusedUntil ? 'refused' : 'lacking'
}

/** Takes everything out, to be given back. @returns how much it was */
export function empty(lease: Lease): number {
  const unused = lease.available
  lease.available = 0
  lease.exhausted = false
  lease.passing = false
  lease.refusedUntil = 0
  return unused
}

export type Verdict = {
  allowed: boolean
  limit: number
  /** What is left of the tightest quota, as far as this node knows. */
  remaining: number
  /** When the window ends, epoch seconds by the database's clock. */
  resetEpochSeconds: number
  retryAfterSeconds: number
}

export function verdictOf(lease: Lease, allowed: boolean, now: number, windowMs: number): Verdict {
  return {
    allowed,
    limit: lease.most,
    remaining: allowed ? Math.min(lease.available + lease.elsewhere, lease.most) : 0,
    resetEpochSeconds: Math.ceil((lease.windowStartMs + windowMs) / 1000),
    retryAfterSeconds: Math.max(1, Math.ceil((lease.endsAt - now) / 1000)),
  }
}

/** The one with the least left; of equals the smaller limit. */
export function tightest(leases: readonly Lease[]): Lease | undefined {
  let found: Lease | undefined
  for (const lease of leases) {
    if (!found) found = lease
    const difference = lease.available + lease.elsewhere - (found.available + found.elsewhere)
    if (difference < 0 || (difference === 0 && lease.most < found.most)) found = lease
  }
  return found
}
