/**
 * A backup as a file: a line that says what it is, a line of JSON that says what is in it, and the content, compressed and
 * then encrypted in chunks of one size (src/kernel/chunk-encryption.ts). The chunks are bound to the line of JSON: neither
 * can be changed, cut off or put together from two backups without being found out.
 */
import type { KeyObject } from 'node:crypto'
import { createHash, createSecretKey } from 'node:crypto'
import { BrokenChunkError, openChunk, sealChunk, sealOverheadBytes } from '#kernel/chunk-encryption.ts'

const magic = 'clientele-backup 1\n'
const mostHeaderBytes = 1024 * 1024
export const chunkBytes = 1024 * 1024

/** The file is no backup, or not one as it was written. The message says which. */
export class BrokenBackupError extends Error {
  override readonly name = 'BrokenBackupError'
}

/** @param secret 32 bytes, of this content only */
export function contentKey(secret: Buffer): KeyObject {
  return createSecretKey(secret)
}

const contextOf = (header: string) => `backup ${createHash('sha256').update(header).digest('hex')}`

/** @param header JSON in one line @returns the file's bytes */
export async function* seal(
  header: string,
  key: KeyObject,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(`${magic}${header}\n`)
  const context = contextOf(header)
  let number = 0
  for await (const { bytes, isLast } of inChunks(content, chunkBytes)) {
    yield sealChunk(key, { number, isLast, context }, bytes)
    number += 1
  }
}

export type OpenedContainer = {
  header: string
  /** @throws BrokenBackupError where the file was changed or ends too early */
  content(key: KeyObject): AsyncGenerator<Buffer, void, undefined>
}

/** @throws BrokenBackupError */
export async function open(file: AsyncIterable<Buffer>): Promise<OpenedContainer> {
  const source = file[Symbol.asyncIterator]()
  const beginning = await readBeginning(source)
  const header = beginning.subarray(magic.length, beginning.indexOf('\n', magic.length)).toString('utf8')
  const context = contextOf(header)
  async function* rest(): AsyncGenerator<Buffer> {
    yield beginning.subarray(magic.length + Buffer.byteLength(header) + 1)
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  }
  return {
    header,
    async *content(key) {
      let number = 0
      for await (const { bytes, isLast } of inChunks(rest(), chunkBytes + sealOverheadBytes)) {
        yield opened(key, { number, isLast, context }, bytes)
        number += 1
      }
    },
  }
}

function opened(key: KeyObject, place: Parameters<typeof openChunk>[1], sealed: Buffer): Buffer {
  try {
    return openChunk(key, place, sealed)
  } catch (cause) {
    if (!(cause instanceof BrokenChunkError)) throw cause
    throw new BrokenBackupError(
      `the backup is damaged or incomplete at its ${place.number + 1}. MiB: nothing of it can be trusted; use another one`,
      { cause },
    )
  }
}

async function readBeginning(source: AsyncIterator<Buffer>): Promise<Buffer> {
  let beginning: Buffer = Buffer.alloc(0)
  for (;;) {
    const next = await source.next()
    if (!next.done) beginning = Buffer.concat([beginning, next.value])
    const enough = beginning.length >= magic.length
    if ((enough || next.done) && beginning.subarray(0, magic.length).toString('latin1') !== magic) {
      throw new BrokenBackupError('the file is no backup of Clientele, or one of a later version')
    }
    if (enough && beginning.includes('\n', magic.length)) return beginning
    if (next.done || beginning.length > mostHeaderBytes)
      throw new BrokenBackupError('the backup ends in its first lines')
  }
}

/** All of the same size but the last, which may be shorter. Of nothing at all, one that is empty. */
async function* inChunks(
  source: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ bytes: Buffer; isLast: boolean }, void, undefined> {
  let [pieces, waiting]: [Buffer[], number] = [[], 0]
  for await (const piece of source) {
    pieces.push(piece)
    waiting += piece.length
    if (waiting <= size) continue
    const all = Buffer.concat(pieces)
    let at = 0
    // The last one is known by what does not come after it.
    for (; all.length - at > size; at += size) yield { bytes: all.subarray(at, at + size), isLast: false }
    pieces = [all.subarray(at)]
    waiting = all.length - at
  }
  yield { bytes: Buffer.concat(pieces), isLast: true }
}
