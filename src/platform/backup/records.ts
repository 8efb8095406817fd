/** What stands inside of a backup: records of one letter, a length of four bytes and so many bytes. */
import { BrokenBackupError } from './container.ts'

export type RecordKind =
  /** Of what follows, as JSON. */
  | 'T'
  /** Rows of the table, as COPY writes them, cut anywhere. */
  | 'D'
  /** The number of the table's rows, as JSON. */
  | 'E'
  /** The sequences and totals at the end of all, as JSON. */
  | 'Z'

export type BackupRecord = { kind: RecordKind; bytes: Buffer }

const headerBytes = 5
const kinds = new Set<string>(['T', 'D', 'E', 'Z'])
/** Longer than any piece that COPY gives at once: one row is in memory anyway. */
const mostBytes = 1024 * 1024 * 1024

/** @returns pieces to be written one after the other */
export function encode(kind: RecordKind, bytes: Buffer): Buffer[] {
  const header = Buffer.alloc(headerBytes)
  header.write(kind, 0, 'latin1')
  header.writeUInt32BE(bytes.length, 1)
  return [header, bytes]
}

export function encodeJson(kind: RecordKind, value: unknown): Buffer[] {
  return encode(kind, Buffer.from(JSON.stringify(value)))
}

/** @throws BrokenBackupError */
export async function* decode(content: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of content) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    while (rest.length - at >= headerBytes) {
      const kind = rest.toString('latin1', at, at + 1)
      const length = rest.readUInt32BE(at + 1)
      if (!kinds.has(kind) || length > mostBytes) throw new BrokenBackupError('the backup holds what is no record')
      if (rest.length - at - headerBytes < length) break
      yield { kind: kind as RecordKind, bytes: rest.subarray(at + headerBytes, at + headerBytes + length) }
      at += headerBytes + length
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw new BrokenBackupError('the backup ends in the middle of a record')
}
