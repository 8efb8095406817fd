/** The processes that are measured: started on a port of their own, awaited until they answer, ended with the run. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const repository = path.join(import.meta.dirname, '..')
/** Long, so that a machine that others use too is measured as well. */
const readyWithinMs = 120_000

export type Measured = {
  url: string
  pid: number
  /** Milliseconds from the start of the process to its first answer "ready". */
  readyAfterMs: number
  /** Resident memory in MB (10^6 bytes). */
  residentMegabytes(): number
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>
}

export type Launch = {
  /** Program and arguments, after `node`. */
  command: readonly string[]
  /** Beside PATH, HOME and TMPDIR; PORT is added. */
  env?: Record<string, string>
  /** Where it runs; absent: in the repository. */
  cwd?: string
  /** Put before the command line: taskset. */
  pinned?: readonly string[]
  /** What answers 200 when it is ready; null for a process that does not listen: it is ready when it says so. */
  readyPath: string | null
  /** Where its output goes: a file, as in production, not a pipe that this process would have to empty. */
  logFile: string
}

/** @throws Error with the end of its log when it ends, or is not ready in time */
export async function launch({ command, env, cwd, pinned = [], readyPath, logFile }: Launch): Promise<Measured> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const [program, ...args] = [...pinned, process.execPath, ...command]
  const log = openSync(logFile, 'w')
  const started = performance.now()
  const child = spawn(program ?? process.execPath, args, {
    cwd: cwd ?? repository,
    env: { ...inherited(), ...env, PORT: String(port) },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const measured: Measured = {
    url,
    pid: child.pid ?? 0,
    readyAfterMs: 0,
    residentMegabytes: () => residentMegabytes(measured.pid),
    stop: () => stop(child),
  }
  running.add(child)
  child.once('exit', () => running.delete(child))
  const isReady = readyPath === null ? () => /runs/.test(readFileSync(logFile, 'utf8')) : () => answers(url + readyPath)
  try {
    await until(child, isReady)
  } catch (error) {
    await stop(child)
    throw new Error(`${command.join(' ')}: ${(error as Error).message}\n${tail(logFile)}`, { cause: error })
  }
  measured.readyAfterMs = performance.now() - started
  return measured
}

const running = new Set<ChildProcess>()

/** For the end of a run that failed half way. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop))
}

/** Not the whole environment: a DATABASE_URL or NODE_OPTIONS of the shell would be measured instead. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG']
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']).filter(([, value]) => value !== ''))
}

async function until(child: ChildProcess, isReady: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + readyWithinMs
  while (!(await isReady())) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended instead of getting ready')
    if (performance.now() > deadline) throw new Error(`it was not ready after ${readyWithinMs} ms`)
    await delay(10)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status === 200
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n')
}

/** Free a moment ago: nothing else on a machine that measures takes it in between. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status names no VmRSS`)
  return (Number(kibibytes) * 1024) / 1e6
}
