/** One run of the postmaster: started, watched, waited for. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { commandAs, giveTo, serverEnvironment } from './embedded-account.ts'
import type { Cluster } from './embedded-cluster.ts'
import { PostgresStartError } from './embedded-words.ts'

/**
 * The shell becomes the server, so that the server is our direct child, and leaves a watchdog behind, which waits at a
 * pipe whose other end only we hold. A line means that the server has ended. End of file without a line means that we have
 * ended, by SIGKILL too: then the watchdog orders a fast shutdown. The double fork keeps it out of the server's sight.
 */
const START_WITH_WATCHDOG = `
( { trap "" HUP INT QUIT TERM; read -r ended <&3 || kill -INT $$; } >/dev/null 2>&1 & )
exec "$@" 3<&-`

/** Recovery after a crash replays at most max_wal_size of log, 1 GB by default. */
const READY_WITHIN_MILLISECONDS = 300_000
const POLL_MILLISECONDS = 10
const LOG_ROTATION_BYTES = 16 * 1024 * 1024
const LOG_EXCERPT_CHARACTERS = 1_500

export type ServerRun = {
  pid: number
  /** The exit code, or 128 plus the number of the signal, once the server and its watchdog have ended. */
  ended: Promise<number>
}

function openLog(file: string): number {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_ROTATION_BYTES) fs.renameSync(file, `${file}.1`)
  return fs.openSync(file, 'a', 0o600)
}

function isReady(clusterDir: string, pid: number): boolean {
  let text: string
  try {
    text = fs.readFileSync(path.join(clusterDir, 'postmaster.pid'), 'utf8')
  } catch {
    return false
  }
  // Lines of the file as in PostgreSQL's pidfile.h: 1 process id, 8 status.
  const lines = text.split('\n')
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
}

async function dismissWatchdog(pipe: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (pipe.destroyed) return
  pipe.once('close', resolve)
  pipe.end('ended\n')
  await promise
}

function spawnServer(cluster: Cluster, settings: Record<string, string>, log: number): ServerRun {
  const { account, binaries, clusterDir } = cluster
  const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { file, args } = commandAs(account, [binaries.postgres, '-D', clusterDir, ...parameters])
  const child = spawn('/bin/sh', ['-c', START_WITH_WATCHDOG, 'clientele-postgres-watchdog', file, ...args], {
    ...account.ids,
    env: serverEnvironment,
    cwd: '/',
    // A session of its own: Ctrl-C reaches us, who finish requests before we stop the database.
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  })
  const pipe = child.stdio[3] as Duplex | null | undefined
  // The watchdog may go first, then writing to it fails; its absence is noticed by nobody but a SIGKILL of ours.
  pipe?.on('error', () => {}).resume()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code, signal) => {
    const exitCode = code ?? 128 + (signal ? os.constants.signals[signal] : 0)
    const dismissed = pipe ? dismissWatchdog(pipe) : Promise.resolve()
    void dismissed.then(() => resolve(exitCode))
  })
  // Reported by whoever waits for it.
  promise.catch(() => {})
  return { pid: child.pid ?? 0, ended: promise }
}

/** Starts the server and waits until it takes connections. Throws with the end of its log if it does not come up. */
export async function runServer(cluster: Cluster, settings: Record<string, string>): Promise<ServerRun> {
  const logFile = path.join(cluster.dataDir, 'postgres.log')
  const log = openLog(logFile)
  const logStart = fs.fstatSync(log).size
  giveTo(cluster.account, logFile)
  const run = spawnServer(cluster, settings, log)
  fs.closeSync(log)
  const lastWords = (): string =>
    fs.readFileSync(logFile).subarray(logStart).toString('utf8').trim().slice(-LOG_EXCERPT_CHARACTERS)

  let exitCode: number | undefined
  const noted = run.ended.then((code) => {
    exitCode = code
  })
  const deadline = performance.now() + READY_WITHIN_MILLISECONDS
  while (!isReady(cluster.clusterDir, run.pid)) {
    if (exitCode !== undefined)
      throw new PostgresStartError(`PostgreSQL ended with code ${exitCode} at its start`, lastWords())
    if (performance.now() > deadline)
      throw new PostgresStartError('PostgreSQL is not ready after 5 minutes', lastWords())
    await Promise.race([noted, delay(POLL_MILLISECONDS)])
  }
  return run
}
