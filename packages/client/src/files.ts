/** Files on their way: forms that are streamed out, downloads that go on where they broke off. */
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { ClienteleError } from './errors.ts'

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** A file to send: fileFrom() makes one. */
export class FileSource {
  readonly name: string
  readonly type: string
  /** Opened anew for every attempt; null: it was a stream, which can be read once. */
  readonly isReplayable: boolean
  readonly #open: () => Bytes

  constructor(open: () => Bytes, about: { name: string; type: string; isReplayable: boolean }) {
    this.#open = open
    this.name = about.name
    this.type = about.type
    this.isReplayable = about.isReplayable
  }

  open(): Bytes {
    return this.#open()
  }
}

/** @param source a path, bytes, a Blob, or a stream (which cannot be sent again when the connection breaks) */
export function fileFrom(
  source: string | Uint8Array | Blob | AsyncIterable<Uint8Array>,
  about: { name?: string; type?: string } = {},
): FileSource {
  const type = about.type ?? (source instanceof Blob && source.type !== '' ? source.type : 'application/octet-stream')
  if (typeof source === 'string') {
    const open = () => createReadStream(source)
    return new FileSource(open, { name: about.name ?? path.basename(source), type, isReplayable: true })
  }
  const name = about.name ?? 'file'
  if (source instanceof Uint8Array) return new FileSource(() => [source], { name, type, isReplayable: true })
  if (source instanceof Blob) {
    return new FileSource(() => source.stream() as ReadableStream<Uint8Array>, { name, type, isReplayable: true })
  }
  return new FileSource(() => source, { name, type, isReplayable: false })
}

export type FormValues = Record<string, FileSource | string | number | boolean | null | undefined>

/** multipart/form-data (RFC 7578), written as it is read: a file of any size takes no memory. */
export class FormBody {
  readonly #values: [string, FileSource | string][]
  readonly #boundary = `clientele-${randomUUID()}`

  constructor(values: FormValues) {
    this.#values = Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, value instanceof FileSource ? value : String(value)])
  }

  get type(): string {
    return `multipart/form-data; boundary=${this.#boundary}`
  }

  get isReplayable(): boolean {
    return this.#values.every(([, value]) => typeof value === 'string' || value.isReplayable)
  }

  stream(): ReadableStream {
    return Readable.toWeb(Readable.from(this.#parts(), { objectMode: false }))
  }

  async *#parts(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    for (const [name, value] of this.#values) {
      const isFile = value instanceof FileSource
      const about = isFile ? `; filename="${escaped(value.name)}"\r\ncontent-type: ${value.type}` : ''
      const head = `--${this.#boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"${about}\r\n\r\n`
      yield encoder.encode(head)
      if (isFile) yield* value.open()
      else yield encoder.encode(value)
      yield encoder.encode('\r\n')
    }
    yield encoder.encode(`--${this.#boundary}--\r\n`)
  }
}

/** As browsers write names (HTML, "multipart/form-data encoding algorithm"). */
const escaped = (text: string) => text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')

/** Asks for the file from this byte on, if it is still the same. */
export type OpenFrom = (from: number, etag: string | null) => Promise<Response>

export class Download implements AsyncIterable<Uint8Array> {
  /** From Content-Disposition. */
  readonly name: string | null
  readonly type: string
  /** Bytes; null where the server does not know yet. */
  readonly size: number | null
  readonly #first: Response
  readonly #openFrom: OpenFrom

  constructor(first: Response, openFrom: OpenFrom) {
    const { headers } = first
    this.#first = first
    this.#openFrom = openFrom
    this.name = nameIn(headers.get('content-disposition') ?? '')
    this.type = headers.get('content-type') ?? 'application/octet-stream'
    this.size = headers.has('content-length') ? Number(headers.get('content-length')) : null
  }

  /** @throws the connection's error when it broke off and the file cannot be continued */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const etag = this.#first.headers.get('etag')
    let response = this.#first
    let received = 0
    for (;;) {
      const before = received
      try {
        for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
          received += bytes.byteLength
          yield bytes
        }
        if (this.size === null || received === this.size) return
        throw new ClienteleError(`the file ended after ${received} of ${this.size} bytes`)
      } catch (error) {
        // Only what has a validator is surely the same file; one that does not move on is given up.
        if (etag === null || this.size === null || received === before || received >= this.size) throw error
        response = await this.#openFrom(received, etag)
        if (response.status !== 206)
          throw new ClienteleError('the file has changed while it was read', { cause: error })
      }
    }
  }

  stream(): Readable {
    return Readable.from(this, { objectMode: false })
  }

  /** Writes it into a new file, or over an old one. */
  async saveTo(target: string): Promise<{ bytes: number }> {
    await pipeline(this.stream(), createWriteStream(target))
    return { bytes: (await stat(target)).size }
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    for await (const bytes of this) text += decoder.decode(bytes, { stream: true })
    return text + decoder.decode()
  }
}

/** RFC 6266: filename* before filename. */
function nameIn(disposition: string): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  if (encoded !== undefined) return decodeURIComponent(encoded)
  return /filename="([^"]*)"/i.exec(disposition)?.[1] ?? null
}
