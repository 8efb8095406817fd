/**
 * What a ZIP archive would become, before anything of it is unpacked (APPNOTE.TXT 4.3.12, 4.3.16): a megabyte can hold
 * gigabytes. The sizes that the directory tells are checked first, then those that are true of what is read whole.
 */
import { createInflateRaw } from 'node:zlib'
import { tableFault, UnreadableTableError } from './faults.ts'

type Entry = { name: string; method: number; compressed: number; size: number; offset: number }

const mebibyte = 1024 * 1024
/** Worksheets are read piece by piece, everything else whole. */
const mostOfSheet = 768 * mebibyte
const mostOfPart = 64 * mebibyte
const mostEntries = 5_000
/** XML of a worksheet that has been made by a program shrinks to a tenth or a fiftieth. */
const mostRatio = 200
const ratioCountsFrom = 16 * mebibyte

const sheetName = /^xl\/worksheets\/[^/]+\.xml$/i
/** Pictures and printer settings are never unpacked. */
const readWhole = /\.(?:xml|rels)$/i

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const endLength = 22
const entryLength = 46
const localLength = 30

const notZip = () => new UnreadableTableError(tableFault('table_workbook_damaged'))
const tooLarge = () => new UnreadableTableError(tableFault('table_workbook_unpacked'))

function readDirectory(archive: Buffer): Entry[] {
  const from = Math.max(0, archive.length - endLength - 0xffff)
  let end = archive.length - endLength
  while (end >= from && archive.readUInt32LE(end) !== endSignature) end--
  if (end < from || end < 0) throw notZip()
  const count = archive.readUInt16LE(end + 10)
  let at = archive.readUInt32LE(end + 16)
  if (count > mostEntries) throw tooLarge()
  const entries: Entry[] = []
  for (let i = 0; i < count; i++) {
    if (at + entryLength > archive.length || archive.readUInt32LE(at) !== entrySignature) throw notZip()
    const nameLength = archive.readUInt16LE(at + 28)
    entries.push({
      method: archive.readUInt16LE(at + 10),
      compressed: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      offset: archive.readUInt32LE(at + 42),
      name: archive.toString('utf8', at + entryLength, at + entryLength + nameLength),
    })
    at += entryLength + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return entries
}

/** @throws UnreadableTableError for what is no archive, or would be too much once unpacked */
export async function requireModestArchive(archive: Buffer): Promise<void> {
  if (archive.length < endLength) throw notZip()
  const entries = readDirectory(archive)
  for (const { name, size, compressed } of entries) {
    const isSheet = sheetName.test(name)
    if (size > (isSheet ? mostOfSheet : mostOfPart) && (isSheet || readWhole.test(name))) throw tooLarge()
    if (size > ratioCountsFrom && size > compressed * mostRatio) throw tooLarge()
  }
  for (const entry of entries) if (readWhole.test(entry.name)) await requireTrueSize(archive, entry)
}

/** The directory may say less than what comes out. */
async function requireTrueSize(archive: Buffer, { name, method, compressed, size, offset }: Entry): Promise<void> {
  if (offset + localLength > archive.length) throw notZip()
  const start = offset + localLength + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28)
  if (start + compressed > archive.length) throw notZip()
  if (method === 0) {
    if (size !== compressed) throw notZip()
    return
  }
  if (method !== 8) throw notZip()
  const inflate = createInflateRaw()
  inflate.end(archive.subarray(start, start + compressed))
  let unpacked = 0
  try {
    for await (const bytes of inflate) {
      unpacked += (bytes as Buffer).length
      if (unpacked > size) throw sheetName.test(name) ? tooLarge() : notZip()
    }
  } catch (error) {
    throw error instanceof UnreadableTableError ? error : notZip()
  } finally {
    inflate.destroy()
  }
}
