/**
 * Gives memory back while nobody uses the process. V8 collects when a program allocates: what a start or a burst of requests
 * has left would stay until the next one, some 80 MB of a server's 270 (docs/performance.md).
 */
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'

const lookEveryMs = 5_000
/** Share of the time in which the event loop had something to do; a collection holds requests up for some 0.1 s. */
const mostUtilization = 0.02
/** More heap than after the last collection: below it, there is nothing to gain. */
const worthCollectingBytes = 32 * 1024 * 1024

/** @returns stops it */
export function giveBackIdleMemory(): () => void {
  const collect = collector()
  let before = performance.eventLoopUtilization()
  let heapAfterLast = 0
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization > mostUtilization) return
    if (process.memoryUsage().heapTotal < heapAfterLast + worthCollectingBytes) return
    collect()
    heapAfterLast = process.memoryUsage().heapTotal
    before = performance.eventLoopUtilization()
  }, lookEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** V8's own, which shrinks the spaces too; Node shows it to programs under a flag only, and this context alone keeps it. */
function collector(): () => void {
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc') as (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void
  v8.setFlagsFromString('--no-expose-gc')
  return () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
