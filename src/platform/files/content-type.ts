/** What a content is, by its bytes: never by its name or by what the sender says of it. */

/** Enough for every signature, and for the first entries of a ZIP that tell an office document. */
export const sampleBytes = 64 * 1024

/** Control characters that no text has; tab, line feed, form feed and carriage return are text. */
const control = /[^\P{Cc}\t\n\f\r]/u
const htmlElement = /^<(?:!doctype\s+html|html|head|body|script|iframe|svg)\b/i
const mostLines = 20

/**
 * The media type of a content that begins with the sample.
 * @param isWhole the sample is all there is
 */
export async function detectContentType(sample: Buffer, isWhole: boolean): Promise<string> {
  if (sample.length === 0) return 'application/x-empty'
  const known = await knownType(sample)
  if (known !== null) return known
  const text = textOf(sample, isWhole)
  if (text === null) return 'application/octet-stream'
  if (isHtml(text)) return 'text/html'
  if (isWhole && isJson(text)) return 'application/json'
  return isCsv(text, isWhole) ? 'text/csv' : 'text/plain'
}

async function knownType(sample: Buffer): Promise<string | null> {
  try {
    const { fileTypeFromBuffer } = await import('file-type')
    return (await fileTypeFromBuffer(sample))?.mime ?? null
  } catch {
    // A signature whose inside is broken or cut off: whatever it is, it is not what it pretends to be.
    return null
  }
}

/** UTF-8, or UTF-16 with its mark, or single bytes without control characters (Windows-1252). null: no text. */
function textOf(sample: Buffer, isWhole: boolean): string | null {
  const text = decode(sample, isWhole)
  return control.test(text) ? null : text
}

function decode(sample: Buffer, isWhole: boolean): string {
  const mark = sample.subarray(0, 2).toString('hex')
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8'
  try {
    // A character that the sample cuts in two is not a fault of the text.
    return new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: !isWhole })
  } catch {
    return new TextDecoder('windows-1252').decode(sample)
  }
}

/** Comments may stand before the first element. No expression with both in it: it would try all ways to divide them. */
function isHtml(text: string): boolean {
  let rest = text.trimStart()
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->')
    if (end < 0) return false
    rest = rest.slice(end + 3).trimStart()
  }
  return htmlElement.test(rest)
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Several lines with the same number of delimiters outside of quotes. */
function isCsv(text: string, isWhole: boolean): boolean {
  const lines = text.split(/\r\n|\n|\r/).slice(0, mostLines + 1)
  // The sample may end in the middle of a line.
  if (!isWhole || lines.length > mostLines) lines.pop()
  const filled = lines.filter((line) => line !== '').map((line) => line.replace(/"(?:[^"]|"")*"/g, ''))
  if (filled.length < 2) return false
  return [',', ';', '\t', '|'].some((delimiter) => {
    const [first = 0, ...others] = filled.map((line) => line.split(delimiter).length)
    return first > 1 && others.every((count) => count === first)
  })
}
