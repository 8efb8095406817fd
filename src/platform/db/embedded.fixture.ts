/**
 * A process of its own that holds an embedded server, for the tests that kill one, and the tests' side of it.
 * Run as a program it starts the server on `<dataDir>`, writes one line of JSON, and stops when its standard input ends.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { EmbeddedPostgres, EmbeddedPostgresConnection } from './embedded.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { listServerProcesses } from './embedded-process.ts'

type HolderReport =
  | { state: 'running'; pid: number; connection: EmbeddedPostgresConnection; startedAt: string }
  | { state: 'failed'; name: string; message: string }

export type Holder = { child: ChildProcess; report: HolderReport; ended: Promise<number | null> }

export type HolderOptions = {
  dataDir: string
  binDir?: string
  /** Over the test's own environment. */
  env?: Record<string, string>
  uid?: number
  environment: Record<string, string | undefined>
}

/** Starts the program below and waits for its report. */
export async function launchHolder({ dataDir, binDir, env, uid, environment }: HolderOptions): Promise<Holder> {
  const child = spawn(process.execPath, [import.meta.filename, dataDir, ...(binDir ? [binDir] : [])], {
    env: { ...environment, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const { promise: ended, resolve } = Promise.withResolvers<number | null>()
  child.once('exit', resolve)
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, report: JSON.parse(line) as HolderReport, ended }
  }
  throw new Error(`the process that was to hold ${dataDir} ended without a word`)
}

/** The holder's server; throws with its own message where it did not start. */
export function runningServer({ report }: Holder): Extract<HolderReport, { state: 'running' }> {
  if (report.state === 'failed') throw new Error(`${report.name}: ${report.message}`)
  return report
}

export async function stopHolder(holder: Holder): Promise<number | null> {
  holder.child.stdin?.end()
  return holder.ended
}

export async function killHolder(holder: Holder): Promise<void> {
  holder.child.kill('SIGKILL')
  await holder.ended
}

/** Runs statements one after the other on a connection of their own; gives the last one's rows. */
export async function query(connection: EmbeddedPostgresConnection, ...statements: string[]) {
  const client = new pg.Client(connection)
  // The server may be killed under the connection; the statement's own error tells.
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

export async function until(condition: () => boolean, withinMilliseconds: number): Promise<void> {
  const deadline = Date.now() + withinMilliseconds
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMilliseconds} ms: ${condition}`)
    await delay(10)
  }
}

/** Processes other than Node's that serve, watch or mention the directory. */
export function processesOn(dataDir: string): string[] {
  const mentioning = spawnSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(`${dataDir}/`) && !line.includes(import.meta.filename))
  const serving = listServerProcesses(path.join(dataDir, 'postgres')).map(({ pid }) => String(pid))
  return [...mentioning, ...serving]
}

/** Directories for one test file, and a cluster to copy where the test is not about creating one. */
export function makeWorkplace() {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'clientele-embedded-test-')))
  // Tests run servers as other users too.
  fs.chmodSync(root, 0o755)
  const template = path.join(root, 'template')
  const servers: EmbeddedPostgres[] = []
  const newDirectory = (name: string): string => {
    const directory = path.join(root, name)
    fs.mkdirSync(directory, { recursive: true })
    return directory
  }
  const newDataDir = async (name: string): Promise<string> => {
    if (!fs.existsSync(template)) {
      await (await startEmbeddedPostgres({ dataDir: template })).stop()
    }
    const directory = newDirectory(name)
    fs.cpSync(path.join(template, 'postgres'), path.join(directory, 'postgres'), { recursive: true })
    return directory
  }
  return {
    newDirectory,
    newDataDir,
    /** In this process; stopped at the latest by `clear`. */
    start: async (dataDir: string, options: { binDir?: string } = {}): Promise<EmbeddedPostgres> => {
      const server = await startEmbeddedPostgres({ dataDir, ...options })
      servers.push(server)
      return server
    },
    clear: async (): Promise<void> => {
      for (const server of servers) await server.stop()
      fs.rmSync(root, { recursive: true, force: true })
    },
  }
}

async function holdUntilInputEnds(dataDir: string, binDir: string | undefined): Promise<void> {
  const report = (message: HolderReport): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`)
  }
  let server: EmbeddedPostgres
  try {
    server = await startEmbeddedPostgres({ dataDir, binDir })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    report({ state: 'failed', name: error.name, message: error.message })
    return
  }
  const startedAt = new Date(performance.timeOrigin).toISOString()
  report({ state: 'running', pid: server.pid, connection: server.connection('postgres', 'postgres'), startedAt })
  for await (const _ of process.stdin.resume());
  await server.stop()
}

if (import.meta.main) void holdUntilInputEnds(process.argv[2] ?? '', process.argv[3])
