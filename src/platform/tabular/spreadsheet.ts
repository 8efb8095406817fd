/** XLSX workbooks (ECMA-376), read in a thread of their own with a limit of memory. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { FairTurns } from './fair-turns.ts'
import { tableFault, UnreadableTableError } from './faults.ts'
import type { ThreadInput, ThreadMessage, ThreadRow } from './spreadsheet-thread.ts'
import type { Reader } from './table.ts'
import { requireModestArchive } from './zip-directory.ts'

/** Packed; it is whole in memory while it is read. A million rows of ten columns are about 60 MB. */
export const mostWorkbookBytes = 128 * 1024 * 1024
const mostHeapMegabytes = 512

/** In a process at a time: each may take the memory above. What somebody waits for does not wait for jobs. */
const turns = { long: new FairTurns(2), short: new FairTurns(1) }
/** Reading is a matter of seconds; what gives no row for so long is made to take long. */
const longestSilenceMs = 30_000

/**
 * The rows of a sheet, in groups. Cells are text: dates in ISO 8601, numbers with at most 15 digits, a formula's last value.
 * @throws UnreadableTableError
 */
export async function* readSheet(
  source: AsyncIterable<Buffer>,
  sheet: string | null,
  { owner, isLong }: Reader = { owner: '', isLong: false },
): AsyncGenerator<ThreadRow[]> {
  const finish = await turns[isLong ? 'long' : 'short'].take(owner)
  try {
    const archive = await wholeOf(source)
    await requireModestArchive(archive)
    yield* readIn(archive, sheet)
  } finally {
    finish()
  }
}

async function wholeOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const bytes of source) {
    size += bytes.length
    if (size > mostWorkbookBytes) {
      throw new UnreadableTableError(tableFault('table_workbook_size', { limit: mostWorkbookBytes }))
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}

async function* readIn(archive: Buffer, sheet: string | null): AsyncGenerator<ThreadRow[]> {
  const taken = new SharedArrayBuffer(4)
  const counter = new Int32Array(taken)
  const workerData: ThreadInput = { archive: new Uint8Array(archive), sheet, taken }
  const thread = new Worker(new URL('./spreadsheet-thread.ts', import.meta.url), {
    workerData,
    transferList: [workerData.archive.buffer as ArrayBuffer],
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes },
  })
  const waiting: ThreadMessage[] = []
  let failure: Error | null = null
  let ended = false
  let wake: () => void = () => {}
  thread.on('message', (message: ThreadMessage) => {
    waiting.push(message)
    wake()
  })
  thread.on('error', (error: Error) => {
    failure = error
    wake()
  })
  thread.on('exit', () => {
    ended = true
    wake()
  })
  try {
    for (;;) {
      const message = waiting.shift()
      if (message === undefined) {
        if (failure) throw unreadable(failure)
        if (ended) throw unreadable(new Error('the thread ended'))
        const timer = setTimeout(() => {
          failure = new SilentThreadError()
          wake()
        }, longestSilenceMs)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        clearTimeout(timer)
        continue
      }
      if ('end' in message) return
      if ('error' in message) throw unreadable(new Error(message.error))
      yield message.rows
      Atomics.add(counter, 0, 1)
      Atomics.notify(counter, 0)
    }
  } finally {
    if (!ended) {
      const exited = once(thread, 'exit')
      await thread.terminate()
      if (!ended) await exited
    }
  }
}

class SilentThreadError extends Error {
  override readonly name = 'SilentThreadError'
}

function unreadable(cause: Error): UnreadableTableError {
  const isTooMuch =
    cause instanceof SilentThreadError || (cause as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY'
  return new UnreadableTableError(
    isTooMuch ? tableFault('table_workbook_memory') : tableFault('table_workbook_damaged'),
    { cause },
  )
}
