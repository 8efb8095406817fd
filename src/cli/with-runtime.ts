/**
 * The database and the services for the time of one command, beside a running server too: one process holds the embedded
 * database, so a command works with that one's, and starts one of its own only where nothing runs.
 */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { migrations } from '#migrations/index.ts'
import { DataDirInUseError } from '#platform/db/embedded.ts'
import type { RunningEmbedded } from '#platform/db/embedded-running.ts'
import { findRunningEmbedded } from '#platform/db/embedded-running.ts'
import { readSchemaState, requireSameSchema } from '#platform/db/migrate.ts'
import type { Config } from '../config.ts'
import { readConfig, wantsStackTraces } from '../config.ts'
import type { Runtime } from '../runtime.ts'

export type RuntimeUse = {
  /** as it is: the command itself brings the schema to this version */
  schema?: 'same' | 'as it is'
}

const poolSize = 8
const firstStartMs = 30_000
const otherCommandsMs = 60_000
const pollMs = 100

/**
 * Opens, runs, closes. The schema is brought to this program's version where the database is started for the command;
 * a database that others may be using must have that version.
 * @throws MigrationError, DataDirInUseError, and what the work throws
 */
export async function withRuntime<T>(work: (runtime: Runtime) => Promise<T>, use: RuntimeUse = {}): Promise<T> {
  const config: Config = { ...readConfig(), databasePoolSize: poolSize }
  const { runtime, startedHere } = await open(config, use)
  try {
    return await work(runtime)
  } finally {
    if (startedHere) await waitForOtherCommands(runtime)
    await runtime.close()
  }
}

async function open(config: Config, use: RuntimeUse): Promise<{ runtime: Runtime; startedHere: boolean }> {
  // Results go to standard output.
  const logger = pino({ level: wantsStackTraces() ? 'debug' : 'warn' }, pino.destination({ dest: 2, sync: true }))
  const { openRuntime } = await import('../runtime.ts')
  for (;;) {
    const running = config.databaseUrl ? null : await findRunningEmbedded(config.dataDir)
    if (config.databaseUrl || running) {
      const runtime = await openRuntime(config, logger, { migrate: false, ...(running ? { running } : {}) })
      if (use.schema !== 'as it is') await requireSchema(runtime, running)
      return { runtime, startedHere: false }
    }
    try {
      const runtime = await openRuntime(config, logger, { migrate: use.schema !== 'as it is' })
      return { runtime, startedHere: true }
    } catch (error) {
      // Somebody else was faster: its server is the one to work with.
      if (!(error instanceof DataDirInUseError)) throw error
    }
  }
}

async function requireSchema(runtime: Runtime, running: RunningEmbedded | null): Promise<void> {
  try {
    await waitForSchema(runtime, running)
  } catch (error) {
    await runtime.close()
    throw error
  }
}

/** The process that holds the embedded database may be in the middle of its very first start. */
async function waitForSchema({ owner }: Runtime, running: RunningEmbedded | null): Promise<void> {
  const deadline = Date.now() + firstStartMs
  for (;;) {
    try {
      const state = await readSchemaState(owner, migrations)
      const nothingYet = state.missing.length === migrations.length
      if (!running || !nothingYet || Date.now() > deadline) {
        requireSameSchema(state)
        return
      }
    } catch (error) {
      const code = (error as { code?: string }).code
      // No such role or database yet.
      if (!running || (code !== '28000' && code !== '3D000') || Date.now() > deadline) throw error
    }
    await delay(pollMs)
  }
}

/** Another command may work with the server that this one has started. */
async function waitForOtherCommands({ owner, services }: Runtime): Promise<void> {
  await services.database.end()
  const deadline = Date.now() + otherCommandsMs
  const client = new pg.Client({ ...owner, application_name: 'clientele-last-look' })
  try {
    await client.connect()
    // Names of applications are visible to every role.
    const others = `select 1 from pg_stat_activity
      where application_name in ('clientele', 'clientele-command', 'clientele-migrate') limit 1`
    while (Date.now() < deadline && (await client.query(others)).rowCount) await delay(pollMs)
  } catch {
    // The database has ended: there is nobody to wait for.
  } finally {
    await client.end().catch(() => {})
  }
}
