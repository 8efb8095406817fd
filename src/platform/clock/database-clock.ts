/**
 * What time it is. The database's clock is the one that counts: all nodes share it, and what it compares with its own now()
 * (deadlines, leases, the end of sessions) must have been computed by it. A node whose own clock is wrong, or is set while it
 * runs, must neither start schedules twice nor let tokens live on.
 *
 * The database is asked every few seconds. In between the process's own clock runs on, as far as it agrees with the one that
 * nobody can set (performance.now()).
 */
import type { Database } from '../db/database.ts'
import { clockSkew } from '../metrics/metrics.ts'

export type Clock = { now(): Date }

/** The machine's own. */
export const processClock: Clock = { now: () => new Date() }

type Logger = {
  warn(fields: object, message: string): void
}

const askEveryMs = 10_000
/** Below this two clocks are taken for the same one: an answer is on its way for as long. */
const agreeWithinMs = 250
/** From here on the operator is told. */
const worthTellingMs = 5_000

/** Of one moment: the process's clock, the one that is never set, and by how much the database's is ahead of the first. */
type Anchor = { wallMs: number; monotonicMs: number; skewMs: number }

export class DatabaseClock implements Clock {
  readonly #database: Pick<Database, 'platformRead'>
  readonly #logger: Logger
  #anchor: Anchor | null = null
  #timer: NodeJS.Timeout | null = null
  #asking: Promise<void> | null = null
  #toldMs = 0
  #isClosed = false

  constructor({ database, logger }: { database: Pick<Database, 'platformRead'>; logger: Logger }) {
    this.#database = database
    this.#logger = logger
  }

  /** Until the database has answered for the first time: the process's own. */
  now(): Date {
    const wallMs = Date.now()
    const anchor = this.#anchor
    if (!anchor) return new Date(wallMs)
    const passedMs = performance.now() - anchor.monotonicMs
    const steppedMs = wallMs - anchor.wallMs - passedMs
    if (Math.abs(steppedMs) < agreeWithinMs) return new Date(wallMs + anchor.skewMs)
    // Set while we run, or the machine slept: the database knows.
    void this.synchronize()
    return new Date(anchor.wallMs + anchor.skewMs + passedMs)
  }

  /** Asks the database, now and from here on every few seconds. Never throws: without it the last answer holds. */
  async synchronize(): Promise<void> {
    if (this.#isClosed) return
    this.#timer ??= setInterval(() => void this.synchronize(), askEveryMs).unref()
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    await this.#asking
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer) clearInterval(this.#timer)
  }

  async #ask(): Promise<void> {
    const sentMs = performance.now()
    let databaseMs: number
    try {
      const [row] = await this.#database.platformRead<{ ms: string }>(
        'select extract(epoch from clock_timestamp()) * 1000 as ms',
      )
      databaseMs = Number(row?.ms)
    } catch {
      // Whoever needs the database says so.
      return
    }
    // The process's clock is looked at once: it may be set between question and answer.
    const here = { wallMs: Date.now(), monotonicMs: performance.now() }
    const tookMs = here.monotonicMs - sentMs
    // Said somewhere between question and answer.
    const skewMs = databaseMs + tookMs / 2 - here.wallMs
    const uncertainMs = tookMs / 2 + agreeWithinMs
    const known = this.#anchor ? this.now().getTime() - Date.now() : 0
    const sameAs = [0, known].find((one) => Math.abs(skewMs - one) <= uncertainMs)
    this.#anchor = { ...here, skewMs: Math.round(sameAs ?? skewMs) }
    this.#tell(this.#anchor.skewMs)
  }

  #tell(skewMs: number): void {
    clockSkew.set(skewMs / 1000)
    const isNews = Math.abs(skewMs - this.#toldMs) >= worthTellingMs
    if (!isNews) return
    this.#toldMs = skewMs
    const seconds = Math.round(Math.abs(skewMs) / 1000)
    const how = seconds === 0 ? 'agrees again with' : `is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'}`
    this.#logger.warn(
      { skew_seconds: Math.round(skewMs / 1000) },
      `the clock of this machine ${how} the database's, which counts: set the wrong one right (NTP)`,
    )
  }
}
