/** The FEC of a ledger: in one sweep of the database where nothing is wrong, else line by line, so that every fault has a name. */
import type { Database } from '#platform/db/database.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import { checkEntries } from './check-rules.ts'
import { encodeText, header } from './format-rules.ts'
import { fecContent } from './produce.ts'
import type { FecEncoding, FecReport } from './schemas.ts'
import { readLedger } from './store.ts'
import type { Verdict } from './swift-store.ts'
import { inSnapshot, judge, linesCopy } from './swift-store.ts'

export type FecProgress = { expected: number | null; written: number }
export type FecSource = { database: Database; entrance: Statement; tenantId: string }
/** The year with its first and last day. */
export type FecRequest = { fiscalYear: number; encoding: FecEncoding; startsOn: string; endsOn: string }

/** For sorting a year and adding up its entries. */
const workMemoryMegabytes = 64

/** The file's bytes. @throws fec_refused, with the first hundred faults; whoever stores the bytes keeps nothing then */
export async function* fecContentOf(
  { progress, ...source }: FecSource & { progress: FecProgress },
  request: FecRequest,
): AsyncGenerator<Buffer, void, undefined> {
  const { tenantId, database, entrance } = source
  let isSound = false
  yield* inSnapshot(database, { entrance, workMemoryMegabytes }, async function* (snapshot) {
    const verdict = await judge(snapshot, { ...request, tenantId }, request)
    progress.expected = verdict.lines
    isSound = verdict.sound
    if (!isSound) return
    yield encodeText(header, request.encoding)
    for await (const piece of snapshot.copy(linesCopy({ ...request, tenantId }, request.encoding))) {
      const { bytes, lines } = withCarriageReturns(piece)
      progress.written += lines
      yield bytes
    }
  })
  if (isSound) return
  const { bytes, report } = fecContent(ledgerLines(source, request), {
    fiscalYear: request,
    encoding: request.encoding,
  })
  yield* bytes
  progress.written = report().lines
}

/** What the file would be refused for. */
export async function checkLedger(source: FecSource, request: FecRequest): Promise<FecReport> {
  const { tenantId, database, entrance } = source
  const judged = inSnapshot<Verdict>(database, { entrance, workMemoryMegabytes }, async function* (snapshot) {
    yield await judge(snapshot, { ...request, tenantId }, request)
  })
  const { sound, ...counts } = (await judged.next()).value as Verdict
  // To its end, so that the connection goes back.
  await judged.next()
  if (sound) return { ...counts, faults: [], counts: {} }
  return checkEntries(ledgerLines(source, request), { fiscalYear: request, encoding: request.encoding })
}

function ledgerLines({ database, tenantId, entrance }: FecSource, { fiscalYear }: FecRequest) {
  return readLedger(database, { tenantId, fiscalYear, entrance })
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d]

function withCarriageReturns(piece: Buffer): { bytes: Buffer; lines: number } {
  let lines = 0
  for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, at + 1)) lines++
  const bytes = Buffer.allocUnsafe(piece.length + lines)
  let length = 0
  let from = 0
  for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, from)) {
    length += piece.copy(bytes, length, from, at)
    bytes[length++] = carriageReturn
    bytes[length++] = lineFeed
    from = at + 1
  }
  piece.copy(bytes, length, from)
  return { bytes, lines }
}
