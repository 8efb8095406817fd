/** RFC 9110, section 14: one range of bytes of a file. */

export type ByteSpan = { first: number; last: number }

/**
 * What a Range header asks for of so many bytes.
 * @returns null where the whole is to be sent: no header, another unit, what cannot be read, several ranges;
 *   "unsatisfiable" where nothing of it is in the file
 */
export function rangeOf(header: string | undefined, size: number): ByteSpan | null | 'unsatisfiable' {
  const found = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header ?? '')
  if (!found) return null
  const [, from = '', to = ''] = found
  if (from === '' && to === '') return null
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return null
  if (first >= size) return 'unsatisfiable'
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

/** Whether an If-Range header lets the range count: the file is still the one of which the caller has a part. */
export function isSameFile(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag
}

/** Whether If-None-Match names the file that the caller would get. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
