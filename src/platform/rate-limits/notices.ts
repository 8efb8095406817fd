/** What nodes tell one another through the database (LISTEN, NOTIFY), on a connection of its own. */
import pg from 'pg'
import type { ConnectionParameters } from '../db/database.ts'

export type Notice =
  /** Somebody found nothing left of the quota: give back what you have of it. */
  | { recalled: [tenantId: string, subject: string]; by: string }
  /** The tenant's limits are others from now on. */
  | { adjusted: string }

export type NoticeOptions = {
  connection: ConnectionParameters
  onNotice: (notice: Notice) => void
  /** Notices may have been missed before this one connection. */
  onReconnected: () => void
}

const channel = 'rate_limits'
const reconnectAfterMs = 1_000

export class Notices {
  readonly #options: NoticeOptions
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #closed = false
  #connectedBefore = false

  constructor(options: NoticeOptions) {
    this.#options = options
  }

  /** Whether this node hears what others ask of it. */
  get listening(): boolean {
    return this.#client !== null
  }

  /** Never throws: without a connection it tries again by and by, and `listening` says so. */
  async connect(): Promise<void> {
    if (this.#client || this.#closed) return
    const client = new pg.Client({
      ...this.#options.connection,
      application_name: 'clientele-rate-limits',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    })
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    client.on('notification', ({ payload }) => this.#hear(payload))
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
    } catch {
      this.#lose(client)
      await client.end().catch(() => {})
      return
    }
    if (this.#closed) {
      await client.end()
      return
    }
    this.#client = client
    if (this.#connectedBefore) this.#options.onReconnected()
    this.#connectedBefore = true
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    const client = this.#client
    this.#client = null
    await client?.end()
  }

  #lose(client: pg.Client): void {
    if (this.#client === client) this.#client = null
    if (this.#closed || this.#client || this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.connect()
    }, reconnectAfterMs)
    this.#timer.unref()
  }

  #hear(payload: string | undefined): void {
    let notice: unknown
    try {
      notice = JSON.parse(payload ?? '')
    } catch {
      return // another program's
    }
    if (typeof notice === 'object' && notice !== null) this.#options.onNotice(notice as Notice)
  }
}
