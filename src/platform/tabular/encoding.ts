/** Which encoding a text file has, and its text piece by piece. */
import { isAscii, isUtf8 } from 'node:buffer'
import { tableFault, UnreadableTableError } from './faults.ts'
import type { Encoding } from './table.ts'

const marks: readonly (readonly [mark: string, encoding: Encoding])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
]

/** How far a file that is ASCII so far is read on to see what else there is in it. */
const mostAsciiRead = 64 * 1024 * 1024
const longestCharacter = 4

/**
 * By the byte order mark; without one UTF-8 where it is valid, else Windows-1252 (ISO-8859-15 cannot be told from it: it is
 * chosen). A file that begins with ASCII only is read on until it says more.
 */
export async function detectEncoding(source: AsyncIterable<Buffer>): Promise<Encoding> {
  let read = 0
  let end: Buffer = Buffer.alloc(0)
  for await (const bytes of source) {
    if (read === 0) {
      const marked = encodingOfStart(bytes)
      if (marked) return marked
    }
    read += bytes.length
    const text = end.length > 0 ? Buffer.concat([end, bytes]) : bytes
    if (!isAscii(text)) return isUtf8(wholeCharacters(text)) ? 'utf-8' : 'windows-1252'
    end = Buffer.alloc(0)
    if (read > mostAsciiRead) break
  }
  return 'utf-8'
}

function encodingOfStart(bytes: Buffer): Encoding | null {
  const start = bytes.subarray(0, 3).toString('hex')
  const marked = marks.find(([mark]) => start.startsWith(mark))
  if (marked) return marked[1]
  // UTF-16 without a mark: every other byte of what is mostly Latin is zero.
  const sample = bytes.subarray(0, 1024)
  const zeros = (odd: number) => sample.filter((byte, i) => i % 2 === odd && byte === 0).length
  if (sample.length < 4) return null
  if (zeros(1) > sample.length * 0.3 && zeros(0) === 0) return 'utf-16le'
  if (zeros(0) > sample.length * 0.3 && zeros(1) === 0) return 'utf-16be'
  return null
}

/** Without the character that the end of the piece may have cut in two. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(longestCharacter, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte < 0x80) return bytes
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back)
  }
  return bytes
}

/**
 * The text without its byte order mark, each line break as "\n".
 * @throws UnreadableTableError where a byte is no text of the encoding
 */
export async function* decodeText(source: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let read = 0
  let carried = ''
  const decode = (bytes?: Buffer) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch (cause) {
      const to = read + (bytes?.length ?? 0)
      throw new UnreadableTableError(tableFault('table_encoding', { encoding, from: read, to }), { cause })
    }
  }
  for await (const bytes of source) {
    let text = carried + decode(bytes)
    read += bytes.length
    // The line feed of a carriage return may come with the next piece.
    carried = text.endsWith('\r') ? '\r' : ''
    if (carried) text = text.slice(0, -1)
    if (text !== '') yield unifyBreaks(text)
  }
  const last = carried + decode()
  if (last !== '') yield unifyBreaks(last)
}

function unifyBreaks(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : text
}
