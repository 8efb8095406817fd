/** What a worker does all the time beside the queue, each part on connections of its own. */
import { NotificationSender } from '#features/notifications/index.ts'
import { DeliveryWorker, watchBacklog } from '#features/webhooks/index.ts'
import { WorkflowDispatcher } from '#features/workflows/index.ts'
import { Database } from '#platform/db/database.ts'
import { KeepAliveClient } from '#platform/outbound-http/index.ts'
import type { Runtime } from './runtime.ts'

/** Connections beside those of requests. */
function connectionsOf({ queueOptions }: Runtime, name: string, poolSize: number): Database {
  const { connection, role, silenceMs, logger } = queueOptions
  return new Database({
    connection,
    ...(role ? { role } : {}),
    ...(silenceMs === undefined ? {} : { silenceMs }),
    poolSize,
    applicationName: `clientele ${name}`,
    onConnectionError: (error) => logger.warn({ err: error }, `a database connection of the ${name} was lost`),
  })
}

export function startWorkflows(runtime: Runtime): () => Promise<void> {
  const { services } = runtime
  const database = connectionsOf(runtime, 'workflows', 1)
  const dispatcher = new WorkflowDispatcher({ services, database })
  return async () => {
    await dispatcher.stop()
    await database.end()
  }
}

/** Claims and records, each on a connection, and one to spare. */
const notificationConnections = 3

export function startNotifications(runtime: Runtime): () => Promise<void> {
  const { services } = runtime
  const database = connectionsOf(runtime, 'notifications', notificationConnections)
  const sender = new NotificationSender({ services, database })
  return async () => {
    await sender.stop(deliveryGraceMs)
    await database.end()
  }
}

/** Attempts that are under way at the end may take so long; then they are given back. */
const deliveryGraceMs = 5_000
/** Claims, records and upkeep, each on a connection. */
const deliveryConnections = 3
/** Connections to one receiver that stay open for a few seconds without a request; several endpoints may share a receiver. */
const idleConnectionsPerReceiver = 512

export function startDeliveries(runtime: Runtime): () => Promise<void> {
  const { config, services } = runtime
  const database = connectionsOf(runtime, 'webhooks', deliveryConnections)
  const sender = new KeepAliveClient({ allow: config.outboundAllow, idlePerOrigin: idleConnectionsPerReceiver })
  const worker = new DeliveryWorker({ services, database, sender })
  const stopWatching = watchBacklog(database, runtime.queueOptions.logger)
  return async () => {
    stopWatching()
    await worker.stop(deliveryGraceMs)
    await database.end()
  }
}
