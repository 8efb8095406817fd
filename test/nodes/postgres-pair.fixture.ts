/** Two servers of PostgreSQL as a Debian package installs them: a primary and its streaming replica, synchronous unless asked otherwise. */
import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../support/free-port.ts'

const execute = promisify(execFile)

export type PairServer = {
  port: number
  /** Every process of it at once, as when the machine loses its power. */
  kill(): Promise<void>
  /** Every process stands still, as on a machine that is out of reach: nothing answers, no connection closes. */
  freeze(): void
  thaw(): void
  /** From a replica to the one that takes writes. */
  promote(): Promise<void>
  start(): Promise<void>
  /** Ids of all its processes. */
  processes(): number[]
  query<Row extends pg.QueryResultRow>(text: string, database?: string): Promise<Row[]>
}

export type PostgresPair = {
  primary: PairServer
  replica: PairServer
  /** Names both. */
  url: string
  close(): Promise<void>
}

/** @throws Error that says what to install */
function findBinaries(): string {
  const found = globSync('/usr/lib/postgresql/*/bin').filter((one) => existsSync(path.join(one, 'pg_basebackup')))
  const newest = found.sort((a, b) => Number(a.split('/')[4]) - Number(b.split('/')[4])).at(-1)
  if (!newest) throw new Error('there is no pg_basebackup: apt-get install postgresql')
  return newest
}

/** The server refuses to run as root. */
function asPostgres(): { command: string[]; own(directory: string): void } {
  if (process.getuid?.() !== 0) return { command: [], own: () => {} }
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('postgres:'))
  const [uid, gid] = (line ?? '').split(':').slice(2, 4).map(Number) as [number, number]
  if (!line) throw new Error('there is no user postgres: apt-get install postgresql')
  return {
    command: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    own: (directory) => chownSync(directory, uid, gid),
  }
}

export async function startPostgresPair({ isSynchronous = true } = {}): Promise<PostgresPair> {
  const binaries = findBinaries()
  const { command, own } = asPostgres()
  const directory = mkdtempSync(path.join(os.tmpdir(), 'clientele-pair-'))
  own(directory)
  const run = async (program: string, ...args: string[]) => {
    const [first = '', ...rest] = [...command, path.join(binaries, program), ...args]
    await execute(first, rest, { cwd: directory })
  }
  const servers: PairServer[] = []
  const serverIn = async (name: string): Promise<PairServer> => {
    const server = pairServer({ data: path.join(directory, name), port: await freePort(), binaries, command, run })
    servers.push(server)
    return server
  }
  const close = async () => {
    for (const server of servers) await server.kill()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await run(
      'initdb',
      '-D',
      path.join(directory, 'primary'),
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    )
    const primary = await serverIn('primary')
    await primary.start()
    await primary.query('create role clientele login createrole')
    await primary.query('create database clientele owner clientele')
    const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'postgres']
    await run(
      'pg_basebackup',
      '-D',
      path.join(directory, 'replica'),
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
      ...from,
    )
    const replica = await serverIn('replica')
    await replica.start()
    if (isSynchronous) await makeSynchronous(primary)
    const hosts = [primary, replica].map(({ port }) => `127.0.0.1:${port}`).join(',')
    return { primary, replica, url: `postgresql://clientele@${hosts}/clientele?target_session_attrs=read-write`, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** From here on a commit is acknowledged when the replica has it on its disk too. */
async function makeSynchronous(primary: PairServer): Promise<void> {
  await primary.query(`alter system set synchronous_standby_names = '*'`)
  await primary.query('select pg_reload_conf()')
  await until('the replica is synchronous', async () => {
    const [row] = await primary.query<{ state: string }>('select sync_state as state from pg_stat_replication')
    return row?.state === 'sync'
  })
}

type Place = {
  data: string
  port: number
  binaries: string
  command: readonly string[]
  run(program: string, ...args: string[]): Promise<void>
}

function pairServer({ data, port, binaries, command, run }: Place): PairServer {
  let child: ChildProcess | null = null
  const query = async <Row extends pg.QueryResultRow>(text: string, database = 'postgres'): Promise<Row[]> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<Row>(text)).rows
    } finally {
      await client.end()
    }
  }
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processesOf(data)) {
      try {
        process.kill(pid, name)
      } catch {
        // Ended in between.
      }
    }
  }
  return {
    port,
    query,
    start: async () => {
      const flags = ['-D', data, '-p', String(port), '-k', path.dirname(data), '-c', 'listen_addresses=127.0.0.1']
      const [program = '', ...args] = [
        ...command,
        path.join(binaries, 'postgres'),
        ...flags,
        '-c',
        'max_connections=80',
      ]
      child = spawn(program, args, { cwd: path.dirname(data), stdio: 'ignore' })
      await until(`PostgreSQL answers on port ${port}`, () => query('select 1').then(Boolean, () => false))
    },
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      signal('SIGKILL')
      await ended
      await until('all its processes have ended', async () => processesOf(data).length === 0)
    },
    processes: () => processesOf(data),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    promote: () => run('pg_ctl', 'promote', '-D', data, '-w'),
  }
}

/** Every process that works in the data directory: the server's own, whoever started them. */
function processesOf(data: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) return []
    try {
      const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
      return isPostgres && readlinkSync(`/proc/${pid}/cwd`) === data ? [pid] : []
    } catch {
      return []
    }
  })
}

export async function until(what: string, look: () => Promise<boolean>, withinMs = 90_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`did not happen within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
