/** Cursors: the sort key of the last row of a page, as one opaque word. */

import { isCalendarDate } from '#kernel/calendar-date.ts'
import { coreError } from '#kernel/errors.ts'
import { isUuid } from '#kernel/ids.ts'
import { valueFault } from '#kernel/value-faults.ts'

export type KeyType = 'uuid' | 'date' | 'text' | 'integer'

const fits: Record<KeyType, (part: string) => boolean> = {
  uuid: isUuid,
  date: isCalendarDate,
  text: (part) => !part.includes('\u0000'),
  integer: (part) => /^[0-9]{1,9}$/.test(part),
}

export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** @throws validation_failed when it is no cursor of a list with this sort key */
export function decodeCursor(cursor: string, types: readonly KeyType[]): string[] {
  const key = parse(cursor)
  if (Array.isArray(key) && key.length === types.length) {
    const parts = key.map(String)
    if (types.every((type, i) => typeof key[i] === 'string' && fits[type](parts[i] as string))) return parts
  }
  throw coreError('validation_failed', {
    details: [{ path: ['query', 'after'], ...valueFault('value_cursor'), type: 'cursor' }],
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}
