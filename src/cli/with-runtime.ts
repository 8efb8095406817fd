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
  const { runtime, startedHere, hold } = await open(config, use)
  try {
    return await work(runtime)
  } finally {
    if (startedHere) await waitForOtherCommands(runtime)
    await runtime.close()
    await hold?.end().catch(() => {})
  }
}

/** `hold`: keeps the process that started the server from stopping it. */
type Opened = { runtime: Runtime; startedHere: boolean; hold: pg.Client | null }

async function open(config: Config, use: RuntimeUse): Promise<Opened> {
  // Results go to standard output.
  const logger = pino({ level: wantsStackTraces() ? 'debug' : 'warn' }, pino.destination({ dest: 2, sync: true }))
  const { openRuntime } = await import('../runtime.ts')
  const deadline = performance.now() + otherCommandsMs
  for (;;) {
    const running = config.databaseUrl ? null : await findRunningEmbedded(config.dataDir)
    try {
      if (config.databaseUrl || running) {
        const runtime = await openRuntime(config, logger, { migrate: false, ...(running ? { running } : {}) })
        return await join(runtime, running, use)
      }
      const runtime = await openRuntime(config, logger, { migrate: use.schema !== 'as it is' })
      return { runtime, startedHere: true, hold: null }
    } catch (error) {
      // Somebody else was faster: its server is the one to work with. Or the command that had started it was just stopping it.
      const mayTryAgain = error instanceof DataDirInUseError || (running !== null && hasStopped(error))
      if (!mayTryAgain || performance.now() > deadline) throw error
      await delay(pollMs)
    }
  }
}

async function join(runtime: Runtime, running: RunningEmbedded | null, use: RuntimeUse): Promise<Opened> {
  let hold: pg.Client | null = null
  try {
    if (running) hold = await holdServer(runtime)
    if (use.schema !== 'as it is') await waitForSchema(runtime, running)
    return { runtime, startedHere: false, hold }
  } catch (error) {
    await hold?.end().catch(() => {})
    await runtime.close()
    throw error
  }
}

const codeOf = (error: unknown) => (error as { code?: string }).code ?? ''

/** No such role or database: the process that holds the embedded database is in the middle of its very first start. */
const isBeginning = (error: unknown) => ['28000', '3D000'].includes(codeOf(error))

/** Nobody listens (any more), or the server ended the connection while it was shutting down; node-postgres gives that no code. */
function hasStopped(error: unknown): boolean {
  if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error)) || codeOf(error).startsWith('57P'))
    return true
  return error instanceof Error && error.message.startsWith('Connection terminated')
}

/** Shared by the commands that work with a server, taken alone by the one that stops it. */
const serverLock = 4_201_337

/** Waits behind whoever is stopping the server, whose end is this one's failure. */
async function holdServer({ owner }: Runtime): Promise<pg.Client> {
  const deadline = performance.now() + firstStartMs
  for (;;) {
    const client = new pg.Client({ ...owner, application_name: 'clientele-command' })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select pg_advisory_lock_shared($1)', [serverLock])
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (!isBeginning(error) || performance.now() > deadline) throw error
      await delay(pollMs)
    }
  }
}

/** The process that holds the embedded database may be in the middle of its very first start. */
async function waitForSchema({ owner }: Runtime, running: RunningEmbedded | null): Promise<void> {
  const deadline = performance.now() + firstStartMs
  for (;;) {
    try {
      const state = await readSchemaState(owner, migrations)
      const nothingYet = state.missing.length === migrations.length
      if (!running || !nothingYet || performance.now() > deadline) {
        requireSameSchema(state)
        return
      }
    } catch (error) {
      if (!running || !isBeginning(error) || performance.now() > deadline) throw error
    }
    await delay(pollMs)
  }
}

/** Another command may work with the server that this one has started; whoever comes now waits for its end, and starts one. */
async function waitForOtherCommands({ owner, services }: Runtime): Promise<void> {
  await services.database.end()
  const client = new pg.Client({ ...owner, application_name: 'clientele-command' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`set lock_timeout = ${otherCommandsMs}`)
    await client.query('select pg_advisory_lock($1)', [serverLock])
  } catch {
    // The database has ended, or somebody takes very long: there is nothing more to wait for.
  }
  // The lock goes with the server.
}
