/** The pool of connections of the application's role, and the two ways to use one: a tenant's unit of work, or a platform read. */
import type { Socket } from 'node:net'
import pg from 'pg'
import type { Row, Statement, StatementResult } from './statement-batch.ts'
import { StatementBatch, usualSilenceMs } from './statement-batch.ts'

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
  onConnectionError?: (error: Error) => void
}

/** How long a unit of work waits for a connection. */
export const poolWaitMs = 10_000

export class Database {
  readonly pool: pg.Pool
  readonly silenceMs: number

  constructor(options: DatabaseOptions) {
    this.silenceMs = options.silenceMs ?? usualSilenceMs
    const role = options.role ? ` -c role=${options.role}` : ''
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
      options: `-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC -c datestyle=ISO${role}`,
    })
    // Without a listener a connection that is lost would end the process: one at work between two of its statements too,
    // to which the pool does not listen. An idle one's loss reaches both; it is told once.
    this.pool.on('connect', (client) => client.on('error', (error) => options.onConnectionError?.(error)))
    this.pool.on('error', () => {})
  }

  /** One round trip, one implicit transaction: all statements or none. Throws the first statement's error. */
  async batch(statements: readonly Statement[]): Promise<StatementResult[]> {
    // Encoded before a connection is taken: a value that is no parameter must not cost one.
    const batch = new StatementBatch(statements, this.silenceMs)
    const client = await this.pool.connect()
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

  /** A statement on tables or functions of the platform, outside of any tenant (row level security shows no tenant's rows). */
  async platformRead<T extends Row>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const [result] = await this.batch([{ text, values }])
    return (result?.rows ?? []) as T[]
  }

  async end(): Promise<void> {
    if (!this.pool.ending) await this.pool.end()
  }
}
