/** Reaching the embedded server that another process of this machine has started, for a command beside a running server. */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EmbeddedPostgres } from './embedded.ts'
import { readPassword } from './embedded-cluster.ts'
import { findHolder } from './embedded-lock.ts'
import { processStart } from './embedded-process.ts'

/** Nobody but its own process may stop it. */
export type RunningEmbedded = Pick<EmbeddedPostgres, 'pid' | 'connection'> & {
  /** The process that started the server and ends it. */
  holderPid: number
}

/** A first start makes the cluster; a start after a crash replays the log. */
const READY_WITHIN_MILLISECONDS = 60_000
const POLL_MILLISECONDS = 50

type Address = { pid: number; host: string; port: number; isSocket: boolean }

/** Lines of postmaster.pid as in PostgreSQL's pidfile.h: 1 pid, 4 port, 5 socket directory, 6 listen address, 8 status. */
function readAddress(clusterDir: string): Address | null {
  let text: string
  try {
    text = fs.readFileSync(path.join(clusterDir, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const lines = text.split('\n').map((line) => line.trim())
  const [pid, port, socketDir = '', listenAddress = ''] = [lines[0], lines[3], lines[4], lines[5]]
  if (lines[7] !== 'ready') return null
  const isSocket = socketDir !== ''
  return { pid: Number(pid), port: Number(port), host: isSocket ? socketDir : listenAddress, isSocket }
}

/**
 * The embedded server of the live process that holds the data directory; null where nobody does. Waits while that process
 * is still starting it. Throws `DataDirInUseError` where the holder is in another container or machine, and `Error` when its
 * server does not come up within a minute.
 */
export async function findRunningEmbedded(dataDir: string): Promise<RunningEmbedded | null> {
  const absolute = path.resolve(dataDir)
  if (!fs.existsSync(absolute)) return null
  const real = fs.realpathSync(absolute)
  const deadline = performance.now() + READY_WITHIN_MILLISECONDS
  for (;;) {
    const holder = await findHolder(real)
    if (holder === null) return null
    const address = readAddress(path.join(real, 'postgres'))
    if (address !== null && isServerOf(holder, address)) {
      return { pid: address.pid, holderPid: holder.pid, connection: connectionTo(real, address) }
    }
    if (performance.now() > deadline) {
      throw new Error(`process ${holder.pid} holds ${real}, but its database is not ready: see ${real}/postgres.log`)
    }
    await delay(POLL_MILLISECONDS)
  }
}

/** A file left by a predecessor that was killed names a process that has ended, and a socket that was another one's. */
function isServerOf(holder: { socketDir: string }, address: Address): boolean {
  return processStart(address.pid) !== null && (!address.isSocket || address.host === holder.socketDir)
}

function connectionTo(dataDir: string, { host, port, isSocket }: Address): EmbeddedPostgres['connection'] {
  const password = isSocket ? null : readPassword(dataDir)
  return (role, database) => ({ host, port, user: role, database, ...(password === null ? {} : { password }) })
}
