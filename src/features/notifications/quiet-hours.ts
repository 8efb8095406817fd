/**
 * When somebody wants peace, by the clock on her own wall: from `startMinute` to `endMinute` (minutes after midnight, an end
 * before the start is on the next day) in her time zone. Days of 23 and 25 hours follow the clock as it hangs there.
 */
import { Temporal } from 'temporal-polyfill'

export type QuietHours = { startMinute: number; endMinute: number; timeZone: string }

/** Pure, like a rule: the moment comes in. */
export function isQuiet(at: Date, hours: QuietHours): boolean {
  return isQuietAt(zoned(at, hours.timeZone), hours)
}

/**
 * The end of the quiet hours in which the moment lies: the first moment from it on at which the clock shows a time outside of
 * them; null when it lies outside itself. An end that the clock jumps over (spring) is the moment of the jump.
 */
export function quietUntil(at: Date, hours: QuietHours): Date | null {
  const start = zoned(at, hours.timeZone)
  if (!isQuietAt(start, hours)) return null
  const ends = endsAfter(start, hours).filter((one) => !isQuietAt(one, hours))
  const first = ends.sort((a, b) => a.epochMilliseconds - b.epochMilliseconds)[0]
  return first ? new Date(first.epochMilliseconds) : null
}

function zoned(at: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
}

function isQuietAt(moment: Temporal.ZonedDateTime, { startMinute, endMinute }: QuietHours): boolean {
  const minute = moment.hour * 60 + moment.minute
  return startMinute < endMinute
    ? minute >= startMinute && minute < endMinute
    : minute >= startMinute || minute < endMinute
}

/** Moments after `start` at which the clock comes to the end, or jumps. A clock that is set back shows the end twice. */
function endsAfter(start: Temporal.ZonedDateTime, { endMinute }: QuietHours): Temporal.ZonedDateTime[] {
  const time = { hour: Math.floor(endMinute / 60), minute: endMinute % 60 }
  const found: Temporal.ZonedDateTime[] = []
  for (const days of [0, 1, 2]) {
    const wanted = start.toPlainDate().add({ days }).toPlainDateTime(time)
    for (const disambiguation of ['earlier', 'later'] as const) {
      found.push(wanted.toZonedDateTime(start.timeZoneId, { disambiguation }))
    }
  }
  found.push(...jumpsAfter(start))
  return found.filter((one) => Temporal.ZonedDateTime.compare(one, start) > 0)
}

const horizonMs = 52 * 3_600_000
const stepMs = 4 * 3_600_000

/** The moments within the next days at which the clock is set. Asking the library for them searches decades: far too slow here. */
function jumpsAfter(start: Temporal.ZonedDateTime): Temporal.ZonedDateTime[] {
  const at = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(start.timeZoneId)
  const found: Temporal.ZonedDateTime[] = []
  const first = start.epochMilliseconds
  for (let from = first; from < first + horizonMs; from += stepMs) {
    let before = from
    let after = from + stepMs
    const offset = at(before).offsetNanoseconds
    if (at(after).offsetNanoseconds === offset) continue
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (at(middle).offsetNanoseconds === offset) before = middle
      else after = middle
    }
    found.push(at(after))
  }
  return found
}

export type DigestTime = { every: 'daily' | 'weekly'; hour: number; weekday: number; timeZone: string }

/** The next moment for a digest: at the full hour of every day, or of the weekday (1 = Monday), on the recipient's clock. */
export function nextDigest(after: Date, { every, hour, weekday, timeZone }: DigestTime): Date {
  const now = zoned(after, timeZone)
  for (let days = 0; days <= 8; days++) {
    const day = now.toPlainDate().add({ days })
    if (every === 'weekly' && day.dayOfWeek !== weekday) continue
    const at = day.toPlainDateTime({ hour }).toZonedDateTime(timeZone, { disambiguation: 'compatible' })
    if (at.epochMilliseconds > after.getTime()) return new Date(at.epochMilliseconds)
  }
  throw new Error('a digest comes within nine days')
}
