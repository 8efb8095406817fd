/**
 * Notifications as they come, for the browsers that are connected to this process: one question to the database for all of
 * them, twice a second, and none while nobody is there (docs/decisions/0017-notifications.md).
 */
import type { Database } from '#platform/db/database.ts'
import type { Logger } from '#platform/operations/services.ts'
import type { LiveLine } from './live-store.ts'
import { readLive } from './live-store.ts'
import { liveStreams } from './metrics.ts'

const everyMs = 500
/**
 * Positions are drawn before their transaction commits: a smaller one may come to light after a greater one was seen. So long
 * the floor stays behind, and what was sent already is left out.
 */
const lateCommitMs = 60_000
/** Of one user, in one answer (migrations/0014). */
const mostLines = 200

type Watcher = {
  tenantId: string
  userId: string
  floor: bigint
  sent: Map<bigint, number>
  tell: (line: LiveLine) => void
}

export class LiveNotifications {
  readonly #database: Database
  readonly #logger: Logger
  readonly #watchers = new Set<Watcher>()
  #timer: NodeJS.Timeout | null = null

  constructor(database: Database, logger: Logger) {
    this.#database = database
    this.#logger = logger
  }

  /** Tells of what comes into the user's list behind this position. @returns a function that ends it */
  watch(user: { tenantId: string; userId: string; after: string }, tell: (line: LiveLine) => void): () => void {
    const watcher: Watcher = { ...user, floor: BigInt(user.after), sent: new Map(), tell }
    this.#watchers.add(watcher)
    liveStreams.inc()
    this.#timer ??= setTimeout(() => void this.#ask(), 0)
    let ended = false
    return () => {
      if (ended) return
      ended = true
      this.#watchers.delete(watcher)
      liveStreams.dec()
    }
  }

  async #ask(): Promise<void> {
    try {
      await this.#tellNew()
    } catch (error) {
      this.#logger.warn({ err: error }, 'live notifications could not be read')
    }
    this.#timer = this.#watchers.size > 0 ? setTimeout(() => void this.#ask(), everyMs) : null
    this.#timer?.unref()
  }

  async #tellNew(): Promise<void> {
    const floors = new Map<string, { tenant: string; user: string; floor: bigint }>()
    for (const watcher of this.#watchers) {
      const { tenantId: tenant, userId: user, floor } = watcher
      const known = floors.get(keyOf(watcher))
      if (!known || floor < known.floor) floors.set(keyOf(watcher), { tenant, user, floor })
    }
    if (floors.size === 0) return
    const asked = [...floors.values()].map((one) => ({ ...one, floor: String(one.floor) }))
    const byUser = Map.groupBy(await readLive(this.#database, asked), keyOf)
    for (const watcher of this.#watchers) advance(watcher, byUser.get(keyOf(watcher)) ?? [], Date.now())
  }
}

const keyOf = ({ tenantId, userId }: { tenantId: string; userId: string }): string => `${tenantId}\n${userId}`

/** Tells what is new to this watcher, and forgets what can come no more. */
function advance(watcher: Watcher, lines: readonly LiveLine[], nowMs: number): void {
  for (const line of lines) {
    const position = BigInt(line.position)
    if (position <= watcher.floor || watcher.sent.has(position)) continue
    watcher.sent.set(position, nowMs)
    watcher.tell(line)
  }
  watcher.floor = floorAfter(watcher.floor, lines)
  for (const [position, at] of watcher.sent) {
    if (at > nowMs - lateCommitMs) continue
    watcher.sent.delete(position)
    if (position > watcher.floor) watcher.floor = position
  }
}

/** Where there is more than one answer holds, the next one begins behind it: late ones of a flood come with the list. */
function floorAfter(floor: bigint, lines: readonly LiveLine[]): bigint {
  const last = lines.length < mostLines ? undefined : lines.at(-1)
  return last && BigInt(last.position) > floor ? BigInt(last.position) : floor
}

const hubs = new WeakMap<Database, LiveNotifications>()

/** The one of this process. */
export function liveNotifications({ database, logger }: { database: Database; logger: Logger }): LiveNotifications {
  let hub = hubs.get(database)
  if (!hub) {
    hub = new LiveNotifications(database, logger)
    hubs.set(database, hub)
  }
  return hub
}
