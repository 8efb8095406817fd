/**
 * A real PostgreSQL server as part of this process: started from the npm package's programs on a data directory of ours,
 * ended with us. Durable like any other: what was acknowledged survives SIGKILL of the server, of this process, and of the
 * machine.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { chooseServerAccount } from './embedded-account.ts'
import { prepareBinaries } from './embedded-binaries.ts'
import type { Cluster } from './embedded-cluster.ts'
import { createClusterIfMissing, setPassword } from './embedded-cluster.ts'
import { endpointSettings, openEndpoint, removeSocketDir } from './embedded-endpoint.ts'
import { lockDataDir } from './embedded-lock.ts'
import { removeStalePidFile, stopServerProcesses } from './embedded-process.ts'
import { runServer } from './embedded-server.ts'

export { DataDirInUseError } from './embedded-lock.ts'

/** Durability (fsync, synchronous_commit, full_page_writes) stays at PostgreSQL's own defaults: on. */
const DEFAULT_SETTINGS: Record<string, string> = {
  cluster_name: 'clientele',
  shared_buffers: '128MB',
  max_connections: '100',
  // Error details and failing statements quote tenants' data. Callers get them with the error; the log does not.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

export type EmbeddedPostgresConnection = {
  /** Directory of the Unix socket, or the loopback address. */
  host: string
  port: number
  user: string
  database: string
  /** Only where there is no Unix socket. The same for all roles; one created later must be given it to sign in. */
  password?: string
}

export type EmbeddedPostgres = {
  /** Process id of the postmaster. */
  pid: number
  /** Connection parameters for node-postgres. The superuser is `postgres`. */
  connection(role: string, database: string): EmbeddedPostgresConnection
  /**
   * Resolves with the exit code (128 plus the signal's number, if it was killed) when the server ends by itself; stays
   * pending if it is stopped. `stop` is still to be called, to release the data directory.
   */
  exited: Promise<number>
  /** Fast shutdown: open transactions are rolled back. Resolves when no process is left and the data directory is free. */
  stop(): Promise<void>
}

export type EmbeddedPostgresOptions = {
  /** Created if missing. The cluster is `<dataDir>/postgres`, its log `<dataDir>/postgres.log`. */
  dataDir: string
  /** PostgreSQL's settings, over our defaults; where it listens cannot be changed. */
  settings?: Record<string, string> | undefined
  /** Directory with another server's initdb and postgres, version 15 or newer (CLIENTELE_POSTGRES_BIN). */
  binDir?: string | undefined
}

/** Gives the directory's one true path, whatever relative path or symbolic link leads to it. */
function makeDataDir(directory: string): string {
  const absolute = path.resolve(directory)
  fs.mkdirSync(path.dirname(absolute), { recursive: true })
  // It also holds keys and files: nobody else's business.
  if (!fs.existsSync(absolute)) fs.mkdirSync(absolute, { recursive: true, mode: 0o700 })
  return fs.realpathSync(absolute)
}

/** The cluster may be a symbolic link to another disk. */
function resolveIfPresent(directory: string): string {
  return fs.existsSync(directory) ? fs.realpathSync(directory) : directory
}

type Place = { dataDir: string; clusterDir: string; socketDir: string; options: EmbeddedPostgresOptions }

async function startServer({ dataDir, clusterDir, socketDir, options }: Place) {
  // Whatever serves this cluster is left from an earlier life: its parent held the lock that we hold now.
  await stopServerProcesses(clusterDir)
  removeStalePidFile(clusterDir)
  const account = chooseServerAccount(dataDir, clusterDir)
  const binaries = prepareBinaries({ dataDir, account, binDir: options.binDir })
  const cluster: Cluster = { dataDir, clusterDir, account, binaries }
  createClusterIfMissing(cluster)
  const endpoint = await openEndpoint(socketDir, account)
  const password = endpoint.kind === 'port' ? setPassword(cluster) : undefined
  const run = await runServer(cluster, { ...DEFAULT_SETTINGS, ...options.settings, ...endpointSettings(endpoint) })
  return { endpoint, password, run }
}

/**
 * Starts the server, creating the cluster at first. Takes about two seconds the first time, a tenth of one later.
 * Throws `DataDirInUseError` if a live process, this one included, has the directory; `Error` with what to do if the server
 * cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = makeDataDir(options.dataDir)
  const clusterDir = resolveIfPresent(path.join(dataDir, 'postgres'))
  const socketDir = path.join(os.tmpdir(), `clientele-pg-${randomBytes(6).toString('hex')}`)
  const lock = await lockDataDir(dataDir, socketDir)

  const clear = async (): Promise<void> => {
    await stopServerProcesses(clusterDir)
    removeSocketDir(socketDir)
    lock.release()
  }
  let started: Awaited<ReturnType<typeof startServer>>
  try {
    started = await startServer({ dataDir, clusterDir, socketDir, options })
    for (const abandoned of lock.abandonedSocketDirs) removeSocketDir(abandoned)
  } catch (error) {
    // What failed to start is reported; what fails to end as well is found by the next start.
    await clear().catch(() => lock.release())
    throw error
  }

  const { endpoint, password, run } = started
  let stopping: Promise<void> | undefined
  const exited = Promise.withResolvers<number>()
  void run.ended.then((code) => {
    if (stopping === undefined) exited.resolve(code)
  })
  const stopOnce = async (): Promise<void> => {
    await stopServerProcesses(clusterDir)
    await run.ended
    await clear()
  }
  return {
    pid: run.pid,
    connection: (role, database) => ({
      host: endpoint.host,
      port: endpoint.port,
      user: role,
      database,
      ...(password === undefined ? {} : { password }),
    }),
    exited: exited.promise,
    stop: () => {
      stopping ??= stopOnce()
      return stopping
    },
  }
}
