/**
 * Several prepared statements in one round trip.
 *
 * PostgreSQL's extended query protocol runs everything between two Sync messages as one implicit transaction (manual,
 * 55.2.4 "Pipelining"). node-postgres sends a Sync after every query, so the tenant setting of a read would need BEGIN,
 * the setting, the query and COMMIT, each with its own Sync. A batch sends `Bind Execute Bind Execute Sync`: the setting
 * and the query are one transaction and one round trip. It also describes a statement only when it is first prepared on
 * a connection. Measured here: 10.7k reads/s against 5.2k with pg's own `pipeline` option (docs/decisions/0002).
 *
 * A batch is a `Submittable`, the same public interface of node-postgres that pg-cursor and pg-query-stream use.
 */
import type { ClientBase, Connection, FieldDef, Submittable } from 'pg'
import pg from 'pg'
import { momentOid, parseMoment } from './moments.ts'
import { encodeParameter } from './parameters.ts'
import { mostBytesOf, WireMessages } from './wire-messages.ts'

export type Statement = { readonly text: string; readonly values: readonly unknown[] }
export type Row = Record<string, unknown>
export type StatementResult = { rows: Row[]; command: string; affected: number }

type Column = { name: string; parse: (text: string) => unknown }

/** What one connection has prepared: statement name -> its columns. */
type ConnectionState = { prepared: Map<string, Column[]>; current: StatementBatch | null }

const states = new WeakMap<Connection, ConnectionState>()

/** Of the batch that is being submitted; empty before and after. */
const messages = new WireMessages()

/** Names are global so that every connection prepares the same text under the same name; past the limit: unnamed. */
const statementNames = new Map<string, string>()
const maxNamedStatements = 1000
let namesGiven = 0

/** Of one statement: its message counts them in 16 bits, and PostgreSQL takes none of more than a gigabyte. */
const [mostParameters, mostBytes] = [0xffff, 0x3fff_ffff]

/** The statement is unknown to the server; connection exceptions; shutdown, termination and idle time-outs; a replica, which takes no writes. */
const endOfConnection = /^(26000|08...|57P0[1-5]|25P0[34]|25006)$/

function nameOf(text: string): string {
  const known = statementNames.get(text)
  if (known !== undefined) return known
  if (statementNames.size >= maxNamedStatements) return ''
  const name = `c${namesGiven++}`
  statementNames.set(text, name)
  return name
}

/** @throws RangeError, TypeError for what no message can hold */
function encodeValues(values: readonly unknown[]): Entry['values'] {
  if (values.length > mostParameters) throw new RangeError(`a statement cannot have ${values.length} parameters`)
  const encoded = values.map(encodeParameter)
  const bytes = encoded.reduce((sum, one) => sum + mostBytesOf(one), 0)
  if (bytes > mostBytes) throw new RangeError(`a statement cannot have ${bytes} bytes of parameters`)
  return encoded
}

function stateOf(connection: Connection): ConnectionState {
  const known = states.get(connection)
  if (known) return known
  const state: ConnectionState = { prepared: new Map(), current: null }
  // The client forwards rows and completions to the active query, but not these two.
  connection.on('noData', () => state.current?.handleNoData())
  connection.on('parseComplete', () => state.current?.handleParseComplete())
  states.set(connection, state)
  return state
}

type Entry = {
  text: string
  name: string
  values: (string | Buffer | null)[]
  columns: Column[] | null
  result: StatementResult
}

/** Without a severity it is the network's, or the driver's. */
type ServerError = Error & { code?: string; severity?: string; detail?: string; routine?: string }

/** A connection that was given up because nothing came over it. */
export class SilentDatabaseError extends Error {
  override readonly name = 'SilentDatabaseError'
}

/** Longer than the database itself lets a statement take (database.ts): whoever says nothing by then is not there. */
export const usualSilenceMs = 45_000

export class StatementBatch implements Submittable {
  readonly results: Promise<StatementResult[]>
  /** True when the failure left the connection in a state in which it should not be used again. */
  connectionIsStale = false
  #entries: Entry[]
  #index = 0
  #describing: Entry[] = []
  #parsed = 0
  #described = 0
  #resolve!: (results: StatementResult[]) => void
  #reject!: (error: Error) => void
  #state: ConnectionState | null = null
  readonly #silenceMs: number
  #deadline: NodeJS.Timeout | null = null
  #followers: readonly StatementBatch[] = []
  #isWritten = false

  /**
   * Sends batches on one connection in one message. Each stays a transaction of its own, which fails alone, and is answered
   * in its turn. Those behind the first travel with it as long as the connection has prepared all that they hold: what one
   * batch prepares is not there for the next when it fails. The others are sent when it is their turn.
   */
  static sendAll(client: ClientBase, batches: readonly StatementBatch[]): void {
    const [first, ...others] = batches
    if (!first) return
    first.#followers = others
    const waiting = [first, ...others]
    // node-postgres says "drain" where it is ready for the next query, before it reads on.
    const next = () => {
      const batch = waiting.shift()
      if (!batch) return stop()
      client.query(batch)
      // Of a connection that had ended before, nothing more is heard.
      batch.results.catch((error: unknown) => (error as ServerError).severity === undefined && end())
    }
    const end = () => {
      stop()
      for (const one of waiting) one.refuse(new Error('Connection terminated unexpectedly'))
    }
    const stop = () => client.off('drain', next).off('end', end)
    client.on('drain', next).on('end', end)
    next()
  }

  /**
   * @param silenceMs so long the answer may take. A peer that went away without a word, or a network that swallows what is
   * sent, would be waited for without end: the connection is given up.
   */
  constructor(statements: readonly Statement[], silenceMs = usualSilenceMs) {
    this.#silenceMs = silenceMs
    this.#entries = statements.map((statement) => ({
      text: statement.text,
      name: nameOf(statement.text),
      // Encoded here, so that a value that cannot be a parameter fails before anything is sent.
      values: encodeValues(statement.values),
      columns: null,
      result: { rows: [], command: '', affected: 0 },
    }))
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit(connection: Connection): undefined {
    const state = stateOf(connection)
    this.#state = state
    state.current = this
    this.#deadline = setTimeout(() => this.#giveUp(connection), this.#silenceMs).unref()
    if (this.#isWritten) return
    messages.clear()
    this.#write(state)
    for (const follower of this.#followers) {
      if (!follower.#isPrepared(state)) break
      follower.#write(state)
    }
    if (connection.stream.writable) connection.stream.write(messages.take())
  }

  #isPrepared({ prepared }: ConnectionState): boolean {
    return this.#entries.every(({ name }) => prepared.has(name))
  }

  #write(state: ConnectionState): void {
    this.#isWritten = true
    const preparing = new Set<string>()
    for (const entry of this.#entries) {
      const { name } = entry
      const known = name === '' ? undefined : state.prepared.get(name)
      if (known) entry.columns = known
      else if (name === '' || !preparing.has(name)) {
        preparing.add(name)
        messages.parse(name, entry.text)
        messages.describeStatement(name)
        this.#describing.push(entry)
      }
      messages.bind(name, entry.values)
      messages.execute()
    }
    messages.sync()
  }

  /** Before it was sent: no connection could be had. */
  refuse(error: Error): void {
    this.#finish(error)
  }

  handleParseComplete(): void {
    this.#parsed++
  }

  handleNoData(): void {
    this.#describe([])
  }

  handleRowDescription(message: { fields: FieldDef[] }): void {
    this.#describe(
      message.fields.map(({ name, dataTypeID }) => ({
        name,
        parse: dataTypeID === momentOid ? parseMoment : pg.types.getTypeParser(dataTypeID, 'text'),
      })),
    )
  }

  #describe(columns: Column[]): void {
    const entry = this.#describing[this.#described++]
    if (!entry) return
    entry.columns = columns
    if (entry.name !== '') this.#state?.prepared.set(entry.name, columns)
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    const entry = this.#entries[this.#index]
    if (!entry) return
    const columns = entry.columns ?? this.#state?.prepared.get(entry.name) ?? []
    const row: Row = {}
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column
      const text = message.fields[i]
      row[column.name] = text === null || text === undefined ? null : column.parse(text)
    }
    entry.result.rows.push(row)
  }

  handleCommandComplete(message: { text: string }): void {
    const entry = this.#entries[this.#index++]
    if (!entry) return
    const words = message.text.split(' ')
    entry.result.command = words[0] ?? ''
    entry.result.affected = Number(words.at(-1)) || 0
  }

  handleEmptyQuery(): void {
    this.#index++
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection & { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('COPY is not possible in a batch')
    // The server takes what we have sent behind it for data, and gives the connection up.
    this.connectionIsStale = true
  }

  handleError(error: ServerError): void {
    // Parsed but never described: the server knows the name, we don't know its columns. Rare; not worth repairing.
    if (this.#parsed > this.#described) this.connectionIsStale = true
    if (error.severity === undefined || endOfConnection.test(error.code ?? '')) this.connectionIsStale = true
    // "cached plan must not change result type", after a migration (messages come in the server's language, routines do
    // not). Under a new name every connection prepares the statement anew, so that each does not fail once by itself.
    if (error.code === '0A000' && error.routine === 'RevalidateCachedQuery') {
      statementNames.delete(this.#entries[this.#index]?.text ?? '')
    }
    // PostgreSQL quotes the refused row here, hashes and personal data included: it must reach no log.
    delete error.detail
    this.#finish(error)
  }

  handleReadyForQuery(): void {
    this.#finish(null)
  }

  /** node-postgres tells this batch, and whoever else uses the connection. */
  #giveUp(connection: Connection): void {
    const seconds = Math.round(this.#silenceMs / 1000)
    connection.stream.destroy(
      new SilentDatabaseError(`Connection terminated: the database has not answered for ${seconds} s`),
    )
  }

  #finish(error: Error | null): void {
    if (this.#deadline) clearTimeout(this.#deadline)
    if (this.#state?.current === this) this.#state.current = null
    if (error) this.#reject(error)
    else this.#resolve(this.#entries.map((entry) => entry.result))
  }
}
