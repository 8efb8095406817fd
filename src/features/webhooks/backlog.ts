import type { Database } from '#platform/db/database.ts'
import type { Logger } from '#platform/operations/services.ts'
import { webhookBacklog, webhookOldestReady } from './metrics.ts'
import { readBacklog } from './sender-store.ts'

const everyMs = 10_000
const mostCounted = 100_000

/** Shows in the metrics what waits, over all tenants. */
export async function showBacklog(database: Database): Promise<void> {
  const { ready, waiting, oldestReadySeconds } = await readBacklog(database, mostCounted)
  webhookBacklog.set({ state: 'ready' }, ready)
  webhookBacklog.set({ state: 'waiting' }, waiting)
  webhookOldestReady.set(oldestReadySeconds)
}

/** Again and again, until the function that it returns is called. */
export function watchBacklog(database: Database, logger: Logger): () => void {
  const timer = setInterval(() => {
    showBacklog(database).catch((error: unknown) =>
      logger.debug({ err: error }, 'the backlog of the webhooks was not read'),
    )
  }, everyMs)
  return () => clearInterval(timer)
}
