import type { Logger } from 'pino'
import { pino } from 'pino'

const writeBehindBytes = 12 * 1024
const flushEveryMs = 500

/**
 * JSON lines on standard output. Lines are written some at a time (a write per request cost a tenth of a request here), the
 * rest twice a second and at the end of the process; only SIGKILL can lose the last half second.
 */
export function createLogger(level: string): Logger {
  const destination = pino.destination({ dest: 1, sync: false, minLength: writeBehindBytes })
  setInterval(() => destination.flush(), flushEveryMs).unref()
  return pino({ level, base: { pid: process.pid } }, destination)
}
