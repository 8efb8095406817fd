/**
 * What an operation does with the database, as one unit.
 *
 * A unit begins with its "entrance": a function of the database that sets the tenant for row level security and refuses
 * a session, key or client that has been revoked meanwhile (migrations/0001). The entrance travels with the unit's first
 * statement, so it costs no round trip of its own and nothing can run before it.
 *
 * - A read unit opens no transaction: each statement (or statements issued together) is sent with the entrance as one
 *   implicit transaction. Under READ COMMITTED, PostgreSQL's default, this sees exactly what BEGIN ... COMMIT would.
 * - A write unit sends BEGIN, the entrance and its first statement together; the closing statements (audit, events) and
 *   COMMIT travel together too. An operation with one statement of its own takes two round trips.
 *
 * Statements issued in the same tick share a round trip.
 */
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import {
  DefaultQueryExecutor,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type pg from 'pg'
import type { Database } from './database.ts'
import type { Statement, StatementResult } from './statement-batch.ts'
import { StatementBatch } from './statement-batch.ts'
import type { Tables } from './tables.ts'

/** The query builder inside one unit of work. */
export type Tx = Kysely<Tables>

const begin: Statement = { text: 'begin', values: [] }
const commit: Statement = { text: 'commit', values: [] }

type Waiting = { statement: Statement; resolve: (result: StatementResult) => void; reject: (error: unknown) => void }

/** quick read: its statements find rows by key, and share a connection with those of others (Database.quickRead). */
export type UnitMode = 'read' | 'quick read' | 'write'

/** Thrown when the database answers COMMIT with a rollback: a statement had failed and its error was swallowed. */
export class CommitRefusedError extends Error {
  override name = 'CommitRefusedError'
}

export class UnitOfWork implements DatabaseConnection {
  readonly tx: Tx
  #database: Database
  #mode: UnitMode
  #entrance: Statement | null
  #client: pg.PoolClient | null = null
  #stale = false
  #begun = false
  #hasEntered = false
  #waiting: Waiting[] = []
  #flushing: Promise<void> | null = null
  #ended = false

  constructor(database: Database, mode: UnitMode, entrance: Statement | null) {
    this.#database = database
    this.#mode = mode
    this.#entrance = entrance
    this.tx = queryBuilderOn(this)
  }

  /** Whether the entrance has been sent: it travels with the first statement, so a unit without one has not asked it. */
  get hasEntered(): boolean {
    return this.#hasEntered
  }

  execute(statement: Statement): Promise<StatementResult> {
    if (this.#ended) return Promise.reject(new Error('the unit of work has ended: a statement was not awaited'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject })
      this.#flushing ??= Promise.resolve().then(() => this.#flush())
    })
  }

  /** Another entrance from here on: at once in a write unit, with every further statement in a read unit. */
  async enter(entrance: Statement): Promise<void> {
    if (this.#mode === 'write') await this.execute(entrance)
    else this.#entrance = entrance
  }

  /**
   * A write whose outcome nothing waits for: it travels with the next statements, or with the end of the unit. The promise
   * tells how it went; the unit fails with it. Throws in a read unit, whose end sends nothing.
   */
  enqueue(statement: Statement): Promise<StatementResult> {
    if (this.#mode !== 'write') throw new Error('a read unit has nothing to write at its end')
    if (this.#ended) return Promise.reject(new Error('the unit of work has ended'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject })
    })
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.execute({ text: query.sql, values: query.parameters })
    return { rows: result.rows as R[], numAffectedRows: BigInt(result.affected) }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('a unit of work does not stream; use COPY')
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting
      this.#waiting = []
      try {
        const results = await this.#send(taken.map((one) => one.statement))
        taken.forEach((one, i) => {
          one.resolve(results[i] as StatementResult)
        })
      } catch (error) {
        for (const one of taken) one.reject(error)
      }
    }
    this.#flushing = null
  }

  async #send(statements: Statement[]): Promise<StatementResult[]> {
    this.#hasEntered = true
    if (this.#mode !== 'write') {
      const opening = this.#entrance ? [this.#entrance] : []
      const sent = [...opening, ...statements]
      const isQuick = this.#mode === 'quick read' && !this.#ended
      const results = isQuick ? this.#database.quickRead(sent) : this.#database.batch(sent)
      return (await results).slice(opening.length)
    }
    const opening = this.#opening()
    return (await this.#sendInTransaction([...opening, ...statements])).slice(opening.length)
  }

  #opening(): Statement[] {
    if (this.#begun) return []
    this.#begun = true
    return this.#entrance ? [begin, this.#entrance] : [begin]
  }

  async #sendInTransaction(statements: Statement[]): Promise<StatementResult[]> {
    // Encoded before a connection is taken: a value that is no parameter must not cost one.
    const batch = new StatementBatch(statements, this.#database.silenceMs)
    this.#client ??= await this.#database.connect()
    this.#client.query(batch)
    try {
      return await batch.results
    } catch (error) {
      this.#stale ||= batch.connectionIsStale
      throw error
    }
  }

  /**
   * Ends a write unit with these last statements and COMMIT in one round trip. A read unit writes them (what records that
   * something was shown) in one transaction of their own, before anybody sees what was read; without any it only ends.
   */
  async complete(closing: readonly Statement[] = []): Promise<void> {
    await this.#flushing
    this.#ended = true
    if (this.#mode !== 'write') {
      // Whoever may not enter is refused also where nothing was asked of the database.
      if (closing.length > 0 || (this.#entrance && !this.#hasEntered)) await this.#send([...closing])
      return
    }
    const enqueued = this.#waiting
    this.#waiting = []
    if (!this.#begun) return this.#completeAtOnce(enqueued, closing)
    try {
      const opening = this.#opening()
      const statements = [...opening, ...enqueued.map((one) => one.statement), ...closing, commit]
      this.#hasEntered = true
      const results = await this.#sendInTransaction(statements)
      if (results.at(-1)?.command !== 'COMMIT')
        throw new CommitRefusedError('the transaction had failed before its end')
      enqueued.forEach((one, i) => {
        one.resolve(results[opening.length + i] as StatementResult)
      })
    } catch (error) {
      for (const one of enqueued) one.reject(error)
      throw error
    }
    this.#release()
  }

  /**
   * All statements of the unit in one round trip, which PostgreSQL runs as one transaction: everything or nothing without BEGIN
   * and COMMIT, two statements less.
   */
  async #completeAtOnce(enqueued: readonly Waiting[], closing: readonly Statement[]): Promise<void> {
    this.#hasEntered = true
    const entrance = this.#entrance ? [this.#entrance] : []
    try {
      const statements = [...entrance, ...enqueued.map((one) => one.statement), ...closing]
      const results = statements.length === 0 ? [] : await this.#database.batch(statements)
      enqueued.forEach((one, i) => {
        one.resolve(results[entrance.length + i] as StatementResult)
      })
    } catch (error) {
      for (const one of enqueued) one.reject(error)
      throw error
    }
  }

  /** Undoes everything. Never throws: it is called where another error is on its way. */
  async abandon(): Promise<void> {
    await this.#flushing
    this.#ended = true
    const never = this.#waiting
    this.#waiting = []
    for (const one of never) one.reject(new Error('the unit of work was abandoned'))
    const client = this.#client
    if (!client) return
    try {
      if (!this.#stale) await client.query('rollback')
    } catch {
      this.#stale = true
    }
    this.#release()
  }

  #release(): void {
    this.#client?.release(this.#stale)
    this.#client = null
  }
}

const compiler = new PostgresQueryCompiler()
const adapter = new PostgresAdapter()
const dialect = {
  createAdapter: () => adapter,
  createDriver: () => new DummyDriver(),
  createQueryCompiler: () => compiler,
  createIntrospector: (db: Kysely<never>) => new PostgresIntrospector(db),
}
const driver = new DummyDriver()

function queryBuilderOn(connection: DatabaseConnection): Tx {
  const executor = new DefaultQueryExecutor(compiler, adapter, { provideConnection: (use) => use(connection) }, [])
  return new Kysely<Tables>({ config: { dialect }, dialect, driver, executor } as never)
}
