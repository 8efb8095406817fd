/**
 * A database with several servers: one takes writes, the others are its replicas, and that may change (failover). DATABASE_URL
 * names them all, as libpq's do: postgresql://user:password@first:5432,second:5432/clientele
 *
 * node-postgres knows one address. It takes a socket from us, though, and ours asks where to connect at the moment it does: so
 * the pool, the job queue and every command follow the primary alike (docs/decisions/0024-several-nodes.md).
 */
import net from 'node:net'
import pg from 'pg'
import type { ConnectionParameters } from './database.ts'

/** The URL names several servers in a way that cannot be followed; the message says why. */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
}

const form = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s

/**
 * One URL for each server that the URL names, in its order, whatever it wants of them.
 * @throws DatabaseUrlError
 */
export function eachServer(databaseUrl: string): string[] {
  const parts = form.exec(databaseUrl)
  const hosts = parts?.[2]?.split(',') ?? []
  if (!parts || hosts.length < 2) return [databaseUrl]
  if (hosts.some((host) => host === '')) throw new DatabaseUrlError('names a server without a host')
  const urls = hosts.map((host) => `${parts[1]}${host}${parts[3]}`)
  if (!urls.every((url) => URL.canParse(url))) throw new DatabaseUrlError('names a server that is no host:port')
  return urls
}

/**
 * One URL for each server that the URL names, in its order.
 * @throws DatabaseUrlError
 */
export function serverUrls(databaseUrl: string): string[] {
  const urls = eachServer(databaseUrl)
  if (urls.length < 2) return urls
  const wanted = new URL(urls[0] as string).searchParams.get('target_session_attrs')
  if (wanted !== null && wanted !== 'read-write' && wanted !== 'primary') {
    throw new DatabaseUrlError(
      'names several servers, of which the one that takes writes is used: target_session_attrs=read-write',
    )
  }
  return urls
}

/** What node-postgres needs to reach the database that the URL names: with several servers, the one that takes writes. */
export function connectionTo(databaseUrl: string): ConnectionParameters {
  const urls = serverUrls(databaseUrl)
  const [first] = urls
  if (urls.length === 1 || first === undefined) return { connectionString: databaseUrl }
  const primary = new Primary(urls)
  return { connectionString: first, stream: () => new SocketToPrimary(primary) }
}

/** A connection that cannot be had, or goes on no more; its code is the network's, which callers know as "unavailable". */
class NoPrimaryError extends Error {
  override name = 'NoPrimaryError'
  readonly code: 'ECONNREFUSED' | 'ECONNRESET'

  constructor(code: NoPrimaryError['code'], message: string) {
    super(message)
    this.code = code
  }
}

type Address = { host: string; port: number }
type Answer = Address & { timeline: string | null }

/** How long a server may take to say what it is. */
const answerWithinMs = 2_000

/** How often servers are asked while connections are open: a machine that is gone closes none. */
const watchEveryMs = 5_000

/**
 * Which of the servers takes writes. Asked anew after a connection has closed, and while connections are open every five
 * seconds: when the primary does not answer twice, or another one has taken its place, its connections are closed.
 */
class Primary {
  readonly #urls: readonly string[]
  readonly #sockets = new Set<SocketToPrimary>()
  #known: Address | null = null
  #asking: Promise<Answer> | null = null
  #timer: NodeJS.Timeout | null = null
  #silent = 0

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  /** @throws NoPrimaryError when none of them takes writes */
  async find(): Promise<Address> {
    if (this.#known) return this.#known
    this.#known = await this.#ask()
    return this.#known
  }

  add(socket: SocketToPrimary): void {
    this.#sockets.add(socket)
    this.#timer ??= setInterval(() => void this.#watch(), watchEveryMs).unref()
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#known = null
      if (this.#sockets.size > 0 || !this.#timer) return
      clearInterval(this.#timer)
      this.#timer = null
    })
  }

  /** One question at a time, whoever waits for it. */
  #ask(): Promise<Answer> {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  /**
   * All of them, for two may say that they take writes: a primary that was thought dead and came back has not heard that
   * another one was promoted. Promotion begins a new timeline, so the highest one counts.
   */
  async #askAll(): Promise<Answer> {
    const answers = await Promise.all(this.#urls.map((url) => askServer(url).catch((error: unknown) => asError(error))))
    const writable = answers
      .filter((one): one is Answer => !(one instanceof Error) && one.timeline !== null)
      .sort((a, b) => (b.timeline ?? '').localeCompare(a.timeline ?? ''))
    const [newest] = writable
    if (newest) return newest
    const reasons = answers.map((one) => (one instanceof Error ? one.message : 'a replica'))
    throw new NoPrimaryError('ECONNREFUSED', `no server of the database takes writes: ${reasons.join('; ')}`)
  }

  async #watch(): Promise<void> {
    const before = this.#known
    try {
      const found = await this.#ask()
      this.#silent = 0
      if (!before || (found.host === before.host && found.port === before.port)) return
    } catch {
      this.#silent++
      if (this.#silent < 2) return
    }
    this.#known = null
    const error = new NoPrimaryError(
      'ECONNRESET',
      'the server of the database does not answer, or another one has taken its place',
    )
    for (const socket of this.#sockets) socket.destroy(error)
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

async function askServer(url: string): Promise<Answer> {
  const socket = new net.Socket()
  const client = new pg.Client({
    connectionString: url,
    stream: () => socket,
    application_name: 'clientele-primary',
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    // The first eight digits of a segment's name are its timeline.
    const { rows } = await client.query<{ timeline: string | null }>(
      'select case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline',
    )
    return { host: client.host, port: client.port, timeline: rows[0]?.timeline ?? null }
  } finally {
    // Without a goodbye: a server that hangs would not answer it.
    socket.destroy()
  }
}

/** Connects to the primary, whatever address it is given. */
class SocketToPrimary extends net.Socket {
  readonly #primary: Primary

  constructor(primary: Primary) {
    super()
    this.#primary = primary
    primary.add(this)
  }

  override connect(..._given: unknown[]): this {
    this.#primary.find().then(
      ({ host, port }) => {
        if (this.destroyed) return
        if (host.startsWith('/')) super.connect(`${host}/.s.PGSQL.${port}`)
        else super.connect(port, host)
      },
      (error: unknown) => this.destroy(asError(error)),
    )
    return this
  }
}
