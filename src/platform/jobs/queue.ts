/** The job queue: pg-boss in the same PostgreSQL (docs/decisions/0004). Installed by the owner, used by the application. */
import { createRequire } from 'node:module'
import pg from 'pg'
import type { Clock, Queue as PgBossQueue } from 'pg-boss'
import { PgBoss } from 'pg-boss'
import type { ConnectionParameters } from '../db/database.ts'
import { usualSilenceMs } from '../db/statement-batch.ts'
import { applicationRole } from '../db/tenant-table.ts'
import type { Logger } from '../operations/services.ts'

export const queueSchema = 'pgboss'
const schema = queueSchema

/** The version of its tables that the installed pg-boss works with; it stands in its package.json. */
const neededVersion: number = createRequire(import.meta.url)('pg-boss/package.json').pgboss.schema

/** A queue by its name, or with what differs from other queues. */
export type Queue =
  | string
  | ({ name: string } & Pick<
      PgBossQueue,
      'expireInSeconds' | 'heartbeatSeconds' | 'retryLimit' | 'retryDelayMax' | 'deadLetter'
    >)

/** Makes or updates the queue's tables; one starter at a time (migrate.ts holds the lock). A dead letter queue comes first. */
export async function installQueue(owner: ConnectionParameters, queues: readonly Queue[]): Promise<void> {
  const client = new pg.Client({ ...owner })
  await client.connect()
  try {
    const names = queues.map((queue) => (typeof queue === 'string' ? queue : queue.name))
    if (await isInstalled(client, names)) return
    await makeTables(owner, queues)
    await client.query(`grant usage on schema ${schema} to ${applicationRole};
      grant select, insert, update, delete on all tables in schema ${schema} to ${applicationRole};
      grant usage on all sequences in schema ${schema} to ${applicationRole};
      grant execute on all functions in schema ${schema} to ${applicationRole}`)
  } finally {
    await client.end()
  }
}

/** Asked first, because making sure takes pg-boss a fifth of a second at every start. */
async function isInstalled(client: pg.Client, queues: readonly string[]): Promise<boolean> {
  const found = await client.query<{ there: boolean }>(`select to_regclass('${schema}.version') is not null as there`)
  if (!found.rows[0]?.there) return false
  const installed = await client.query<{ version: number; may: boolean }>(
    `select version, has_table_privilege('${applicationRole}', '${schema}.job', 'insert') as may from ${schema}.version`,
  )
  const named = await client.query<{ name: string }>(`select name from ${schema}.queue`)
  const names = new Set(named.rows.map((row) => row.name))
  const { version, may } = installed.rows[0] ?? {}
  return version === neededVersion && may === true && queues.every((queue) => names.has(queue))
}

async function makeTables(owner: ConnectionParameters, queues: readonly Queue[]): Promise<void> {
  const boss = new PgBoss({ ...owner, schema, max: 2, supervise: false, schedule: false })
  const failures: Error[] = []
  boss.on('error', (error) => failures.push(error))
  await boss.start()
  for (const queue of queues) {
    const { name, ...own } = typeof queue === 'string' ? { name: queue } : queue
    await boss.createQueue(name, { retryLimit: 3, retryBackoff: true, deleteAfterSeconds: 24 * 3600, ...own })
  }
  await boss.stop({ graceful: false })
  if (failures[0]) throw failures[0]
}

/**
 * A clock that nobody can set. With the machine's own, a worker would wait for its next look at the queue for as long as the
 * clock was set back. By how much it differs from the database's, pg-boss finds out by itself.
 */
const steadyClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setInterval: (work, ms) => setInterval(work, ms),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
}

export type QueueOptions = {
  connection: ConnectionParameters
  role?: string
  /** How long an answer of the database may take before its connection is given up. */
  silenceMs?: number
  logger: Logger
}

/** Of pg-boss's own connections: none waits without end for a database that says nothing. */
export function patienceOf({ silenceMs = usualSilenceMs }: QueueOptions): object {
  return { query_timeout: silenceMs, keepAlive: true, keepAliveInitialDelayMillis: 10_000 }
}

/**
 * A started queue of this process, for workers.
 * @param supervisionSeconds so soon jobs of a worker that was killed are found after they have expired
 */
export async function openQueue(options: QueueOptions, supervisionSeconds: number): Promise<PgBoss> {
  const { connection, role, logger } = options
  const boss = new PgBoss({
    ...connection,
    ...patienceOf(options),
    schema,
    clock: steadyClock,
    max: 4,
    superviseIntervalSeconds: supervisionSeconds,
    monitorIntervalSeconds: supervisionSeconds,
    migrate: false,
    createSchema: false,
    ...(role ? { options: `-c role=${role}` } : {}),
  })
  // Not the error itself: node-postgres hangs the whole connection on it, the key that cancels its queries included.
  boss.on('error', ({ message, stack }) => logger.error({ err: { message, stack } }, 'job queue'))
  boss.on('warning', (warning) => logger.warn({ warning: warning.message }, 'job queue'))
  await boss.start()
  return boss
}
