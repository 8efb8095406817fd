/**
 * Files of tenants, streamed into the database and out of it: encrypted chunk by chunk under a key of the file's own, which
 * stands under the master keys. Memory does not grow with the file (docs/decisions/0012-files.md).
 *
 *   write   content -> a file that nothing owns yet: it goes by itself after an hour
 *   keep    in the transaction of the row that owns it from here on; the table's trigger delete_owned_file removes the file
 *           with the row
 *   open    the content again, chunk by chunk
 */
import type { KeyObject } from 'node:crypto'
import { createSecretKey } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { BrokenChunkError, openChunk } from '#kernel/chunk-encryption.ts'
import { coreError } from '#kernel/errors.ts'
import type { Database } from '../db/database.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import type { StoredFile } from './file-description.ts'
import * as table from './file-table.ts'
import { contextOf, FileWriter, ownChunkBytes, uploadChunkBytes } from './file-writer.ts'
import type { Scan, VirusScanner } from './virus-scanner.ts'

/** The virus scanner found something; nothing of the file was kept. */
export class InfectedFileError extends Error {
  override readonly name = 'InfectedFileError'
  readonly signature: string
  constructor(signature: string) {
    super('the virus scanner found something in the file')
    this.signature = signature
  }
}

export type FileStoreOptions = {
  database: Database
  secrets: SecretBox
  /** The most that one file may have, unless the caller allows less. */
  maxBytes: number
  /** The most that the files of one tenant may have together, unless it has a limit of its own (tenant_storage). */
  tenantBytes: number
  /** null: files are stored as "not scanned". */
  scanner: VirusScanner | null
  logger: { warn(fields: object, message: string): void }
}

export class FileStore {
  readonly maxBytes: number
  readonly tenantBytes: number
  readonly #database: Database
  readonly #secrets: SecretBox
  readonly #scanner: VirusScanner | null
  readonly #logger: FileStoreOptions['logger']

  constructor(options: FileStoreOptions) {
    this.maxBytes = options.maxBytes
    this.tenantBytes = options.tenantBytes
    this.#database = options.database
    this.#secrets = options.secrets
    this.#scanner = options.scanner
    this.#logger = options.logger
  }

  /**
   * Stores a content as it comes, scanning it on the way. Where it fails, the source's own failure included, nothing stays.
   * @param options.maxBytes instead of the platform's own, for files that it makes itself
   * @param options.isOwn made by the platform from what it has: not scanned, and in larger chunks
   * @param options.compresses what it keeps is smaller; for text
   * @throws body_too_large, storage_full, unavailable (no verdict of the scanner), InfectedFileError, or what the source throws
   */
  async write(
    tenantId: string,
    source: AsyncIterable<Buffer>,
    options: { maxBytes?: number; isOwn?: boolean; compresses?: boolean } = {},
  ): Promise<StoredFile> {
    const maxBytes = options.maxBytes ?? this.maxBytes
    const chunkBytes = options.isOwn ? ownChunkBytes : uploadChunkBytes
    const writer = new FileWriter({
      database: this.#database,
      secrets: this.#secrets,
      tenantId,
      chunkBytes,
      compresses: options.compresses ?? false,
      tenantBytes: this.tenantBytes,
    })
    let scan: Scan | null = null
    try {
      scan = options.isOwn ? null : ((await this.#scanner?.begin()) ?? null)
      for await (const bytes of source) {
        if (writer.size + bytes.length > maxBytes) {
          throw coreError('body_too_large', { message: `The file is larger than ${maxBytes} bytes.` })
        }
        await scan?.write(bytes)
        await writer.write(bytes)
      }
      const verdict = await scan?.finish()
      if (verdict?.infected) throw new InfectedFileError(verdict.signature)
      return await writer.finish(scan ? 'clean' : 'not_scanned')
    } catch (error) {
      scan?.abort()
      await this.#discarding(() => writer.discard())
      throw table.isStorageFull(error) ? coreError('storage_full', { cause: error }) : error
    }
  }

  /**
   * From here on the file lives as long as what owns it, or until it expires.
   * @returns null when it is not there, or not whole
   */
  async keep(tx: Tx, tenantId: string, id: string, expiresAt: Date | null = null): Promise<StoredFile | null> {
    const kept = await tx
      .updateTable('files')
      .set({ expires_at: expiresAt })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('expires_at', 'is not', null)
      .where('size', 'is not', null)
      .returning(['id', 'size', 'sha256', 'content_type', 'scan'])
      .executeTakeFirst()
    return kept ? table.toStoredFile(kept as Parameters<typeof table.toStoredFile>[0]) : null
  }

  /** Deletes a file in the transaction of what it belonged to; a row with the trigger delete_owned_file does it by itself. */
  async remove(tx: Tx, tenantId: string, id: string): Promise<void> {
    await tx.deleteFrom('files').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
  }

  /** Deletes a written file unless something has come to own it. Never throws: what is left goes by itself. */
  async discard(tenantId: string, id: string): Promise<void> {
    await this.#discarding(() => table.deleteUnowned(this.#database, { tenantId, id }))
  }

  /** What is known of a whole file. @returns null when there is none */
  async describe(tenantId: string, id: string): Promise<StoredFile | null> {
    return (await table.findFile(this.#database, { tenantId, id }, 0))?.file ?? null
  }

  /**
   * A whole file, or a span of it. The first chunk has been read and found unchanged when this resolves; a later one that is
   * not, or a file that is deleted meanwhile, makes the stream fail.
   * @param span from the first to the last byte, both included and inside of the file
   * @returns null when there is none
   * @throws BrokenChunkError when the stored content was changed
   */
  async open(
    tenantId: string,
    id: string,
    span?: { first: number; last: number },
  ): Promise<{ file: StoredFile; content: Readable } | null> {
    const place = { tenantId, id }
    const found = await table.findFile(this.#database, place, span?.first ?? 0)
    if (!found) return null
    const { size } = found.file
    if (span && (span.first < 0 || span.last < span.first || span.last >= size)) {
      throw new RangeError(`the file has no bytes ${span.first} to ${span.last}`)
    }
    const dataKey = Buffer.from(this.#secrets.decrypt(found.dataKeyCiphertext).toString('utf8'), 'base64')
    const count = Math.max(1, Math.ceil(size / found.chunkBytes))
    const lastBytes = size - (count - 1) * found.chunkBytes
    const { chunkBytes, compressed } = found
    const reading = { place, key: createSecretKey(dataKey), lastNumber: count - 1, lastBytes, chunkBytes, compressed }
    const wanted = span ?? { first: 0, last: Math.max(0, size - 1) }
    const from = Math.floor(wanted.first / found.chunkBytes)
    const cut = {
      numbers: [from, Math.floor(wanted.last / found.chunkBytes)] as const,
      skipped: wanted.first % found.chunkBytes,
      endsAt: (wanted.last % found.chunkBytes) + 1,
    }
    const first = await openNumbered(reading, from, found.first)
    return { file: found.file, content: Readable.from(this.#contentOf(reading, cut, first)) }
  }

  async *#contentOf(reading: Reading, { numbers: [from, to], skipped, endsAt }: Cut, first: Buffer) {
    let content: Buffer = from === to ? first.subarray(skipped, endsAt) : first.subarray(skipped)
    for (let number = from + 1; number <= to; number++) {
      // Read ahead while the receiver takes the present chunk.
      const following = table.findChunk(this.#database, reading.place, number)
      following.catch(() => {})
      yield content
      content = await openNumbered(reading, number, await following)
      if (number === to) content = content.subarray(0, endsAt)
    }
    if (content.length > 0) yield content
  }

  async #discarding(discard: () => Promise<void>): Promise<void> {
    try {
      await discard()
    } catch (error) {
      this.#logger.warn({ err: error }, 'an unfinished file was not removed; it goes by itself within the hour')
    }
  }
}

/** Numbers of the first and the last chunk, and what of them does not belong to the span. */
type Cut = { numbers: readonly [number, number]; skipped: number; endsAt: number }
type Reading = {
  place: { tenantId: string; id: string }
  key: KeyObject
  lastNumber: number
  lastBytes: number
  chunkBytes: number
  compressed: boolean
}

const decompress = promisify(zstdDecompress)

async function openNumbered(reading: Reading, number: number, sealed: Buffer | null): Promise<Buffer> {
  if (sealed === null) throw new BrokenChunkError(`chunk ${number} is not there`)
  const isLast = number === reading.lastNumber
  const opened = openChunk(reading.key, { number, isLast, context: contextOf(reading.place) }, sealed)
  const content = reading.compressed ? await decompress(opened, { maxOutputLength: reading.chunkBytes }) : opened
  // The size stands beside the chunks, not in them.
  if (isLast && content.length !== reading.lastBytes) throw new BrokenChunkError('the file has another size')
  return content
}
