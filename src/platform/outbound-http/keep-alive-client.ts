/**
 * POSTs to many origins over connections that are kept open: what webhooks need. A new connection costs several round trips
 * (TCP, TLS) and the check of every address; one that is open has been checked when it was opened, and goes nowhere else.
 *
 * One undici Client is one connection. Whoever sends takes an idle one of the origin, or opens another: nobody ever waits
 * for somebody else's slow answer. How many are under way is for the caller to limit; how many stay open is limited here.
 */
import type { Dispatcher } from 'undici'
import { Client } from 'undici'
import { parseAllowList } from './address-policy.ts'
import type { ConnectTiming } from './connector.ts'
import { createConnector } from './connector.ts'
import type { Guard, LookupHost } from './guarded-connect.ts'
import { exchangeFailure, OutboundError, systemErrorCode, timeoutFailure } from './outbound-error.ts'
import { createHostLookup } from './resolve-host.ts'

export type KeepAliveOptions = {
  /** As for createOutboundHttp. */
  allow: readonly string[]
  tlsCa?: string
  lookup?: LookupHost
  /** Connections of one origin that stay open without a request. */
  idlePerOrigin: number
}

export type Post = {
  url: URL
  headers: Record<string, string>
  body: Buffer
  /** From the look-up of the name to the last byte of the answer. */
  timeoutMs: number
  /** Bytes of the answer that are read at most; the connection ends with a longer one. */
  maxResponseBytes: number
}

export type PostTiming = {
  /** null: the connection was open already. */
  dnsMs: number | null
  connectMs: number | null
  /** From the beginning to the status line; null: there was none. */
  firstByteMs: number | null
  totalMs: number
}

export type PostOutcome = {
  /** What answered, as far as it came; null: nothing did. */
  answer: { status: number; headers: Record<string, string>; body: Buffer; truncated: boolean } | null
  /** Why there is no complete answer. */
  error: OutboundError | null
  timing: PostTiming
}

/** A server may keep a connection open longer than this; we do not. */
const keepAliveMs = 4_000
const keepAliveMaxMs = 30_000

export class KeepAliveClient {
  readonly #guard: Guard
  readonly #tlsCa: string | undefined
  readonly #idlePerOrigin: number
  readonly #idle = new Map<string, Connection[]>()
  readonly #busy = new Set<Connection>()
  readonly #closing = new AbortController()

  /** @throws Error for an entry of `allow` that cannot be read */
  constructor(options: KeepAliveOptions) {
    this.#guard = { allowList: parseAllowList(options.allow), lookup: options.lookup ?? createHostLookup() }
    this.#tlsCa = options.tlsCa
    this.#idlePerOrigin = options.idlePerOrigin
  }

  /** Never rejects. Redirects are answers like others; nothing is followed. */
  async post(post: Post): Promise<PostOutcome> {
    const deadline = performance.now() + post.timeoutMs
    const connection = this.#take(post.url.origin)
    const wasOpen = connection.isOpen
    const outcome = await this.#exchange(connection, post, deadline)
    // The server closed an idle connection at the moment we used it: that says nothing about the server.
    if (wasOpen && outcome.answer === null && outcome.error && isClosedByPeer(outcome.error)) {
      return this.#exchange(this.#open(post.url.origin), post, deadline)
    }
    return outcome
  }

  /** Ends everything, also what is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new OutboundError('connect_failed', 'The server is shutting down'))
    const open = [...this.#idle.values(), ...this.#busy].flat()
    this.#idle.clear()
    await Promise.all(open.map((one) => one.destroy()))
  }

  async #exchange(connection: Connection, post: Post, deadline: number): Promise<PostOutcome> {
    this.#busy.add(connection)
    const outcome = await new Exchange(connection, post, deadline).outcome
    this.#busy.delete(connection)
    if (outcome.error === null && outcome.answer?.truncated === false) this.#putBack(post.url.origin, connection)
    else void connection.destroy()
    return outcome
  }

  #take(origin: string): Connection {
    const idle = this.#idle.get(origin)
    const connection = idle?.pop()
    if (idle?.length === 0) this.#idle.delete(origin)
    return connection ?? this.#open(origin)
  }

  #open(origin: string): Connection {
    const connection = new Connection(origin, this.#guard, {
      tlsCa: this.#tlsCa,
      closing: this.#closing.signal,
      onClosed: () => this.#forget(origin, connection),
    })
    return connection
  }

  #putBack(origin: string, connection: Connection): void {
    const idle = this.#idle.get(origin) ?? []
    if (!connection.isOpen || idle.length >= this.#idlePerOrigin || this.#closing.signal.aborted) {
      void connection.destroy()
      return
    }
    idle.push(connection)
    this.#idle.set(origin, idle)
  }

  #forget(origin: string, connection: Connection): void {
    const idle = this.#idle.get(origin)
    const index = idle?.indexOf(connection) ?? -1
    if (!idle || index < 0) return
    idle.splice(index, 1)
    if (idle.length === 0) this.#idle.delete(origin)
    void connection.destroy()
  }
}

function isClosedByPeer(error: OutboundError): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(systemErrorCode(error.cause))
}

class Connection {
  readonly client: Client
  isOpen = false
  /** Of the connection that the running exchange opened; null: it found it open. */
  opened: ConnectTiming | null = null
  readonly #aborting = new AbortController()

  constructor(
    origin: string,
    guard: Guard,
    { tlsCa, closing, onClosed }: { tlsCa: string | undefined; closing: AbortSignal; onClosed: () => void },
  ) {
    this.client = new Client(origin, {
      connect: createConnector(guard, {
        tlsCa,
        closing: AbortSignal.any([closing, this.#aborting.signal]),
        onConnected: (timing) => {
          this.opened = timing
          this.isOpen = true
        },
      }),
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMaxMs,
      // The exchange has one limit for everything.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.client.on('disconnect', () => {
      this.isOpen = false
      onClosed()
    })
  }

  async destroy(reason?: OutboundError): Promise<void> {
    this.isOpen = false
    this.#aborting.abort(reason)
    await this.client.destroy(reason ?? null)
  }
}

/** One request and its answer. */
class Exchange {
  readonly outcome: Promise<PostOutcome>
  readonly #connection: Connection
  readonly #post: Post
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  #received = 0
  #status: number | null = null
  #headers: Record<string, string> = {}
  #firstByteMs: number | null = null
  #resolve!: (outcome: PostOutcome) => void
  #isOver = false

  constructor(connection: Connection, post: Post, deadline: number) {
    this.#connection = connection
    this.#post = post
    connection.opened = null
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#timer = setTimeout(() => this.#giveUp(), Math.max(0, deadline - this.#startedAt))
    connection.client.dispatch(
      { path: post.url.pathname + post.url.search, method: 'POST', headers: post.headers, body: post.body },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, status, headers) => this.#begin(status, headers),
        onResponseData: (_controller, chunk) => this.#read(chunk),
        onResponseEnd: () => this.#end(null, false),
        onResponseError: (_controller, error) => this.#end(exchangeFailure(post.url.hostname, error), false),
      } satisfies Dispatcher.DispatchHandler,
    )
  }

  #begin(status: number, headers: Record<string, string | string[] | undefined>): void {
    if (status < 200) return
    this.#firstByteMs = performance.now() - this.#startedAt
    this.#status = status
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.#headers[name] = Array.isArray(value) ? value.join(', ') : value
    }
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return
    const room = this.#post.maxResponseBytes - this.#received
    this.#received += chunk.length
    // A copy: the chunk is a view of the connection's buffer.
    this.#chunks.push(Buffer.from(chunk.subarray(0, Math.max(0, room))))
    if (this.#received > this.#post.maxResponseBytes) this.#end(null, true)
  }

  #giveUp(): void {
    const failure = timeoutFailure(this.#post.url.hostname)
    this.#end(failure, this.#received > 0)
    void this.#connection.destroy(failure)
  }

  #end(error: OutboundError | null, truncated: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    const { opened } = this.#connection
    this.#resolve({
      answer:
        this.#status === null
          ? null
          : { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks), truncated },
      error,
      timing: {
        dnsMs: opened?.dnsMs ?? null,
        connectMs: opened?.connectMs ?? null,
        firstByteMs: this.#firstByteMs,
        totalMs: performance.now() - this.#startedAt,
      },
    })
  }
}
