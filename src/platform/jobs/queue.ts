/** The job queue: pg-boss in the same PostgreSQL (docs/decisions/0004). Installed by the owner, used by the application. */
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { ConnectionParameters } from '../db/database.ts'
import { applicationRole } from '../db/tenant-table.ts'
import type { Logger } from '../operations/services.ts'

export const queueSchema = 'pgboss'
const schema = queueSchema

/** Makes or updates the queue's tables; one starter at a time (migrate.ts holds the lock). */
export async function installQueue(owner: ConnectionParameters, queues: readonly string[]): Promise<void> {
  const boss = new PgBoss({ ...owner, schema, max: 2, supervise: false, schedule: false })
  const failures: Error[] = []
  boss.on('error', (error) => failures.push(error))
  await boss.start()
  for (const queue of queues) {
    await boss.createQueue(queue, { retryLimit: 3, retryBackoff: true, deleteAfterSeconds: 24 * 3600 })
  }
  await boss.stop({ graceful: false })
  if (failures[0]) throw failures[0]
  const client = new pg.Client({ ...owner })
  await client.connect()
  try {
    await client.query(`grant usage on schema ${schema} to ${applicationRole};
      grant select, insert, update, delete on all tables in schema ${schema} to ${applicationRole};
      grant usage on all sequences in schema ${schema} to ${applicationRole};
      grant execute on all functions in schema ${schema} to ${applicationRole}`)
  } finally {
    await client.end()
  }
}

export type QueueOptions = { connection: ConnectionParameters; role?: string; logger: Logger }

/** A started queue of this process, for workers. */
export async function openQueue({ connection, role, logger }: QueueOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    ...connection,
    schema,
    max: 4,
    migrate: false,
    createSchema: false,
    ...(role ? { options: `-c role=${role}` } : {}),
  })
  boss.on('error', (error) => logger.error({ err: error }, 'job queue'))
  boss.on('warning', (warning) => logger.warn({ warning: warning.message }, 'job queue'))
  await boss.start()
  return boss
}
