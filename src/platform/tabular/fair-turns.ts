/** Whose turn it is, where few may be at something at a time: owners one after the other, however much one of them wants. */
export class FairTurns {
  #free: number
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** @returns a function that gives the turn to the next one */
  async take(owner: string): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#wait(owner, resolve))
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#next()
    }
  }

  #wait(owner: string, begin: () => void): void {
    const own = this.#waiting.get(owner)
    if (own) own.push(begin)
    else this.#waiting.set(owner, [begin])
  }

  #next(): void {
    const [owner, own] = this.#waiting.entries().next().value ?? []
    const begin = own?.shift()
    if (owner === undefined || !own || !begin) {
      this.#free += 1
      return
    }
    // Behind everybody else who waits.
    this.#waiting.delete(owner)
    if (own.length > 0) this.#waiting.set(owner, own)
    begin()
  }
}
