/**
 * Limits that hold over all nodes together without asking the database for every request.
 *
 * A quota (user, tenant, ...) has one row a window in the database. A node leases a part of what is left, gives it out from
 * memory and leases again when it is used up: half of what is left where it is alone, less where there are others. Who finds
 * nothing left while others hold leases has them recalled: the others hear it by NOTIFY, give back what they have left, and
 * from there on everybody leases what waits and gives back what is left over at once. So all nodes together let through the whole limit and never more; only
 * a node that was killed takes with it what it held. docs/decisions/0010 has the reasons and the figures.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { ConnectionParameters, Database } from '../db/database.ts'
import type { Logger } from '../operations/services.ts'
import type { Claim } from './claims.ts'
import type { Lease, Verdict } from './lease.ts'
import { empty, leaseOf, provisionalLease, stateOf, tightest, verdictOf } from './lease.ts'
import type { Unused } from './lease-store.ts'
import { LeaseStore } from './lease-store.ts'
import { Membership } from './membership.ts'
import type { Notice } from './notices.ts'
import type { RateLimitSettings } from './settings.ts'

export type RateLimitsOptions = {
  database: Database
  /** For a connection of its own, on which nodes hear one another. */
  connection: ConnectionParameters
  /** Where a tenant has adjusted nothing. */
  limits: RateLimitSettings
  logger: Logger
  windowSeconds?: number
  /** Quotas kept in memory; what falls out is given back. Addresses, which anybody can have many of, apart from the others. */
  mostKept?: { identified: number; addresses: number }
  /** How long others have to give back what they hold, looked at in between; usually the first look finds it. */
  recallLooksMs?: readonly number[]
}

const provisionalMs = 5_000
const warnEveryMs = 10_000
/** 250 ms in all: a request is not worth waiting longer for. */
const usualRecallLooksMs = [3, 5, 8, 16, 32, 64, 122]
const askAgainAfterMs = 1_000
const mostReturnedAtOnce = 500

export class RateLimits {
  readonly limits: RateLimitSettings
  readonly #node = randomUUID()
  readonly #store: LeaseStore
  readonly #membership: Membership
  readonly #logger: Logger
  readonly #windowMs: number
  readonly #recallLooksMs: readonly number[]
  readonly #identified: LRUCache<string, Lease>
  readonly #addresses: LRUCache<string, Lease>
  /** What is under way with the database, by quota: one thing at a time. */
  readonly #pending = new Map<string, Promise<void>>()
  /** Requests that wait for a lease, by quota. */
  readonly #waiting = new Map<string, number>()
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(options: RateLimitsOptions) {
    const { windowSeconds = 60, mostKept = { identified: 50_000, addresses: 20_000 } } = options
    this.limits = options.limits
    this.#logger = options.logger
    this.#windowMs = windowSeconds * 1000
    this.#recallLooksMs = options.recallLooksMs ?? usualRecallLooksMs
    this.#store = new LeaseStore(options.database, this.#node, windowSeconds)
    this.#membership = new Membership(this.#store, {
      connection: options.connection,
      onNotice: (notice) => void this.#heed(notice),
      onReconnected: () => void this.#giveBack(this.#keysOf(null)),
    })
    const dispose = (lease: Lease, key: string, reason: LRUCache.DisposeReason) => {
      if (reason === 'evict' && !this.#pending.has(key)) void this.#returnLeases([[key, lease]])
    }
    this.#identified = new LRUCache({ max: mostKept.identified, dispose })
    this.#addresses = new LRUCache({ max: mostKept.addresses, dispose })
  }

  /**
   * Takes one from each of the claims, or none. Mostly answers at once, from memory. Never throws: while the database
   * cannot answer, this node counts for itself.
   * @param claims of one tenant, in the order of claimsOf()
   */
  take(claims: readonly Claim[]): Verdict | Promise<Verdict> {
    return this.#takeNow(claims) ?? this.#takeAfterLease(claims)
  }

  /** Gives back what is left, so that the next process finds it. */
  async close(): Promise<void> {
    try {
      await this.#membership.leave(async () => {
        await Promise.all(this.#pending.values())
        await this.#giveBack(this.#keysOf(null))
      })
    } catch (error) {
      this.#logger.debug({ err: error }, 'rate limits: left without giving back')
    }
  }

  #leasesOf(key: string): LRUCache<string, Lease> {
    return key.startsWith('~') ? this.#addresses : this.#identified
  }

  #takeNow(claims: readonly Claim[]): Verdict | null {
    const now = performance.now()
    const open: Lease[] = []
    for (const { key } of claims) {
      const lease = this.#leasesOf(key).get(key)
      const state = stateOf(lease, now)
      if (lease && state === 'refused') return verdictOf(lease, false, now, this.#windowMs)
      if (lease && state === 'open') open.push(lease)
    }
    if (open.length < claims.length) return null
    for (const lease of open) lease.available--
    return verdictOf(tightest(open) as Lease, true, now, this.#windowMs)
  }

  async #takeAfterLease(claims: readonly Claim[]): Promise<Verdict> {
    for (const { key } of claims) this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    try {
      for (;;) {
        await this.#leaseWhatLacks(claims)
        const verdict = this.#takeNow(claims)
        if (verdict) return verdict
      }
    } finally {
      const passing: [string, Lease][] = []
      for (const { key } of claims) {
        const others = (this.#waiting.get(key) ?? 1) - 1
        if (others > 0) this.#waiting.set(key, others)
        else {
          this.#waiting.delete(key)
          const lease = this.#leasesOf(key).peek(key)
          if (lease?.passing && !this.#pending.has(key)) passing.push([key, lease])
        }
      }
      void this.#returnLeases(passing)
    }
  }

  /** Requests of one quota share one question to the database. */
  async #leaseWhatLacks(claims: readonly Claim[]): Promise<void> {
    const now = performance.now()
    const lacking = claims.filter(({ key }) => stateOf(this.#leasesOf(key).get(key), now) === 'lacking')
    const mine = lacking.filter(({ key }) => !this.#pending.has(key))
    const awaited = lacking.flatMap(({ key }) => this.#pending.get(key) ?? [])
    if (mine.length > 0) {
      awaited.push(
        this.#track(
          mine.map((claim) => claim.key),
          this.#lease(mine, claims),
        ),
      )
    }
    await Promise.all(awaited)
  }

  #track(keys: readonly string[], work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => {
      for (const key of keys) if (this.#pending.get(key) === tracked) this.#pending.delete(key)
    })
    for (const key of keys) this.#pending.set(key, tracked)
    return tracked
  }

  async #lease(lacking: readonly Claim[], all: readonly Claim[]): Promise<void> {
    try {
      await this.#membership.join()
      let asked = lacking
      let held = await this.#leaseOnce(asked)
      for (const waitMs of this.#recallLooksMs) {
        if (held.length === 0) return
        const behind = all.slice(all.findIndex((claim) => held.includes(claim)) + 1)
        await this.#letGo(behind.filter((claim) => asked.includes(claim) || !this.#pending.has(claim.key)))
        await delay(waitMs)
        asked = held
        held = await this.#leaseOnce(asked)
      }
      for (const { key } of held) {
        const lease = this.#leasesOf(key).get(key)
        if (lease) lease.refusedUntil = performance.now() + askAgainAfterMs
      }
    } catch (error) {
      this.#countAlone(lacking, error)
    }
  }

  /**
   * Who waits for one quota holds nothing of those that come after it: two nodes that each held what the other waits for
   * would both refuse, and a part of the limit would be lost.
   */
  /**
   * Who waits for one quota holds nothing of those behind it: two nodes that each held what the other waits for would both
   * refuse, and a part of the limit would be lost.
   */
  async #letGo(claims: readonly Claim[]): Promise<void> {
    await this.#returnLeases(
      claims.flatMap(({ key }): [string, Lease][] => {
        const lease = this.#leasesOf(key).peek(key)
        return lease && lease.available > 0 ? [[key, lease]] : []
      }),
    )
  }

  /** @returns those of which nothing was left, but others have some */
  async #leaseOnce(claims: readonly Claim[]): Promise<Claim[]> {
    const sentAt = performance.now()
    const wanted = claims.map(({ key }) => this.#waiting.get(key) ?? 1)
    const grants = await this.#store.lease(claims, this.limits, wanted, this.#membership.hears)
    const held: Claim[] = []
    for (const [i, grant] of grants.entries()) {
      const claim = claims[i] as Claim
      const leases = this.#leasesOf(claim.key)
      const before = leases.peek(claim.key)
      const lease = leaseOf(grant, sentAt, this.#windowMs)
      if (before && !before.provisional && before.windowStartMs === lease.windowStartMs) {
        lease.available += before.available
      }
      leases.set(claim.key, lease)
      if (grant.granted === 0 && grant.othersHold) held.push(claim)
    }
    return held
  }

  /** Refusing would turn a fault of the database into the callers' fault, and a request needs the database anyway. */
  #countAlone(claims: readonly Claim[], error: unknown): void {
    const now = performance.now()
    if (now - this.#warnedAt > warnEveryMs) {
      this.#warnedAt = now
      this.#logger.warn({ err: error }, 'rate limits: the database does not answer, this node counts for itself')
    }
    const windowStartMs = Math.floor(Date.now() / this.#windowMs) * this.#windowMs
    for (const { key, kind } of claims) {
      const lease = provisionalLease(this.limits[kind], { endsAt: now + provisionalMs, windowStartMs })
      this.#leasesOf(key).set(key, lease)
    }
  }

  async #heed(notice: Notice): Promise<void> {
    if ('adjusted' in notice) {
      await this.#giveBack(this.#keysOf(notice.adjusted))
      return
    }
    if (notice.by === this.#node) return
    const [tenantId, subject] = notice.recalled
    await this.#giveBack([`${tenantId}\n${subject}`])
  }

  #keysOf(tenantId: string | null): string[] {
    const keys = [...this.#identified.keys(), ...this.#addresses.keys()]
    return tenantId === null ? keys : keys.filter((key) => key.startsWith(`${tenantId}\n`))
  }

  /** Where a lease is on its way, what it brings is given back too: else it would stay here, unknown to the others. */
  async #giveBack(keys: readonly string[]): Promise<void> {
    const left = [...keys]
    while (left.length > 0) {
      const some = left.splice(0, mostReturnedAtOnce)
      const busy = some.filter((key) => this.#pending.has(key))
      await this.#returnLeases(
        some.flatMap((key): [string, Lease][] => {
          const lease = this.#pending.has(key) ? undefined : this.#leasesOf(key).peek(key)
          return lease ? [[key, lease]] : []
        }),
      )
      await Promise.all(busy.map((key) => this.#pending.get(key) ?? Promise.resolve()))
      left.push(...busy)
    }
  }

  /** Emptied at once; a new lease of the same quotas waits until the database has what was left. */
  #returnLeases(leases: readonly (readonly [string, Lease])[]): Promise<void> {
    const now = performance.now()
    const live = leases.filter(([, lease]) => !lease.provisional && now < lease.endsAt).sort(inLockOrder)
    if (live.length === 0) return Promise.resolve()
    const unused = live.map(([key, lease]): Unused => {
      const [tenantId = '', subject = ''] = key.split('\n')
      return { tenantId, subject, windowStartMs: lease.windowStartMs, unused: empty(lease) }
    })
    const work = this.#store.giveBack(unused).catch((error: unknown) => {
      this.#logger.debug({ err: error }, 'rate limits: could not give back')
    })
    return this.#track(
      live.map(([key]) => key),
      work,
    )
  }
}

/** As claimsOf() orders them, then by name: two transactions never wait for each other. */
function inLockOrder([a]: readonly [string, Lease], [b]: readonly [string, Lease]): number {
  return rankOf(a) - rankOf(b) || (a < b ? -1 : 1)
}

function rankOf(key: string): number {
  const subject = key.slice(key.indexOf('\n') + 1)
  if (subject.startsWith('transfer:')) return 0
  return subject === 'tenant' ? 2 : 1
}
