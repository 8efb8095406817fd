/** The bytes of an export as they come, and how many rows they are so far. */
import { ZipTooLargeError, zip } from '#kernel/zip.ts'
import type { Database } from '#platform/db/database.ts'
import type { Snapshot } from '#platform/db/snapshot.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import { entities } from './entity-store.ts'
import { exportError } from './errors.ts'
import { countRows, csvCopy, inSnapshot, jsonCopy, sheetCopy } from './rows-store.ts'
import type { CheckedRequest } from './schemas.ts'
import { mostRowsOfSheet, sheetEnd, sheetStart, withoutControls, workbookParts } from './sheet-rules.ts'

export type Progress = { expected: number | null; written: number }

type Bytes = AsyncGenerator<Buffer, void, undefined>
type Source = {
  database: Database
  entrance: Statement
  tenantId: string
  progress: Progress
  /** Counting takes a look at every row: for a job only, whose progress it shows. */
  counts: boolean
}

/** @throws export_character_unwritable, export_too_large */
export async function* exportContent(source: Source, request: CheckedRequest): Bytes {
  const { database, entrance, tenantId, progress, counts } = source
  try {
    yield* inSnapshot(database, { entrance }, async function* (snapshot) {
      if (counts) progress.expected = await countRows(snapshot, tenantId, request)
      yield* formats[request.format](snapshot, { tenantId, request, progress })
    })
  } catch (error) {
    if (error instanceof ZipTooLargeError) throw exportError('export_too_large', { cause: error })
    // PostgreSQL: untranslatable_character
    if ((error as { code?: unknown }).code === '22P05')
      throw exportError('export_character_unwritable', { cause: error })
    throw error
  }
}

type Written = { tenantId: string; request: CheckedRequest; progress: Progress }

const formats: Readonly<Record<CheckedRequest['format'], (snapshot: Snapshot, written: Written) => Bytes>> = {
  async *csv(snapshot, { tenantId, request, progress }) {
    if (request.csv.encoding === 'utf-8-bom') yield Buffer.from('\ufeff')
    // Lines, of which the header is one and a text with line breaks is several, tell how far it is; the rows come at the end.
    let lines = 0
    const rows = snapshot.copy(csvCopy(tenantId, request), (count) => {
      progress.written = count
    })
    for await (const piece of rows) {
      lines += linesIn(piece)
      progress.written = Math.min(lines, progress.expected ?? lines)
      yield piece
    }
  },

  async *jsonl(snapshot, { tenantId, request, progress }) {
    for await (const piece of snapshot.copy(jsonCopy(tenantId, request))) {
      progress.written += linesIn(piece)
      yield piece
    }
  },

  async *json(snapshot, { tenantId, request, progress }) {
    let before = '[\n'
    for await (const piece of snapshot.copy(jsonCopy(tenantId, request))) {
      progress.written += linesIn(piece)
      yield Buffer.concat([Buffer.from(before), commasBehindLines(piece)])
      before = ''
      // A comma follows a line only if another line does.
      if (piece.at(-1) === lineFeed) before = ',\n'
    }
    yield Buffer.from(before === ',\n' ? '\n]\n' : `${before}]\n`)
  },

  async *excel(snapshot, written) {
    const { tenantId, request } = written
    const rows = snapshot.copy(sheetCopy(tenantId, request))
    try {
      yield* zip(workbook(rows, written), { level: compressionLevel, classic: true })
    } finally {
      await rows.return()
    }
  },
}

/** Of 1 to 9: files a fifth larger than those of 6, in a third of the time. */
const compressionLevel = 2

/** As many sheets as the rows need; a sheet is not begun before there is a row for it. */
async function* workbook(rows: Bytes, { request, progress }: Written) {
  const columns = request.columns.map((name) => ({
    name,
    kind: entities[request.entityType].columns[name]?.kind ?? 'text',
  }))
  let rest: Buffer | null = null
  let sheets = 0
  async function* sheet(): AsyncGenerator<Buffer> {
    yield Buffer.from(sheetStart(columns))
    let room = mostRowsOfSheet
    while (room > 0) {
      const piece: Buffer | null = rest ?? (await nextOf(rows))
      if (!piece) break
      const { taken, left, lines } = cutBehindLine(piece, room)
      rest = left
      room -= lines
      progress.written += lines
      yield withoutControls(taken)
    }
    yield Buffer.from(sheetEnd)
  }
  do {
    sheets += 1
    yield { name: `xl/worksheets/sheet${sheets}.xml`, content: sheet() }
    rest ??= await nextOf(rows)
  } while (rest)
  for (const { name, text } of workbookParts(request.entityType, sheets)) yield { name, content: [Buffer.from(text)] }
}

async function nextOf(pieces: Bytes): Promise<Buffer | null> {
  const next = await pieces.next()
  return next.done ? null : next.value
}

const lineFeed = 0x0a

function linesIn(piece: Buffer): number {
  let lines = 0
  for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, at + 1)) lines++
  return lines
}

function cutBehindLine(piece: Buffer, most: number): { taken: Buffer; left: Buffer | null; lines: number } {
  let lines = 0
  for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, at + 1)) {
    lines++
    if (lines === most && at + 1 < piece.length) {
      return { taken: piece.subarray(0, at + 1), left: piece.subarray(at + 1), lines }
    }
  }
  return { taken: piece, left: null, lines }
}

/** Behind every line but one that the piece ends with: whether another one follows is not known yet. */
function commasBehindLines(piece: Buffer): Buffer {
  const end = piece.at(-1) === lineFeed ? piece.length - 1 : piece.length
  const result = Buffer.allocUnsafe(end + linesIn(piece))
  let length = 0
  let from = 0
  for (let at = piece.indexOf(lineFeed); at !== -1 && at < end; at = piece.indexOf(lineFeed, from)) {
    length += piece.copy(result, length, from, at)
    result[length++] = 0x2c
    result[length++] = lineFeed
    from = at + 1
  }
  length += piece.copy(result, length, from, end)
  return result.subarray(0, length)
}
