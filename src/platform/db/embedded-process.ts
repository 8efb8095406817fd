/**
 * Which processes exist and which of them serve a database cluster. A process id alone proves nothing, because the kernel
 * hands it out again; id and start time together name one process. Zombies count as ended: where process 1 does not
 * reap its orphans (many containers) they stay for ever.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const onLinux = process.platform === 'linux'
/** A process that exists, but that this user may not look at (Linux mounted with hidepid). */
const UNKNOWN_START = 'unknown'
const POLL_MILLISECONDS = 20
/** Fast shutdown writes a checkpoint, which takes its time on slow disks; the later stages lose nothing acknowledged. */
const SHUTDOWN_STAGES = [
  { signal: 'SIGINT', waitMilliseconds: 30_000 },
  { signal: 'SIGQUIT', waitMilliseconds: 5_000 },
  { signal: 'SIGKILL', waitMilliseconds: 5_000 },
] as const

type LinuxStat = { command: string; state: string; startTicks: string }

/** Fields 2, 3 and 22 of /proc/<pid>/stat (proc_pid_stat(5)); null where there is no such process or it is hidden. */
function readLinuxStat(pid: number): LinuxStat | null {
  let text: string
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The command's name stands in parentheses and may itself contain blanks and parentheses.
  const nameEnds = text.lastIndexOf(')')
  const fields = text.slice(nameEnds + 2).split(' ')
  return {
    command: text.slice(text.indexOf('(') + 1, nameEnds),
    state: fields[0] ?? '',
    startTicks: fields[19] ?? UNKNOWN_START,
  }
}

const hasEnded = (state: string): boolean => state.startsWith('Z') || state.startsWith('X')

function processList(selection: string[]): string {
  return spawnSync('/bin/ps', selection, { encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC' } }).stdout ?? ''
}

/** Whether a signal could be addressed to the process; true also for a zombie. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** An opaque text that tells this process from a later one with the same id; null when no such process runs. */
export function processStart(pid: number): string | null {
  if (!exists(pid)) return null
  if (onLinux) {
    const stat = readLinuxStat(pid)
    if (stat === null) return UNKNOWN_START
    return hasEnded(stat.state) ? null : stat.startTicks
  }
  const line = processList(['-o', 'stat=,lstart=', '-p', String(pid)]).trim()
  if (line === '') return UNKNOWN_START
  return hasEnded(line) ? null : line.replace(/^\S+\s+/, '')
}

/** Whether the process that once had this id and start still runs; in doubt yes. */
export function isSameProcess(pid: number, start: string): boolean {
  const current = processStart(pid)
  if (current === null) return false
  return current === start || current === UNKNOWN_START || start === UNKNOWN_START
}

type ServerProcess = { pid: number; isPostmaster: boolean }

function readLinuxServer(pid: number, clusterDir: string): ServerProcess | null {
  const stat = readLinuxStat(pid)
  if (stat === null || stat.command !== 'postgres' || hasEnded(stat.state)) return null
  let commandLine: string
  try {
    commandLine = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return null
  }
  let belongs: boolean
  try {
    // Every process of a server works inside its data directory.
    belongs = fs.readlinkSync(`/proc/${pid}/cwd`) === clusterDir
  } catch {
    // Root without CAP_SYS_PTRACE may not read another user's working directory; the arguments anybody may.
    belongs = commandLine.split('\0').includes(clusterDir)
  }
  // Children of the postmaster overwrite their arguments with a title such as "postgres: checkpointer".
  return belongs ? { pid, isPostmaster: !commandLine.startsWith('postgres:') } : null
}

/** The running processes of the PostgreSQL server on this cluster; outside of Linux the postmaster only. */
export function listServerProcesses(clusterDir: string): ServerProcess[] {
  if (!onLinux) {
    return processList(['-axo', 'pid=,command='])
      .split('\n')
      .filter((line) => /^\s*\d+ \S*postgres /.test(line) && line.includes(`-D ${clusterDir} `))
      .map((line) => ({ pid: Number.parseInt(line, 10), isPostmaster: true }))
  }
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readLinuxServer(Number(name), clusterDir))
    .filter((server) => server !== null)
}

function signalServers(clusterDir: string, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): void {
  const servers = listServerProcesses(clusterDir)
  const postmasters = servers.filter((server) => server.isPostmaster)
  // The postmaster passes a shutdown on. Backends that outlived a killed postmaster have to be told themselves.
  const addressees = signal === 'SIGKILL' || postmasters.length === 0 ? servers : postmasters
  for (const { pid } of addressees) {
    try {
      process.kill(pid, postmasters.length === 0 && signal === 'SIGINT' ? 'SIGQUIT' : signal)
    } catch (error) {
      if (exists(pid)) throw new Error(`cannot stop the PostgreSQL process ${pid} of ${clusterDir}`, { cause: error })
    }
  }
}

/**
 * Ends every process of the server on this cluster: fast shutdown first, then immediate, then SIGKILL. The caller holds
 * the lock of the data directory, so whatever runs there is a leftover or its own. Throws if one survives.
 */
export async function stopServerProcesses(clusterDir: string): Promise<void> {
  for (const { signal, waitMilliseconds } of SHUTDOWN_STAGES) {
    signalServers(clusterDir, signal)
    const deadline = performance.now() + waitMilliseconds
    while (performance.now() < deadline) {
      if (listServerProcesses(clusterDir).length === 0) return
      await delay(POLL_MILLISECONDS)
    }
  }
  const left = listServerProcesses(clusterDir).map((server) => server.pid)
  if (left.length > 0) throw new Error(`PostgreSQL processes ${left.join(', ')} of ${clusterDir} do not end`)
}

/**
 * Removes a postmaster.pid that no server owns. PostgreSQL does so itself where the process in it is gone, but refuses to
 * start on an empty or damaged file and where a stranger has got the process id. Call after `stopServerProcesses`.
 */
export function removeStalePidFile(clusterDir: string): void {
  if (listServerProcesses(clusterDir).length > 0) throw new Error(`a PostgreSQL server still runs on ${clusterDir}`)
  fs.rmSync(path.join(clusterDir, 'postmaster.pid'), { force: true })
}
