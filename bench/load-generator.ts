/** A process of its own that sends requests: a load generator in a measured process would measure itself. */
import autocannon from 'autocannon'
import type { Load, LoadResult } from './load.ts'

process.on('message', (load: Load) => {
  void run(load)
})
process.on('disconnect', () => process.exit())

async function run(load: Load): Promise<void> {
  const result = await autocannon({
    url: load.url,
    connections: load.connections,
    duration: load.seconds,
    requests: [...load.requests],
    idReplacement: load.uniqueBodies ?? false,
  })
  const answer: LoadResult = {
    answers: result['2xx'],
    perSecond: result['2xx'] / result.duration,
    latencyMs: { p50: result.latency.p50, p99: result.latency.p99 },
    refused: result.non2xx + result.errors + result.timeouts,
    statuses: Object.fromEntries(Object.entries(result.statusCodeStats).map(([status, { count }]) => [status, count])),
  }
  process.send?.(answer)
}
