/**
 * A virus scanner that speaks clamd's protocol: `zINSTREAM`, then chunks with their length in front (4 bytes, big-endian),
 * an empty one at the end, one line back (clamd(8), "INSTREAM"). The content is sent on while it comes in. Whatever keeps
 * the scanner from its verdict refuses the file: what could not be scanned is not clean.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { DomainError } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'

export type ScannerAddress = { host: string; port: number } | { path: string }

const defaultPort = 3310
const retryAfterSeconds = 30
/** Longer than clamd takes for a file of its own largest size. */
const silenceMs = 60_000
/** More than any answer has; a peer that talks on is no scanner. */
const mostAnswerBytes = 4096

/**
 * `clamd://host:port` (3310 where it is left out) or `unix:/path/of/the/socket`.
 * @throws RangeError the message says what is expected
 */
export function parseScannerAddress(text: string): ScannerAddress {
  const path = /^unix:(?:\/\/)?(\/[^\0]+)$/.exec(text)?.[1]
  if (path !== undefined) return { path }
  const url = URL.canParse(text) ? new URL(text) : null
  const isPlain = url?.protocol === 'clamd:' && url.hostname !== '' && url.username === '' && /^\/?$/.test(url.pathname)
  if (!isPlain) throw new RangeError('must be clamd://host:port or unix:/path/of/the/socket')
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) }
}

export type Verdict = { infected: false } | { infected: true; signature: string }

function unavailable(cause: unknown): DomainError {
  const message = 'The file could not be checked for viruses, so it was not taken: try again later.'
  return coreError('unavailable', { message, cause, retryAfterSeconds })
}

export class VirusScanner {
  readonly #address: ScannerAddress
  readonly #silenceMs: number

  constructor(address: ScannerAddress, options: { silenceMs?: number } = {}) {
    this.#address = address
    this.#silenceMs = options.silenceMs ?? silenceMs
  }

  /** Connects. @throws unavailable */
  async begin(): Promise<Scan> {
    const socket = connect({ ...this.#address, noDelay: true })
    socket.setTimeout(this.#silenceMs, () => socket.destroy(new Error('the virus scanner does not answer')))
    const scan = new Scan(socket)
    try {
      await once(socket, 'connect')
    } catch (error) {
      throw unavailable(error)
    }
    socket.write('zINSTREAM\0')
    return scan
  }
}

/** One content under way. Always ends with `finish` or `abort`. */
export class Scan {
  readonly #socket: Socket
  readonly #answer: Promise<string>
  #received = ''

  constructor(socket: Socket) {
    this.#socket = socket
    this.#answer = new Promise((resolve, reject) => {
      let failure: Error | null = null
      socket.on('data', (bytes) => {
        this.#received += bytes.toString('latin1')
        if (this.#received.length > mostAnswerBytes) socket.destroy(new Error('the virus scanner answers without end'))
        // It may answer before the end (a size limit) and then takes nothing more.
        else if (this.#received.includes('\0')) socket.destroy()
      })
      socket.on('error', (error) => {
        failure = error
      })
      // Also after an error: the scanner may have answered and closed while we were still sending.
      socket.on('close', () => {
        const end = this.#received.indexOf('\0')
        if (end >= 0) resolve(this.#received.slice(0, end).trim())
        else reject(failure ?? new Error('the virus scanner closed the connection without an answer'))
      })
    })
    // Looked at by whoever writes or finishes; until then its failure is nobody's.
    this.#answer.catch(() => {})
  }

  /** Resolves when the scanner can take more. @throws unavailable */
  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return
    if (this.#socket.destroyed) {
      await this.#endedEarly()
      return
    }
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    this.#socket.write(length)
    // A connection that is lost calls back too; the next step finds out why.
    await new Promise<void>((resolve) => {
      this.#socket.write(bytes, () => resolve())
    })
  }

  /** @throws unavailable */
  async finish(): Promise<Verdict> {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.alloc(4))
    return this.#verdict()
  }

  abort(): void {
    this.#socket.destroy()
  }

  async #verdict(): Promise<Verdict> {
    let answer: string
    try {
      answer = await this.#answer
    } catch (error) {
      throw unavailable(error)
    }
    if (answer === 'stream: OK') return { infected: false }
    const signature = /^stream: (.+) FOUND$/.exec(answer)?.[1]
    if (signature !== undefined) return { infected: true, signature }
    throw unavailable(new Error(`the virus scanner answered ${JSON.stringify(answer.slice(0, 200))}`))
  }

  /** A verdict before the end of the content can only be "infected"; the rest need not be sent. @throws unavailable */
  async #endedEarly(): Promise<void> {
    const verdict = await this.#verdict()
    if (!verdict.infected)
      throw unavailable(new Error('the virus scanner gave its verdict before it had the whole file'))
  }
}
