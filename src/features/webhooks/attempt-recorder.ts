/**
 * Keeps attempts in the database, many in one statement: while one statement is under way, what comes in gathers for the
 * next. An attempt that is not kept would be made again, so nothing is given up while the database does not answer.
 */
import type { Database } from '#platform/db/database.ts'
import { sqlStateOf } from '#platform/operations/database-errors.ts'
import type { Logger } from '#platform/operations/services.ts'
import type { AttemptRecord, FailingEndpoint } from './sender-store.ts'
import { recordAttempts } from './sender-store.ts'

const mostAtOnce = 128
const firstPauseMs = 100
const longestPauseMs = 5_000

type Waiting = { record: AttemptRecord; kept: () => void; isKept: boolean }

export class AttemptRecorder {
  readonly #database: Database
  readonly #logger: Logger
  readonly #onFailing: (endpoints: FailingEndpoint[]) => void
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null
  #isGivingUp = false

  constructor(database: Database, logger: Logger, onFailing: (endpoints: FailingEndpoint[]) => void) {
    this.#database = database
    this.#logger = logger
    this.#onFailing = onFailing
  }

  /** @param kept called once the attempt is in the database */
  add(record: AttemptRecord, kept: () => void): void {
    this.#waiting.push({ record, kept, isKept: false })
    this.#writing ??= this.#write()
  }

  /** Resolves when everything that was added is kept, or after so long: what is not kept then will be sent again. */
  async drain(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#isGivingUp = true
    }, timeoutMs)
    while (this.#writing) await this.#writing
    clearTimeout(timer)
  }

  async #write(): Promise<void> {
    let pauseMs = firstPauseMs
    // What ends in the same moment is kept together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0 && !this.#isGivingUp) {
      const batch = this.#nextBatch()
      try {
        await this.#keep(batch)
        pauseMs = firstPauseMs
      } catch (error) {
        this.#logger.error({ err: error, attempts: batch.length }, 'webhook attempts could not be recorded yet')
        this.#waiting.unshift(...batch.filter((one) => !one.isKept))
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        pauseMs = Math.min(longestPauseMs, pauseMs * 2)
      }
    }
    this.#writing = null
  }

  /** One attempt a delivery: a statement changes a row once. */
  #nextBatch(): Waiting[] {
    const seen = new Set<number>()
    const batch: Waiting[] = []
    const later: Waiting[] = []
    for (const one of this.#waiting) {
      if (batch.length < mostAtOnce && !seen.has(one.record.delivery_pk)) {
        seen.add(one.record.delivery_pk)
        batch.push(one)
      } else later.push(one)
    }
    this.#waiting = later
    return batch
  }

  /** Something that the database does not take (class 22, data exceptions) must not hold the others up. */
  async #keep(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#record(batch.map((one) => one.record))
    } catch (error) {
      if (!sqlStateOf(error)?.startsWith('22')) throw error
      if (batch.length === 1) await this.#record(batch.map(({ record }) => withoutContent(record)))
      else {
        const half = Math.ceil(batch.length / 2)
        await this.#keep(batch.slice(0, half))
        await this.#keep(batch.slice(half))
      }
    }
    for (const one of batch) {
      if (one.isKept) continue
      one.isKept = true
      one.kept()
    }
  }

  async #record(records: AttemptRecord[]): Promise<void> {
    const failing = await recordAttempts(this.#database, records)
    if (failing.length > 0) this.#onFailing(failing)
  }
}

function withoutContent(record: AttemptRecord): AttemptRecord {
  return { ...record, request_headers: {}, request_body: '', response_headers: null, response_body: null, error: null }
}
