/**
 * The thread that unpacks a workbook: whatever is in it, it takes no more memory than the thread has. Rows go out in groups;
 * the thread sleeps while the reader has enough of them.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { streamXlsxRows } from 'hucre/xlsx'

export type ThreadInput = { archive: Uint8Array; sheet: string | null; taken: SharedArrayBuffer }
/** Undefined cells are empty rows that the file leaves out; `index` is the row's in the sheet, from 0. */
export type ThreadRow = { index: number; cells: string[] }
export type ThreadMessage = { rows: ThreadRow[] } | { end: true } | { error: string }

const rowsAtOnce = 500
/** Groups that may wait for the reader. */
const groupsAhead = 3

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  // Fifteen digits are what a spreadsheet keeps and shows: 0.1 + 0.2 is 0.3 there.
  if (typeof value === 'number') return String(Number(value.toPrecision(15)))
  if (value instanceof Date) return dateText(value)
  return typeof value === 'boolean' ? String(value) : ''
}

function dateText(value: Date): string {
  if (Number.isNaN(value.getTime())) return ''
  // Seconds of a serial number are binary fractions of a day: rounded.
  const rounded = new Date(Math.round(value.getTime() / 1000) * 1000).toISOString()
  return rounded.endsWith('T00:00:00.000Z') ? rounded.slice(0, 10) : rounded.slice(0, 19)
}

async function run({ archive, sheet, taken }: ThreadInput): Promise<void> {
  const port = parentPort
  if (!port) return
  const counter = new Int32Array(taken)
  let sent = 0
  let rows: ThreadRow[] = []
  const send = () => {
    port.postMessage({ rows } satisfies ThreadMessage)
    rows = []
    sent++
    for (;;) {
      const before = Atomics.load(counter, 0)
      if (sent - before <= groupsAhead) return
      Atomics.wait(counter, 0, before)
    }
  }
  try {
    for await (const row of streamXlsxRows(archive, sheet === null ? {} : { sheet })) {
      rows.push({ index: row.index, cells: row.values.map(textOf) })
      if (rows.length >= rowsAtOnce) send()
    }
    if (rows.length > 0) send()
    port.postMessage({ end: true } satisfies ThreadMessage)
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : 'unreadable' } satisfies ThreadMessage)
  }
}

await run(workerData as ThreadInput)
