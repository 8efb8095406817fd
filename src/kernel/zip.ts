/**
 * A ZIP archive as a stream (APPNOTE.TXT 6.3.9): entries are compressed as they come, their sizes stand behind them in data
 * descriptors and in the directory at the end. What does not fit into 32 bits stands in the fields of ZIP64 (4.3.14, 4.5.3), and
 * nothing else does: an archive below 4 GiB is one that every program reads.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'

export type ZipEntry = { name: string; content: AsyncIterable<Buffer> | Iterable<Buffer> }

export type ZipOptions = {
  /** Of the compression, 0 (none) to 9 (small). */
  level?: number
  /** For formats whose readers know no ZIP64: an entry or an archive of 4 GiB ends it. */
  classic?: boolean
}

/** @see ZipOptions.classic */
export class ZipTooLargeError extends RangeError {
  override readonly name = 'ZipTooLargeError'
}

type Written = { name: Buffer; crc: number; compressed: number; size: number; offset: number }

const version = 20
const versionOfZip64 = 45
/** Bit 3: sizes behind the content. Bit 11: names in UTF-8. */
const flags = 0x0808
const deflated = 8
/** 1 January 1980, the first moment that the format has: the same content gives the same bytes. */
const [time, date] = [0, 0x21]
/** Says that the number stands in the fields of ZIP64. */
const [elsewhere, elsewhere16] = [0xffffffff, 0xffff]

/** @throws ZipTooLargeError */
export async function* zip(
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
  { level = 6, classic = false }: ZipOptions = {},
): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let offset = 0
  const counted = (bytes: Buffer) => {
    offset += bytes.length
    if (classic && offset >= elsewhere) throw new ZipTooLargeError('the archive has 4 GiB or more')
    return bytes
  }
  for await (const { name: text, content } of entries) {
    const entry: Written = { name: Buffer.from(text), crc: 0, compressed: 0, size: 0, offset }
    yield counted(localHeader(entry.name))
    for await (const bytes of compressed(entry, content, { level, classic })) yield counted(bytes)
    yield counted(descriptor(entry))
    written.push(entry)
  }
  const start = offset
  for (const entry of written) yield counted(directoryEntry(entry))
  yield directoryEnd(written.length, offset - start, start)
}

async function* compressed(
  entry: Written,
  content: ZipEntry['content'],
  { level, classic }: Required<ZipOptions>,
): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level, chunkSize: 128 * 1024 })
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const bytes of content) {
      entry.crc = crc32(bytes, entry.crc)
      entry.size += bytes.length
      if (classic && entry.size >= elsewhere) throw new ZipTooLargeError(`${entry.name} has 4 GiB or more`)
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

const isLarge = ({ compressed: packed, size }: Written) => packed >= elsewhere || size >= elsewhere

function descriptor(entry: Written): Buffer {
  const { crc, compressed: packed, size } = entry
  const bytes = Buffer.alloc(isLarge(entry) ? 24 : 16)
  bytes.writeUInt32LE(0x08074b50, 0)
  bytes.writeUInt32LE(crc, 4)
  if (isLarge(entry)) {
    bytes.writeBigUInt64LE(BigInt(packed), 8)
    bytes.writeBigUInt64LE(BigInt(size), 16)
  } else {
    bytes.writeUInt32LE(packed, 8)
    bytes.writeUInt32LE(size, 12)
  }
  return bytes
}

function directoryEntry(entry: Written): Buffer {
  const { name, crc, compressed: packed, size, offset } = entry
  const extended = isLarge(entry) || offset >= elsewhere
  const extra = extended ? zip64Field(size, packed, offset) : Buffer.alloc(0)
  const bytes = Buffer.alloc(46)
  bytes.writeUInt32LE(0x02014b50, 0)
  bytes.writeUInt16LE(extended ? versionOfZip64 : version, 4)
  bytes.writeUInt16LE(extended ? versionOfZip64 : version, 6)
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(deflated, 10)
  bytes.writeUInt16LE(time, 12)
  bytes.writeUInt16LE(date, 14)
  bytes.writeUInt32LE(crc, 16)
  bytes.writeUInt32LE(extended ? elsewhere : packed, 20)
  bytes.writeUInt32LE(extended ? elsewhere : size, 24)
  bytes.writeUInt16LE(name.length, 28)
  bytes.writeUInt16LE(extra.length, 30)
  bytes.writeUInt32LE(extended ? elsewhere : offset, 42)
  return Buffer.concat([bytes, name, extra])
}

/** Header ID 0x0001: the numbers that do not fit, in this order. */
function zip64Field(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 + numbers.length * 8)
  bytes.writeUInt16LE(0x0001, 0)
  bytes.writeUInt16LE(numbers.length * 8, 2)
  for (const [i, number] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(number), 4 + i * 8)
  return bytes
}

function directoryEnd(entries: number, size: number, offset: number): Buffer {
  const extended = entries >= elsewhere16 || size >= elsewhere || offset >= elsewhere
  const bytes = Buffer.alloc(22)
  bytes.writeUInt32LE(0x06054b50, 0)
  bytes.writeUInt16LE(extended ? elsewhere16 : entries, 8)
  bytes.writeUInt16LE(extended ? elsewhere16 : entries, 10)
  bytes.writeUInt32LE(extended ? elsewhere : size, 12)
  bytes.writeUInt32LE(extended ? elsewhere : offset, 16)
  return extended ? Buffer.concat([zip64End(entries, size, offset), bytes]) : bytes
}

/** The end of the directory in 64 bits, and where it is. */
function zip64End(entries: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(BigInt(record.length - 12), 4)
  record.writeUInt16LE(versionOfZip64, 12)
  record.writeUInt16LE(versionOfZip64, 14)
  for (const [i, number] of [entries, entries, size, offset].entries())
    record.writeBigUInt64LE(BigInt(number), 24 + i * 8)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  // Of disks.
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([record, locator])
}
