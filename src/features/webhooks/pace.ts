/**
 * How many deliveries an endpoint may have under way in one process. It begins low, gains one with every success and halves
 * when the receiver does not answer or asks for less, down to one at a time: so an endpoint that hangs holds one
 * connection, and one that has come back is at full pace after a few round trips.
 *
 * Beside what is under way, a process holds as much of an endpoint as it sent a moment ago: fast receivers do not wait for
 * the next claim, and slow ones have nothing claimed that could be sent later only.
 */
export const firstPace = 8
const fullPace = 32
const mostAhead = 256

export class Pace<Delivery> {
  inFlight = 0
  lastUsedMs = 0
  readonly #held: Delivery[] = []
  #limit: number
  #succeededSinceClaim = 0

  constructor(failing: boolean) {
    this.#limit = failing ? 1 : firstPace
  }

  /** The claim does not need to be told of an endpoint that is as it would take it to be. */
  get isOrdinary(): boolean {
    return (
      this.inFlight === 0 && this.#held.length === 0 && this.#limit === firstPace && this.#succeededSinceClaim === 0
    )
  }

  /** How many more may be claimed. */
  allowance(): number {
    const ahead = Math.min(mostAhead, this.#succeededSinceClaim * 2)
    this.#succeededSinceClaim = 0
    return Math.max(0, this.#limit + ahead - this.inFlight - this.#held.length)
  }

  hold(delivery: Delivery): void {
    this.#held.push(delivery)
  }

  /** The next one to send, if it may be sent now. */
  next(): Delivery | undefined {
    return this.inFlight < this.#limit ? this.#held.shift() : undefined
  }

  /** What is held goes back to the queue. */
  letGo(): Delivery[] {
    return this.#held.splice(0)
  }

  succeeded(): void {
    this.#limit = Math.min(fullPace, this.#limit + 1)
    this.#succeededSinceClaim++
  }

  overloaded(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2))
  }
}
