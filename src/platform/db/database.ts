/** The pool of connections of the application's role, and the two ways to use one: a tenant's unit of work, or a platform read. */
import type { Socket } from 'node:net'
import pg from 'pg'
import { shareRoundTrips } from './shared-round-trips.ts'
import type { Row, Statement, StatementResult } from './statement-batch.ts'
import { SilentDatabaseError, StatementBatch, usualSilenceMs } from './statement-batch.ts'

export type ConnectionParameters = {
  connectionString?: string
  host?: string
  port?: number
  user?: string
  password?: string
  database?: string
  /** Where the address is found when a connection is made: one of several servers (primary.ts). */
  stream?: () => Socket
}

export type DatabaseOptions = {
  connection: ConnectionParameters
  /** How many connections this process may hold. */
  poolSize: number
  /** Role to take on after connecting; absent where the connection already signs in as it. */
  role?: string
  applicationName?: string
  /** How long an answer may take before its connection is given up. */
  silenceMs?: number
  /** Transactions cannot write, whatever the server is. */
  readOnly?: boolean
  onConnectionError?: (error: Error) => void
}

/** What the system says of a peer that is gone without a word (TCP keep-alive, no way there). */
const goneWithoutWord = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'])

function isSilence(error: Error): boolean {
  return error instanceof SilentDatabaseError || goneWithoutWord.has((error as { code?: string }).code ?? '')
}

/** How long a unit of work waits for a connection. */
export const poolWaitMs = 10_000

/**
 * Where most of a short read's cost is waking two processes up, those that come while one is under way travel together. A
 * group that takes longer than the patience holds up nobody but itself.
 */
const sendQuickReads = shareRoundTrips(
  async (database: Database, batches: readonly StatementBatch[]): Promise<readonly undefined[]> => {
    const client = await database.connect()
    try {
      StatementBatch.sendAll(client, batches)
      await Promise.allSettled(batches.map((batch) => batch.results))
    } finally {
      client.release(batches.some((batch) => batch.connectionIsStale))
    }
    return []
  },
  { mostTogether: 16, patienceMs: 2 },
)

export class Database {
  readonly pool: pg.Pool
  readonly silenceMs: number
  /** When each connection was last known to work (performance.now()). */
  readonly #worked = new WeakMap<pg.PoolClient, number>()
  /** Connections that have idled since then are not trusted: another one was found dead. */
  #trustedSince = Number.NEGATIVE_INFINITY

  constructor(options: DatabaseOptions) {
    this.silenceMs = options.silenceMs ?? usualSilenceMs
    const role = options.role ? ` -c role=${options.role}` : ''
    const readOnly = options.readOnly ? ' -c default_transaction_read_only=on' : ''
    this.pool = new pg.Pool({
      ...options.connection,
      max: options.poolSize,
      connectionTimeoutMillis: poolWaitMs,
      idleTimeoutMillis: 60_000,
      // A peer that is gone without a word is noticed by the system, also where nothing is sent.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: options.applicationName ?? 'clientele',
      // Dates are read in ISO form and UTC, whatever the database is set to.
      // A statement that takes longer than this is a fault; without the limit it would hold locks until somebody looks.
      options: `-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC -c datestyle=ISO${readOnly}${role}`,
    })
    // Without a listener a connection that is lost would end the process: one at work between two of its statements too,
    // to which the pool does not listen. An idle one's loss reaches both; it is told once.
    this.pool.on('connect', (client) => {
      this.#worked.set(client, performance.now())
      client.on('error', (error) => {
        if (isSilence(error)) this.#trustedSince = performance.now()
        options.onConnectionError?.(error)
      })
    })
    this.pool.on('release', (error, client) => {
      if (!error) this.#worked.set(client, performance.now())
    })
    this.pool.on('error', () => {})
  }

  /**
   * A connection of the pool. When one is found to be dead by its silence, those that idle may be as well: they are dropped and
   * replaced, so that not every one of them costs its caller the same wait.
   */
  async connect(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.pool.connect()
      if ((this.#worked.get(client) ?? Number.POSITIVE_INFINITY) >= this.#trustedSince) return client
      client.release(true)
    }
  }

  /** One round trip, one implicit transaction: all statements or none. Throws the first statement's error. */
  async batch(statements: readonly Statement[]): Promise<StatementResult[]> {
    // Encoded before a connection is taken: a value that is no parameter must not cost one.
    const batch = new StatementBatch(statements, this.silenceMs)
    const client = await this.connect()
    try {
      client.query(batch)
      const results = await batch.results
      client.release()
      return results
    } catch (error) {
      client.release(batch.connectionIsStale)
      throw error
    }
  }

  /**
   * As `batch`, for statements that find their rows by key: many callers' share a connection and a message, though no
   * transaction and no failure. A slow one would hold up those behind it.
   */
  quickRead(statements: readonly Statement[]): Promise<StatementResult[]> {
    const batch = new StatementBatch(statements, this.silenceMs)
    sendQuickReads(this, batch).catch((error: unknown) => batch.refuse(error as Error))
    return batch.results
  }

  /** A statement on tables or functions of the platform, outside of any tenant (row level security shows no tenant's rows). */
  async platformRead<T extends Row>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const [result] = await this.batch([{ text, values }])
    return (result?.rows ?? []) as T[]
  }

  async end(): Promise<void> {
    if (!this.pool.ending) await this.pool.end()
  }
}
