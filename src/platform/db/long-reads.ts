/**
 * Long reads of jobs and commands: from a replica that has what the primary had when they began, else from the primary
 * (docs/decisions/0034-reads-from-a-replica.md). Nothing fails for the sake of a replica: what it does not bring to its end,
 * the primary does from the beginning.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { replicaLag, replicaReads, replicaUp } from '../metrics/metrics.ts'
import type { Database } from './database.ts'
import type { Position, Refusal, Replica } from './replica.ts'
import { positionOf, ReplicaRefusal } from './replica.ts'
import type { Statement, StatementResult } from './statement-batch.ts'

export type LongReadsOptions = {
  primary: Database
  replicas: readonly Replica[]
  logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
  /** How long a replica is waited for that has not come so far. */
  patienceMs?: number
  /** How long the primary's word is waited for before the gauges are brought up to date without it. */
  measureWithinMs?: number
}

/** One round trip, one implicit transaction, as Database.batch. */
export type Batches = (statements: readonly Statement[]) => Promise<StatementResult[]>

const usualPatienceMs = 5_000
/** Whoever collects metrics gives up after ten seconds as a rule, and wants the others all the same. */
const usualMeasureMs = 3_000

export class LongReads {
  readonly #primary: Database
  readonly #replicas: readonly Replica[]
  readonly #logger: LongReadsOptions['logger']
  readonly #patienceMs: number
  readonly #measureWithinMs: number

  constructor({
    primary,
    replicas,
    logger,
    patienceMs = usualPatienceMs,
    measureWithinMs = usualMeasureMs,
  }: LongReadsOptions) {
    this.#primary = primary
    this.#replicas = replicas
    this.#logger = logger
    this.#patienceMs = patienceMs
    this.#measureWithinMs = measureWithinMs
  }

  get hasReplicas(): boolean {
    return this.#replicas.length > 0
  }

  /**
   * Runs a work that reads, on a replica where one can serve it. A work that the replica does not bring to its end runs once
   * more, from its beginning, on the primary: what there was of its result must be dropped, or overwritten.
   * @param name of the kind of work, for logs and metrics
   */
  read<T>(name: string, work: (database: Database) => Promise<T>): Promise<T> {
    return this.at(name, (replica) => work(replica?.database ?? this.#primary))
  }

  /**
   * The same for a work that makes its own connection: null is the primary.
   * @param mayBeginAnew false: its failure is the caller's, for what it has given out cannot be taken back
   */
  async at<T>(
    name: string,
    work: (replica: Replica | null) => Promise<T>,
    mayBeginAnew: () => boolean = () => true,
  ): Promise<T> {
    const replica = await this.#choose(name)
    if (!replica) return work(null)
    try {
      return await work(replica)
    } catch (error) {
      if (!isOfDatabase(error) || !mayBeginAnew()) throw error
      this.#tellInterrupted(name, replica, error)
      return work(null)
    }
  }

  /**
   * For reads of many statements, each of which stands for itself: one that the replica does not answer is asked of the
   * primary, and so are all behind it.
   */
  async batches(name: string): Promise<Batches> {
    let replica = await this.#choose(name)
    return async (statements) => {
      const asked = replica
      if (!asked) return this.#primary.batch(statements)
      try {
        return await asked.database.batch(statements)
      } catch (error) {
        if (!isOfDatabase(error)) throw error
        if (replica) this.#tellInterrupted(name, asked, error)
        replica = null
        return this.#primary.batch(statements)
      }
    }
  }

  /** Brings the gauges of replicas up to date; without the primary's word nothing is known of them. Never throws. */
  async measure(): Promise<void> {
    if (this.#replicas.length === 0) return
    const patience = new AbortController()
    const position = await Promise.race([
      positionOf(this.#primary).catch(() => null),
      delay(this.#measureWithinMs, null, { signal: patience.signal, ref: false }).catch(() => null),
    ])
    patience.abort()
    await Promise.all(
      this.#replicas.map(async (replica) => {
        const server = replica.name
        const lag = position && (await replica.lag(position).catch(() => null))
        replicaUp.set({ server }, lag === null ? 0 : 1)
        if (lag === null) replicaLag.remove({ server })
        else replicaLag.set({ server }, lag)
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.end()))
  }

  /** The first one to have come so far; null: the primary, and it has been said why. */
  async #choose(name: string): Promise<Replica | null> {
    if (this.#replicas.length === 0) return null
    const began = performance.now()
    const others = new AbortController()
    try {
      const position = await positionOf(this.#primary)
      const found = await Promise.any(this.#replicas.map((one) => this.#reach(one, position, others.signal)))
      const waited = { read: name, replica: found.name, waited_ms: Math.round(performance.now() - began) }
      replicaReads.inc({ read: name, outcome: 'replica' })
      this.#logger.info(waited, 'reads from a replica')
      return found
    } catch (error) {
      const outcome = outcomeOf(error)
      replicaReads.inc({ read: name, outcome })
      this.#logger.warn(
        { read: name, outcome, reason: reasonOf(error) },
        'no replica can serve a long read: it goes to the primary',
      )
      return null
    } finally {
      others.abort()
    }
  }

  async #reach(replica: Replica, position: Position, signal: AbortSignal): Promise<Replica> {
    try {
      await replica.reach(position, this.#patienceMs, signal)
      return replica
    } catch (error) {
      const { why, message } = error as ReplicaRefusal
      throw new ReplicaRefusal(`${replica.name} ${message}`, { why, cause: error })
    }
  }

  #tellInterrupted(name: string, replica: Replica, err: unknown): void {
    replicaReads.inc({ read: name, outcome: 'interrupted' })
    this.#logger.warn(
      { read: name, replica: replica.name, err },
      'a long read from a replica did not come to its end: the primary does it',
    )
  }
}

const refusals = (error: unknown): ReplicaRefusal[] =>
  error instanceof AggregateError ? (error.errors as ReplicaRefusal[]) : []

/** One that is only late will serve again by itself: that counts where there are several. */
function outcomeOf(error: unknown): Refusal {
  const found = refusals(error).map(({ why }) => why)
  return (['late', 'refused', 'unreachable'] as const).find((one) => found.includes(one)) ?? 'unreachable'
}

function reasonOf(error: unknown): string {
  const found = refusals(error).map(({ message }) => message)
  if (found.length > 0) return found.join('; ')
  return `the primary does not say where it is: ${error instanceof Error ? error.message : String(error)}`
}

/**
 * Whatever a server, the driver or the network says: on the primary it may go well, and if not, it fails there. Refusals of
 * ours (nothing found, too large, cancelled) are the same anywhere.
 */
function isOfDatabase(error: unknown): boolean {
  const { code, severity, message } = (error ?? {}) as { code?: unknown; severity?: unknown; message?: unknown }
  if (severity !== undefined && typeof code === 'string') return true
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'].includes(String(code))) return true
  return /connection terminated|timeout exceeded when trying to connect|not queryable|connection timeout/i.test(
    String(message),
  )
}
