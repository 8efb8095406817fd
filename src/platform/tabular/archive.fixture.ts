/** ZIP archives as nobody makes them by accident: their directory may lie. */
import { crc32, deflateRawSync } from 'node:zlib'

export type Packed = { name: string; content: Buffer; claimedSize?: number }

export function archiveOf(files: readonly Packed[]): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, content, claimedSize = content.length } of files) {
    const packed = deflateRawSync(content)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    for (const [header, at] of [
      [local, 8],
      [entry, 10],
    ] as const) {
      header.writeUInt16LE(8, at)
      header.writeUInt32LE(crc32(content), at + 6)
      header.writeUInt32LE(packed.length, at + 10)
      header.writeUInt32LE(claimedSize, at + 14)
      header.writeUInt16LE(name.length, at + 18)
    }
    entry.writeUInt32LE(offset, 42)
    const stored = Buffer.concat([local, Buffer.from(name), packed])
    offset += stored.length
    locals.push(stored)
    entries.push(Buffer.concat([entry, Buffer.from(name)]))
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
