/** One content on its way into the store: chunk by chunk, with at most two chunks in memory. */
import type { Hash, KeyObject } from 'node:crypto'
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { sealChunk } from '#kernel/chunk-encryption.ts'
import { newId } from '#kernel/ids.ts'
import type { Database } from '../db/database.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import { detectContentType, sampleBytes } from './content-type.ts'
import type { FileDescription, StoredFile } from './file-description.ts'
import * as table from './file-table.ts'

/** 256 KiB: larger ones were not faster in either direction (docs/decisions/0012-files.md). */
export const uploadChunkBytes = 256 * 1024
/** Of files that the platform makes itself: a few at a time, and faster to write (docs/decisions/0016-exports.md). */
export const ownChunkBytes = 1024 * 1024
/** In a thread of its own. Level 1: text becomes a sixth of itself faster than it could be written as it is. */
const zstd = promisify(zstdCompress)
const compress = (content: Buffer) => zstd(content, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })

/** The file is kept for an hour without this. */
const renewEveryMs = 15 * 60_000

type Destination = {
  database: Database
  secrets: SecretBox
  tenantId: string
  chunkBytes: number
  /** Before they are sealed: for contents that are known to be text. */
  compresses: boolean
  /** The most that the tenant's files may have together, unless it has a limit of its own. */
  tenantBytes: number
}

export class FileWriter {
  readonly id = newId('file')
  readonly #database: Database
  readonly #tenantId: string
  readonly #chunkBytes: number
  readonly #compresses: boolean
  readonly #tenantBytes: number
  readonly #key: KeyObject
  readonly #dataKeyCiphertext: string
  readonly #hash: Hash = createHash('sha256')
  /** Allocated with the first byte; used again once it has been sealed. */
  #filling: Buffer | null = null
  #filled = 0
  #sample: Buffer = Buffer.alloc(0)
  #size = 0
  #number = 0
  /** The insert under way: the next chunk is read and sealed meanwhile. */
  #inserting: Promise<unknown> = Promise.resolve()
  #renewedAtMs = Date.now()
  #hasBegun = false

  constructor({ database, secrets, tenantId, chunkBytes, compresses, tenantBytes }: Destination) {
    const dataKey = randomBytes(32)
    this.#chunkBytes = chunkBytes
    this.#compresses = compresses
    this.#tenantBytes = tenantBytes
    this.#database = database
    this.#tenantId = tenantId
    this.#key = createSecretKey(dataKey)
    this.#dataKeyCiphertext = secrets.encrypt(dataKey.toString('base64'))
  }

  get size(): number {
    return this.#size
  }

  /** Resolves when the next bytes may come. */
  async write(bytes: Buffer): Promise<void> {
    this.#size += bytes.length
    this.#hash.update(bytes)
    this.#filling ??= Buffer.allocUnsafe(this.#chunkBytes)
    for (let offset = 0; offset < bytes.length; ) {
      // Only now is it known that the full chunk is not the last one.
      if (this.#filled === this.#chunkBytes) await this.#insertFilled()
      const copied = bytes.copy(this.#filling, this.#filled, offset)
      this.#filled += copied
      offset += copied
    }
  }

  async #insertFilled(): Promise<void> {
    const content = this.#takeFilled()
    const number = this.#number++
    const packed = this.#compresses ? await compress(content) : content
    const sealed = sealChunk(this.#key, { number, isLast: false, context: this.#context }, packed)
    await this.#inserting
    const room = { tenantBytes: this.#tenantBytes, comingBytes: this.#size }
    const chunk = table.insertChunk(this.#place, { number, sealed }, room)
    const statements = [...this.#beginning(), ...chunk, ...this.#renewal()]
    this.#inserting = this.#database.batch(statements)
    // Awaited before the next one; a failure until then is nobody's.
    this.#inserting.catch(() => {})
  }

  #takeFilled(): Buffer {
    const content = this.#filling?.subarray(0, this.#filled) ?? Buffer.alloc(0)
    this.#filled = 0
    if (this.#number === 0) this.#sample = Buffer.from(content.subarray(0, sampleBytes))
    return content
  }

  /** The whole content has come: stores what is left of it and what it is. */
  async finish(scan: FileDescription['scan']): Promise<StoredFile> {
    const content = this.#takeFilled()
    const place = { number: this.#number, isLast: true, context: this.#context }
    const sealed = sealChunk(this.#key, place, this.#compresses ? await compress(content) : content)
    const description = {
      size: this.#size,
      sha256: this.#hash.digest('hex'),
      contentType: await detectContentType(this.#sample, this.#sample.length === this.#size),
      scan,
    }
    await this.#inserting
    const last = { number: this.#number, sealed }
    const closing = table.insertLastChunk(this.#place, last, description, this.#tenantBytes)
    await this.#database.batch([...this.#beginning(), ...closing])
    return { id: this.id, ...description }
  }

  /** Removes what has been stored of it. */
  async discard(): Promise<void> {
    await this.#inserting.catch(() => {})
    if (this.#hasBegun) await table.deleteUnowned(this.#database, this.#place)
  }

  get #place(): { tenantId: string; id: string } {
    return { tenantId: this.#tenantId, id: this.id }
  }

  get #context(): string {
    return contextOf(this.#place)
  }

  #beginning() {
    if (this.#hasBegun) return []
    this.#hasBegun = true
    return table.insertFile(this.#place, {
      dataKeyCiphertext: this.#dataKeyCiphertext,
      chunkBytes: this.#chunkBytes,
      compressed: this.#compresses,
    })
  }

  #renewal() {
    if (Math.abs(Date.now() - this.#renewedAtMs) < renewEveryMs) return []
    this.#renewedAtMs = Date.now()
    return table.renew(this.#place)
  }
}

/** Chunks of another file or tenant do not open. */
export function contextOf({ tenantId, id }: { tenantId: string; id: string }): string {
  return `${tenantId}/${id}`
}
