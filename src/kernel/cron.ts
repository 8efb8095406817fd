/** When a schedule runs: five fields of cron, by the clock on a wall in its time zone (croner). */
import { Cron } from 'croner'

/**
 * The moments after this one; fewer where there are no more. A time that the clock jumps over comes at the jump; one that it
 * shows twice comes once.
 * @throws Error for a pattern that cannot be read
 */
export function nextRuns(
  pattern: string,
  { timeZone, after, count }: { timeZone: string; after: Date; count: number },
): Date[] {
  return new Cron(pattern, { mode: '5-part', timezone: timeZone, paused: true }).nextRuns(count, after)
}
