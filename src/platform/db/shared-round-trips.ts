/**
 * Calls that wait together travel together: those that come while a round trip is under way share the next one. Nobody
 * joins a round trip that has been sent already, so an answer is never older than the question.
 */

type Waiting<Call, Answer> = { call: Call; resolve: (answer: Answer) => void; reject: (error: unknown) => void }

/** Sends calls together. @returns their answers in the same order */
type Send<Where, Call, Answer> = (where: Where, calls: readonly Call[]) => Promise<readonly Answer[]>

type Limits = {
  /** Calls of one round trip. */
  mostTogether: number
  /** A round trip that takes longer no longer holds up the calls behind it: its connection may be dead. */
  patienceMs: number
}

const usualLimits: Limits = { mostTogether: 100, patienceMs: 1000 }

/**
 * @param send one round trip; what it throws is what each of its calls throws, so no call may be able to spoil it alone
 * @returns asks for one call; `where` (a database) is what the calls have in common
 */
export function shareRoundTrips<Where extends object, Call, Answer>(
  send: Send<Where, Call, Answer>,
  limits = usualLimits,
): (where: Where, call: Call) => Promise<Answer> {
  const queues = new WeakMap<Where, Queue<Call, Answer>>()
  return (where, call) => {
    let queue = queues.get(where)
    if (!queue) {
      queue = new Queue((calls) => send(where, calls), limits)
      queues.set(where, queue)
    }
    return queue.ask(call)
  }
}

class Queue<Call, Answer> {
  readonly #send: (calls: readonly Call[]) => Promise<readonly Answer[]>
  readonly #limits: Limits
  #waiting: Waiting<Call, Answer>[] = []
  #isBusy = false

  constructor(send: (calls: readonly Call[]) => Promise<readonly Answer[]>, limits: Limits) {
    this.#send = send
    this.#limits = limits
  }

  ask(call: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject })
      this.#goOn()
    })
  }

  /** Once everything that has arrived in this turn of the event loop has had its say. */
  #goOn(): void {
    if (this.#isBusy || this.#waiting.length === 0) return
    this.#isBusy = true
    setImmediate(() => this.#sendNext())
  }

  #sendNext(): void {
    const taken = this.#waiting.splice(0, this.#limits.mostTogether)
    let isOver = false
    const over = () => {
      clearTimeout(patience)
      if (isOver) return
      isOver = true
      this.#isBusy = false
      this.#goOn()
    }
    const patience = setTimeout(over, this.#limits.patienceMs)
    this.#send(taken.map((one) => one.call)).then(
      (answers) => {
        for (const [i, one] of taken.entries()) one.resolve(answers[i] as Answer)
        over()
      },
      (error: unknown) => {
        for (const one of taken) one.reject(error)
        over()
      },
    )
  }
}
