/** Three servers and two workers behind haproxy on one PostgreSQL, every one a process that can be killed and started again. */
import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Pool } from 'undici'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import type { Network, Place } from './network.fixture.ts'
import { layNetwork } from './network.fixture.ts'

export const repository = path.join(import.meta.dirname, '../..')

export type Asked = { method?: string; token?: string; body?: unknown; raw?: Buffer; headers?: Record<string, string> }
export type Answered = { status: number; body: never; text: string }
/** all: whichever the load balancer takes. */
export type Target = 'all' | 0 | 1 | 2

export type Member = {
  name: string
  /** From the program of this folder; resolves when it says that it works. */
  start(folder?: string): Promise<void>
  kill(): Promise<void>
  /** As an operator stops it. @returns its exit code */
  stop(): Promise<number | null>
}

export type Cluster = {
  description: string
  /** On the same database in this process: prepares users, and answers nothing of what is tested. */
  preparing: TestApp
  servers: readonly Member[]
  workers: readonly Member[]
  /** @throws the network's error where no answer comes */
  ask(target: Target, path: string, options?: Asked): Promise<Answered>
  /** The body as it comes; ends with `stop`. */
  follow(target: Target, path: string, token: string): Promise<{ text(): string; stop(): void }>
  /** Until haproxy sends requests to this server. */
  inTurn(server: number): Promise<void>
  close(): Promise<void>
}

const serverCount = 3
const workerCount = 2

export async function startCluster(): Promise<Cluster> {
  if (spawnSync('haproxy', ['-v']).status !== 0) {
    throw new Error('these tests need haproxy (2.4 or newer) in PATH: apt-get install haproxy')
  }
  const closing: (() => unknown)[] = []
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one()
  }
  try {
    return await assemble(closing, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function assemble(closing: (() => unknown)[], close: () => Promise<void>): Promise<Cluster> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-nodes-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  const preparing = await startTestApp()
  closing.push(() => preparing.close())
  const socket = new URL(preparing.database.applicationUrl).searchParams.get('host') ?? ''
  const network = layNetwork({ nodes: serverCount, workers: workerCount }, socket.startsWith('/'))
  closing.push(network.close)
  const settings = settingsOf(preparing, directory)
  const servers = network.nodes.map((place, i) => member(`server ${i}`, 'serve', settings, place))
  const workers = network.workers.map((place, i) => member(`worker ${i}`, 'worker', settings, place))
  closing.push(() => Promise.all([...servers, ...workers].map((one) => one.kill())))
  await Promise.all([...servers, ...workers].map((one) => one.start()))
  closing.push(await startHaproxy(directory, network))
  const pools = new Map<Target, Pool>(
    (['all', 0, 1, 2] as const).map((target) => {
      const socketPath = path.join(directory, `${target}.sock`)
      return [target, new Pool('http://clientele.test', { socketPath, connections: 64, pipelining: 1 })]
    }),
  )
  closing.push(() => Promise.all([...pools.values()].map((pool) => pool.destroy())))
  const poolOf = (target: Target) => pools.get(target) as Pool
  const cluster: Cluster = {
    description: network.description,
    preparing,
    servers,
    workers,
    ask: (target, address, options = {}) => ask(poolOf(target), address, options),
    follow: (target, address, token) => follow(poolOf(target), address, token),
    inTurn: (server) =>
      until(`server ${server} is in turn`, async () => {
        const { status } = await ask(poolOf(server as Target), '/health/ready', {})
        return status === 200
      }),
    close,
  }
  for (const server of servers.keys()) await cluster.inTurn(server)
  return cluster
}

function settingsOf({ database, runtime }: TestApp, directory: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: os.homedir(),
    TMPDIR: os.tmpdir(),
    DATABASE_URL: database.applicationUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    CLIENTELE_DATA_DIR: directory,
    CLIENTELE_DATABASE_POOL: '6',
    CLIENTELE_MASTER_KEYS: runtime.config.masterKeys ?? '',
    // Tokens name their issuer.
    CLIENTELE_PUBLIC_URL: runtime.config.publicUrl,
    CLIENTELE_TRUST_PROXY: '192.0.2.0/24,127.0.0.1',
    CLIENTELE_JOB_SUPERVISION_SECONDS: '1',
    // The load is one user's.
    CLIENTELE_RATE_LIMITS: 'user=1000000,tenant=1000000,transfer=1000000,address=1000000',
    LOG_LEVEL: 'error',
  }
}

function member(
  name: string,
  command: 'serve' | 'worker',
  settings: Record<string, string>,
  { enter, host, port }: Partial<Place> & Pick<Place, 'enter'>,
): Member {
  let child: ChildProcess | null = null
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit') as Promise<[number | null]>
    child.kill(signal)
    return (await ended)[0]
  }
  return {
    name,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    start: async (folder = repository) => {
      const [program = '', ...args] = [...enter, process.execPath, path.join(folder, 'bin/clientele.mjs'), command]
      const address = host ? { HOST: host, PORT: String(port) } : {}
      const started = spawn(program, args, { env: { ...settings, ...address }, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      let output = ''
      const ready = new Promise<boolean>((resolve) => {
        const read = (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-4000)
          if (/answers at|the worker runs/.test(output)) resolve(true)
        }
        started.stdout.on('data', read)
        started.stderr.on('data', read)
        started.once('exit', () => resolve(false))
      })
      if (!(await ready)) throw new Error(`${name} ended: ${output}`)
    },
  }
}

/** One address for all servers, and one for each of them. */
function haproxyConfiguration(directory: string, nodes: readonly Place[]): string {
  const check = 'check inter 200ms fall 1 rise 1'
  return `global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check 2s
  option forwardfor
  option redispatch 1
  retries 3
  retry-on conn-failure
frontend all
  bind unix@${directory}/all.sock
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /health/ready
${nodes.map(({ host, port }, i) => `  server node${i} ${host}:${port} ${check}`).join('\n')}
${nodes
  .map(
    ({ host, port }, i) => `frontend only${i}
  bind unix@${directory}/${i}.sock
  default_backend only${i}
backend only${i}
  server node${i} ${host}:${port}`,
  )
  .join('\n')}
`
}

async function startHaproxy(directory: string, { loadBalancer, nodes }: Network): Promise<() => Promise<void>> {
  const file = path.join(directory, 'haproxy.cfg')
  writeFileSync(file, haproxyConfiguration(directory, nodes))
  const [program = '', ...args] = [...loadBalancer.enter, 'haproxy', '-db', '-f', file]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = once(child, 'exit').then(() => output)
  const pool = new Pool('http://clientele.test', { socketPath: path.join(directory, 'all.sock') })
  const answers = until('haproxy answers', () =>
    ask(pool, '/health/live', {}).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const failed = await Promise.race([answers.then(() => null), ended])
  await pool.destroy()
  if (failed !== null) throw new Error(`haproxy ended: ${failed}`)
  return async () => {
    child.kill('SIGKILL')
    await ended
  }
}

async function ask(
  pool: Pool,
  address: string,
  { method = 'GET', token, body, raw, headers }: Asked,
): Promise<Answered> {
  const answer = await pool.request({
    method,
    path: address,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: raw ?? (body === undefined ? null : JSON.stringify(body)),
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, text, body: parsed(text) as never }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function follow(pool: Pool, address: string, token: string) {
  const abort = new AbortController()
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const { statusCode, body } = await pool.request({ method: 'GET', path: address, headers, signal: abort.signal })
  if (statusCode !== 200) throw new Error(`${address}: ${statusCode}`)
  let text = ''
  body.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  body.on('error', () => {})
  return { text: () => text, stop: () => abort.abort() }
}

export async function until(what: string, look: () => Promise<boolean> | boolean, withinMs = 90_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`did not happen within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
