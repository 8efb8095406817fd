/** A node among the others: they know that it is alive, and it hears what they ask of it. */
import type { LeaseStore } from './lease-store.ts'
import type { NoticeOptions } from './notices.ts'
import { Notices } from './notices.ts'

/** The database takes a node for alive for 10 s after a beat (migrations/0004). */
const beatEveryMs = 3_000

export class Membership {
  readonly #store: LeaseStore
  readonly #notices: Notices
  #joined: Promise<void> | null = null
  #beating: NodeJS.Timeout | null = null

  constructor(store: LeaseStore, notices: NoticeOptions) {
    this.#store = store
    this.#notices = new Notices(notices)
  }

  /** Whether this node hears of recalls, and so may hold more than it needs at once. */
  get hears(): boolean {
    return this.#notices.listening
  }

  /** Before the first lease. @throws when the database does not answer; the next call tries again */
  join(): Promise<void> {
    this.#joined ??= this.#enter().catch((error: unknown) => {
      this.#joined = null
      throw error
    })
    return this.#joined
  }

  /** @param beforehand what is done while the others still count this node; not called where it never joined */
  async leave(beforehand: () => Promise<void>): Promise<void> {
    if (this.#beating) clearInterval(this.#beating)
    const joined = this.#joined
    try {
      if (!joined) return
      await joined
      await beforehand()
      await this.#store.leave()
    } finally {
      await this.#notices.close()
    }
  }

  async #enter(): Promise<void> {
    await this.#notices.connect()
    await this.#store.beat()
    this.#beating ??= setInterval(() => {
      // The next beat makes up for one that fails; without any the node counts as gone, which costs nobody anything.
      this.#store.beat().catch(() => {})
    }, beatEveryMs).unref()
  }
}
