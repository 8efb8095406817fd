/**
 * A ZIP archive as a stream (APPNOTE.TXT 6.3.9): entries are compressed as they come, their sizes stand behind them in data
 * descriptors and in the directory at the end. What does not fit into 32 bits stands in the fields of ZIP64 (4.3.14, 4.5.3).
 *
 * A descriptor has numbers of 64 bits where the local header, written before the content, has the field of ZIP64 (4.3.9.2): so
 * it is decided beforehand whether an entry may become that large. One whose size is known, or whose content ends within the
 * first mebibyte, has the field where it needs it; any longer one has it.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'

type Content = AsyncIterable<Buffer> | Iterable<Buffer>

export type ZipEntry = {
  name: string
  content: Content
  /** Of the content, where it is known: an entry that is not large does without ZIP64 (@throws ZipTooLargeError for more). */
  size?: number
}

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

/** `zip64`: its local header has the field, and its descriptor numbers of 64 bits. */
type Written = { name: Buffer; crc: number; compressed: number; size: number; offset: number; zip64: boolean }

const version = 20
const versionOfZip64 = 45
/** Bit 3: sizes behind the content. Bit 11: names in UTF-8. */
const flags = 0x0808
const deflated = 8
/** 1 January 1980, the first moment that the format has: the same content gives the same bytes. */
const [time, date] = [0, 0x21]
/** Says that the number stands in the fields of ZIP64. */
const [elsewhere, elsewhere16] = [0xffffffff, 0xffff]
/** What cannot be compressed becomes a little longer: five bytes for each block (RFC 1951, 3.2.4). */
const surelySmall = 0xff000000
/** So much of a content is read before its header is written. */
const lookAhead = 1024 * 1024

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
  for await (const { name: text, content, size } of entries) {
    const isKnown = classic || size !== undefined
    const begun = isKnown ? null : await begin(content)
    const zip64 = begun ? begun.isLong : !classic && (size ?? 0) > surelySmall
    const entry: Written = { name: Buffer.from(text), crc: 0, compressed: 0, size: 0, offset, zip64 }
    try {
      yield counted(localHeader(entry))
      for await (const bytes of compressed(entry, begun?.content ?? content, level)) yield counted(bytes)
    } finally {
      begun?.source.destroy()
    }
    yield counted(descriptor(entry))
    written.push(entry)
  }
  const start = offset
  for (const entry of written) yield counted(directoryEntry(entry))
  yield directoryEnd(written.length, offset - start, start)
}

/** Reads on until the content has ended, or is long. */
async function begin(content: Content): Promise<{ content: AsyncIterable<Buffer>; isLong: boolean; source: Readable }> {
  const source = Readable.from(content)
  const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const first: Buffer[] = []
  let length = 0
  let isLong = false
  while (!isLong) {
    const { done, value } = await pieces.next()
    if (done) break
    first.push(value)
    length += value.length
    isLong = length > lookAhead
  }
  async function* whole() {
    yield* first
    if (isLong) yield* { [Symbol.asyncIterator]: () => pieces }
  }
  return { content: whole(), isLong, source }
}

async function* compressed(entry: Written, content: Content, level: number): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level, chunkSize: 128 * 1024 })
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const bytes of content) {
      entry.crc = crc32(bytes, entry.crc)
      entry.size += bytes.length
      if (!entry.zip64 && entry.size >= elsewhere) throw new ZipTooLargeError(`${entry.name} has 4 GiB or more`)
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
  if (!entry.zip64 && entry.compressed >= elsewhere) throw new ZipTooLargeError(`${entry.name} has 4 GiB or more`)
}

/** Of sizes that are told behind the content the field has zeros, and their own places say that it is there (4.4.8, 4.5.3). */
function localHeader({ name, zip64 }: Written): Buffer {
  const header = Buffer.alloc(30)
  const extra = zip64 ? zip64Field(0, 0) : Buffer.alloc(0)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(zip64 ? versionOfZip64 : version, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(deflated, 8)
  header.writeUInt16LE(time, 10)
  header.writeUInt16LE(date, 12)
  if (zip64) {
    header.writeUInt32LE(elsewhere, 18)
    header.writeUInt32LE(elsewhere, 22)
  }
  header.writeUInt16LE(name.length, 26)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, name, extra])
}

const isLarge = ({ compressed: packed, size }: Written) => packed >= elsewhere || size >= elsewhere

function descriptor({ crc, compressed: packed, size, zip64 }: Written): Buffer {
  const bytes = Buffer.alloc(zip64 ? 24 : 16)
  bytes.writeUInt32LE(0x08074b50, 0)
  bytes.writeUInt32LE(crc, 4)
  if (zip64) {
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
  const needed = extended || entry.zip64 ? versionOfZip64 : version
  bytes.writeUInt16LE(needed, 4)
  bytes.writeUInt16LE(needed, 6)
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
