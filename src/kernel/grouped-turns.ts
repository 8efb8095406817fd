/** Work that is expensive to do many times at once, and cheaper to follow up several at a time. */

type Limits = {
  mostAtOnce: number
  /** What has ended while others wait is handed over together, so many at most, */
  mostTogether: number
  /** and none that ended longer ago than this when the next one ends. */
  longestHeldMs: number
}

export class GroupedTurns {
  readonly #limits: Limits
  readonly #clock: () => number
  #running = 0
  readonly #waiting: (() => void)[] = []
  readonly #held: (() => void)[] = []
  #heldSince = 0

  constructor(limits: Limits, clock: () => number = () => performance.now()) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Runs the work when it is its turn. @throws what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.mostAtOnce) this.#running++
    // Whoever ends hands its place over.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
      await this.#together(next !== undefined)
    }
  }

  /** Whoever is held here has another one running behind it, which lets it go at the latest. */
  async #together(isFollowed: boolean): Promise<void> {
    const { mostTogether, longestHeldMs } = this.#limits
    const now = this.#clock()
    if (this.#held.length === 0) this.#heldSince = now
    const isLast = this.#held.length + 1 >= mostTogether || now - this.#heldSince >= longestHeldMs
    if (isFollowed && !isLast) {
      await new Promise<void>((resolve) => this.#held.push(resolve))
      return
    }
    const others = this.#held.splice(0)
    for (const resolve of others) resolve()
  }
}
