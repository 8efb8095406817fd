/**
 * A ZIP archive as a stream (APPNOTE.TXT 6.3.9): entries are compressed as they come, their sizes stand behind them in data
 * descriptors and in the directory at the end. Without ZIP64: no entry, and no archive, of 4 GiB or more.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'

export type ZipEntry = { name: string; content: AsyncIterable<Buffer> | Iterable<Buffer> }

export class ZipTooLargeError extends RangeError {
  override readonly name = 'ZipTooLargeError'
}

type Written = { name: Buffer; crc: number; compressed: number; size: number; offset: number }

const version = 20
/** Bit 3: sizes behind the content. Bit 11: names in UTF-8. */
const flags = 0x0808
const deflated = 8
/** 1 January 1980, the first moment that the format has: the same content gives the same bytes. */
const [time, date] = [0, 0x21]
const mostBytes = 0xffffffff

/** @param level of the compression, 1 (fast) to 9 (small) */
export async function* zip(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>, level = 6): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let offset = 0
  const counted = (bytes: Buffer) => {
    offset += bytes.length
    if (offset > mostBytes) throw new ZipTooLargeError('the archive has 4 GiB or more')
    return bytes
  }
  for await (const { name: text, content } of entries) {
    const entry: Written = { name: Buffer.from(text), crc: 0, compressed: 0, size: 0, offset }
    yield counted(localHeader(entry.name))
    for await (const bytes of compressed(entry, content, level)) yield counted(bytes)
    yield counted(descriptor(entry))
    written.push(entry)
  }
  const start = offset
  for (const entry of written) yield counted(directoryEntry(entry))
  yield directoryEnd(written.length, offset - start, start)
}

async function* compressed(entry: Written, content: ZipEntry['content'], level: number): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level, chunkSize: 128 * 1024 })
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const bytes of content) {
      entry.crc = crc32(bytes, entry.crc)
      entry.size += bytes.length
      if (entry.size > mostBytes) throw new ZipTooLargeError(`${entry.name} has 4 GiB or more`)
      yield bytes
    }
  }
  const flowing = pipeline(Readable.from(counted()), deflate)
  // Told by the reader's loop as well.
  flowing.catch(() => {})
  for await (const bytes of deflate) {
    entry.compressed += (bytes as Buffer).length
    yield bytes as Buffer
  }
  await flowing
}

function localHeader(name: Buffer): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(version, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(deflated, 8)
  header.writeUInt16LE(time, 10)
  header.writeUInt16LE(date, 12)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, name])
}

function descriptor({ crc, compressed: packed, size }: Written): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(0x08074b50, 0)
  bytes.writeUInt32LE(crc, 4)
  bytes.writeUInt32LE(packed, 8)
  bytes.writeUInt32LE(size, 12)
  return bytes
}

function directoryEntry({ name, crc, compressed: packed, size, offset }: Written): Buffer {
  const bytes = Buffer.alloc(46)
  bytes.writeUInt32LE(0x02014b50, 0)
  bytes.writeUInt16LE(version, 4)
  bytes.writeUInt16LE(version, 6)
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(deflated, 10)
  bytes.writeUInt16LE(time, 12)
  bytes.writeUInt16LE(date, 14)
  bytes.writeUInt32LE(crc, 16)
  bytes.writeUInt32LE(packed, 20)
  bytes.writeUInt32LE(size, 24)
  bytes.writeUInt16LE(name.length, 28)
  bytes.writeUInt32LE(offset, 42)
  return Buffer.concat([bytes, name])
}

function directoryEnd(entries: number, size: number, offset: number): Buffer {
  const bytes = Buffer.alloc(22)
  bytes.writeUInt32LE(0x06054b50, 0)
  bytes.writeUInt16LE(entries, 8)
  bytes.writeUInt16LE(entries, 10)
  bytes.writeUInt32LE(size, 12)
  bytes.writeUInt32LE(offset, 16)
  return bytes
}
