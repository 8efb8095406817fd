/** Which schedules reports may have. */
import { nextRuns } from '#kernel/cron.ts'
import type { ReportTold } from './faults.ts'
import { reportFault } from './faults.ts'

const mostLength = 100
/** A report more often than this is no report. */
const leastGapMs = 15 * 60_000
const gapsLookedAt = 24

/** @returns what is wrong; null: nothing */
export function cronProblem(pattern: string, timeZone: string, now: Date): ReportTold | null {
  if (pattern.length > mostLength) return reportFault('report_cron_long', { characters: mostLength })
  let runs: Date[]
  try {
    runs = nextRuns(pattern, { timeZone, after: now, count: gapsLookedAt })
  } catch {
    return reportFault('report_cron_unreadable')
  }
  if (runs.length === 0) return reportFault('report_cron_never')
  const tooSoon = runs.some((run, i) => i > 0 && run.getTime() - (runs[i - 1] as Date).getTime() < leastGapMs)
  return tooSoon ? reportFault('report_cron_often') : null
}
