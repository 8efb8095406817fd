/** Which schedules reports may have. */
import { nextRuns } from '#kernel/cron.ts'

const mostLength = 100
/** A report more often than this is no report. */
const leastGapMs = 15 * 60_000
const gapsLookedAt = 24

/** @returns what is wrong; null: nothing */
export function cronProblem(pattern: string, timeZone: string, now: Date): string | null {
  if (pattern.length > mostLength) return `At most ${mostLength} characters`
  let runs: Date[]
  try {
    runs = nextRuns(pattern, { timeZone, after: now, count: gapsLookedAt })
  } catch {
    return 'Is no pattern of cron with five fields (minute, hour, day, month, weekday), such as 0 8 * * 1'
  }
  if (runs.length === 0) return 'Never comes to pass'
  const tooSoon = runs.some((run, i) => i > 0 && run.getTime() - (runs[i - 1] as Date).getTime() < leastGapMs)
  return tooSoon ? 'At most every 15 minutes' : null
}
