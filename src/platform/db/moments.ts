/** Moments as PostgreSQL prints them to us: ISO 8601 in UTC (database.ts sets both), `2026-11-22 10:11:12.123456+00`. */
import pg from 'pg'

export const momentOid = pg.types.builtins.TIMESTAMPTZ
const parseAny = pg.types.getTypeParser(momentOid, 'text') as (text: string) => Date | number | null

/** Four digits of a year, and no fraction or at least milliseconds. */
const [lengthOfSecond, leastLengthOfMillisecond] = [
  '2026-11-22 10:11:12+00'.length,
  '2026-11-22 10:11:12.123+00'.length,
]
const [dash, point] = [0x2d, 0x2e]

/**
 * As the type parser of node-postgres, in a quarter of the time where the text has the usual form: a page of twenty rows holds
 * forty moments. What is beyond milliseconds is cut off.
 */
export function parseMoment(text: string): Date | number | null {
  const { length } = text
  const hasFraction = text.charCodeAt(19) === point
  const isUsual =
    (hasFraction ? length >= leastLengthOfMillisecond : length === lengthOfSecond) &&
    text.charCodeAt(4) === dash &&
    text.endsWith('+00')
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  // Date.UTC takes the first hundred years for those of the twentieth century.
  if (!isUsual || !(year >= 100)) return parseAny(text)
  const milliseconds = hasFraction ? twoDigits(text, 20) * 10 + digit(text, 22) : 0
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)]
  return new Date(Date.UTC(year, twoDigits(text, 5) - 1, twoDigits(text, 8), hour, minute, second, milliseconds))
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - 0x30
}
