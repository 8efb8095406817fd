/**
 * A streaming replica that long reads may go to: whether it has what the primary had at a moment, and connections to it that
 * are given up when it falls silent or is a replica no more (docs/decisions/0034-reads-from-a-replica.md).
 */
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { ConnectionParameters } from './database.ts'
import { Database } from './database.ts'

/** Where the primary was in its write-ahead log at a moment, and which database that is. */
export type Position = {
  /** pg_lsn: everything before it is on the primary's disk. */
  lsn: string
  timeline: number
  /** Of the whole server and its replicas: pg_control_system(). */
  system: string
}

type State = { standby: boolean; system: string; timeline: number; behind: string | null }

/** Why a replica does not serve a read. */
export type Refusal = 'late' | 'unreachable' | 'refused'

export class ReplicaRefusal extends Error {
  override name = 'ReplicaRefusal'
  readonly why: Refusal

  constructor(message: string, { why, ...options }: ErrorOptions & { why: Refusal }) {
    super(message, options)
    this.why = why
  }
}

/** Two exports, two reports and a verification of a worker: so many read at once (src/worker.ts). */
const poolSize = 6

/** How long it may take to say what it is. */
const answerWithinMs = 2_000

/** How often it is asked while connections are open: a machine that is gone closes none. */
const watchEveryMs = 5_000

/** Between two looks at how far it is. */
const lookEveryMs = { first: 20, most: 250 }

export type ReplicaOptions = {
  /** Of one server. */
  url: string
  role?: string
  silenceMs?: number
  onConnectionError?: (error: Error) => void
}

export class Replica {
  /** host:port, for logs and metrics. */
  readonly name: string
  /** Connects to it, and cannot write. */
  readonly database: Database
  /** The same, for whoever holds a connection of its own. */
  readonly connection: ConnectionParameters
  readonly #url: string
  readonly #sockets = new Set<net.Socket>()
  #timer: NodeJS.Timeout | null = null
  #silent = 0

  constructor({ url, ...options }: ReplicaOptions) {
    const { host, port } = new pg.Client({ connectionString: url })
    this.name = `${host}:${port}`
    this.#url = url
    this.connection = { connectionString: url, stream: () => this.#socket() }
    this.database = new Database({
      ...options,
      connection: this.connection,
      poolSize,
      readOnly: true,
      applicationName: 'clientele replica reads',
    })
  }

  /**
   * Resolves when it has everything that the primary had at the position.
   * @throws ReplicaRefusal
   */
  async reach(position: Position, patienceMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + patienceMs
    const { client, hangUp } = await this.#probe()
    try {
      for (let pauseMs = lookEveryMs.first; ; pauseMs = Math.min(2 * pauseMs, lookEveryMs.most)) {
        const behind = judge(await stateOf(client, position), position)
        if (behind <= 0n) return
        if (performance.now() + pauseMs > deadline) {
          throw new ReplicaRefusal(`has ${behind} bytes still to replay after ${patienceMs / 1000} s`, { why: 'late' })
        }
        await delay(pauseMs, undefined, signal ? { signal } : {})
      }
    } catch (error) {
      throw refusalOf(error)
    } finally {
      hangUp()
    }
  }

  /** How much it has not replayed, in bytes. @throws ReplicaRefusal */
  async lag(position: Position): Promise<number> {
    const { client, hangUp } = await this.#probe()
    try {
      const behind = judge(await stateOf(client, position), position)
      return behind > 0n ? Number(behind) : 0
    } catch (error) {
      throw refusalOf(error)
    } finally {
      hangUp()
    }
  }

  async end(): Promise<void> {
    await this.database.end()
  }

  async #probe(): Promise<{ client: pg.Client; hangUp(): void }> {
    const socket = new net.Socket()
    const client = new pg.Client({
      connectionString: this.#url,
      stream: () => socket,
      application_name: 'clientele-replica',
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      // Without a goodbye: a server that hangs would not answer it.
      return { client, hangUp: () => socket.destroy() }
    } catch (error) {
      socket.destroy()
      throw refusalOf(error)
    }
  }

  #socket(): net.Socket {
    const socket = new net.Socket()
    this.#sockets.add(socket)
    if (!this.#timer) {
      this.#silent = 0
      this.#timer = setInterval(() => void this.#watch(), watchEveryMs).unref()
    }
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size > 0 || !this.#timer) return
      clearInterval(this.#timer)
      this.#timer = null
    })
    return socket
  }

  /** What was promoted goes its own way from there on: nothing more is read from it. */
  async #watch(): Promise<void> {
    let standby = true
    try {
      const { client, hangUp } = await this.#probe()
      try {
        const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
        standby = rows[0]?.standby === true
      } finally {
        hangUp()
      }
      this.#silent = 0
    } catch {
      this.#silent++
    }
    if (standby && this.#silent < 2) return
    const reason = standby ? 'does not answer' : 'is a replica no more'
    const error = Object.assign(new Error(`the replica ${this.name} ${reason}`), { code: 'ECONNRESET' })
    for (const socket of this.#sockets) socket.destroy(error)
  }
}

function refusalOf(error: unknown): ReplicaRefusal {
  if (error instanceof ReplicaRefusal) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ReplicaRefusal(`does not answer: ${message}`, { why: 'unreachable', cause: error })
}

/** @throws the network's error, or the server's: it is none that writes */
export async function positionOf(primary: Database): Promise<Position> {
  // What is acknowledged is on the disk. The first eight digits of a segment's name are its timeline.
  const [row] = await primary.platformRead<{ lsn: string; timeline: string; system: string }>(
    `select l.lsn::text as lsn, left(pg_walfile_name(l.lsn), 8) as timeline, s.system_identifier::text as system
       from (select pg_current_wal_flush_lsn() as lsn offset 0) l, pg_control_system() s`,
  )
  if (!row) throw new Error('the primary does not say where it is')
  return { lsn: row.lsn, timeline: Number.parseInt(row.timeline, 16), system: row.system }
}

async function stateOf(client: pg.Client, { lsn }: Position): Promise<State | undefined> {
  const { rows } = await client.query<State>(
    `select pg_is_in_recovery() as standby, s.system_identifier::text as system,
            greatest(c.timeline_id, r.min_recovery_end_timeline) as timeline,
            pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn())::text as behind
       from pg_control_system() s, pg_control_checkpoint() c, pg_control_recovery() r`,
    [lsn],
  )
  return rows[0]
}

/**
 * @returns bytes that it has still to replay; not more than 0: it has everything
 * @throws ReplicaRefusal when it never will: a position says nothing of another database, nor of another history of this one
 */
function judge(state: State | undefined, { system, timeline }: Position): bigint {
  const refused = (message: string) => new ReplicaRefusal(message, { why: 'refused' })
  if (!state?.standby || state.behind === null) throw refused('is no streaming replica')
  if (state.system !== system) throw refused('is a replica of another server')
  const behind = BigInt(state.behind)
  if (behind <= 0n && state.timeline !== timeline) {
    throw refused(`is on timeline ${state.timeline}, and the primary on ${timeline}`)
  }
  return behind
}
