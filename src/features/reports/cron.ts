/** When a schedule runs: five fields of cron, by the clock on a wall in its time zone (croner). */
import { Cron } from 'croner'

const mostLength = 100
/** A report more often than this is no report. */
const leastGapMs = 15 * 60_000
const gapsLookedAt = 24

function parse(pattern: string, timeZone: string): Cron {
  return new Cron(pattern, { mode: '5-part', timezone: timeZone, paused: true })
}

/** @returns what is wrong; null: nothing */
export function cronProblem(pattern: string, timeZone: string, now: Date): string | null {
  if (pattern.length > mostLength) return `At most ${mostLength} characters`
  let runs: Date[]
  try {
    runs = parse(pattern, timeZone).nextRuns(gapsLookedAt, now)
  } catch {
    return 'Is no pattern of cron with five fields (minute, hour, day, month, weekday), such as 0 8 * * 1'
  }
  if (runs.length === 0) return 'Never comes to pass'
  const tooSoon = runs.some((run, i) => i > 0 && run.getTime() - (runs[i - 1] as Date).getTime() < leastGapMs)
  return tooSoon ? 'At most every 15 minutes' : null
}

/** The moments after this one. A time that the clock jumps over comes at the jump; one that it shows twice comes once. */
export function nextRuns(
  pattern: string,
  { timeZone, after, count }: { timeZone: string; after: Date; count: number },
): Date[] {
  return parse(pattern, timeZone).nextRuns(count, after)
}
