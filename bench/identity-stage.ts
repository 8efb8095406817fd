/** One PostgreSQL, our server as a process of its own with users and a registered client, and our services in this process. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { createUser } from '#features/users/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { firstAdministrator, firstTenant } from '#src/bootstrap.ts'
import { readConfig } from '#src/config.ts'
import type { Runtime } from '#src/runtime.ts'
import { openRuntime } from '#src/runtime.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { Rate, Server } from './identity-load.ts'
import { measureRest } from './identity-load.ts'

export type IdentityStage = {
  ours: Server
  /** Ours in this process, on the same database with the same keys. */
  runtime: Runtime
  users: readonly string[]
  /** The bare oidc-provider. */
  peer: Server
  /** What PostgreSQL does by itself within a minute. */
  analyze(): Promise<void>
  close(): Promise<void>
}

export const password = 'bench-horse-battery'
export const secret = 'bench-secret-of-the-registered-client'
export const tokenFormats = ['self-contained', 'reference'] as const
export type TokenFormat = (typeof tokenFormats)[number]

/** Asks for a token of the registered client whose tokens have this format. */
export const tokenRequest = (format: TokenFormat) => ({
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${format}:${secret}`).toString('base64')}`,
  },
  body: 'grant_type=client_credentials&scope=client%3Aview',
})
export const jsonHeaders = { 'content-type': 'application/json' }

const repository = path.join(import.meta.dirname, '..')
const silent = { debug() {}, info() {}, warn() {}, error() {} }

export async function openIdentityStage(userCount: number): Promise<IdentityStage> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-'))
  const database = await createTestDatabase()
  const [port, peerPort] = [await freePort(), await freePort()]
  const env = {
    DATABASE_URL: database.applicationUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    CLIENTELE_DATA_DIR: directory,
    CLIENTELE_MASTER_KEYS: generateFernetKey(),
    CLIENTELE_ADMIN_PASSWORD: password,
    // One address and a few users make all the requests; what the limits cost is measured apart.
    CLIENTELE_RATE_LIMITS: 'off',
    CLIENTELE_CONSOLE_BUILD: 'off',
    PORT: String(port),
  }
  const ours = start(['src/main.ts', 'start'], env, path.join(directory, 'start.log'))
  const peerEnv = { PORT: String(peerPort), PEER_SECRET: secret }
  const peer = start(['bench/identity-peer.ts', 'provider'], peerEnv, path.join(directory, 'peer.log'))
  const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`]
  const stopProcesses = async () => {
    await Promise.all([ours.stop(), peer.stop()])
    await database.drop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await Promise.all([ours.ready(`${url}/health/ready`), peer.ready(`${peerUrl}/ready`)])
    const runtime = await openRuntime(readConfig(env), silent, { migrate: false })
    const users = await createUsers(runtime, userCount)
    for (const format of tokenFormats) await registerClient(url, password, format)
    await analyze(database.owner)
    return {
      ours: { url, pid: ours.pid, atRest: await measureRest(ours.pid) },
      runtime,
      users,
      peer: { url: peerUrl, pid: peer.pid, atRest: { server: 0, database: 0 } },
      analyze: () => analyze(database.owner),
      close: async () => {
        await runtime.close()
        await stopProcesses()
      },
    }
  } catch (error) {
    await stopProcesses()
    throw error
  }
}

async function analyze(owner: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(owner)
  await client.connect()
  try {
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

async function createUsers(runtime: Runtime, count: number): Promise<string[]> {
  const actor = { kind: 'system', tenantId: firstTenant, name: 'bench' } as const
  const origin = { requestId: 'bench', ipAddress: null, userAgent: null, via: 'bench' }
  const emails = Array.from({ length: count }, (_, i) => `bench-${i}@example.com`)
  await Promise.all(
    emails.map((email) => {
      const user = { email, displayName: 'Bench', password, roles: ['viewer'] }
      return runForResult(runtime.services, createUser, user, { actor, origin })
    }),
  )
  return emails
}

/** @returns the answer's body. @throws Error when it is no success */
export async function post<T>(url: string, body: object, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...jsonHeaders, ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** A program's client with `secret`, named after the format of its tokens; registered by the administrator. */
export async function registerClient(url: string, administratorPassword: string, format: TokenFormat): Promise<void> {
  const administrator = { username: firstAdministrator, password: administratorPassword }
  const signedIn = await post<{ access: string }>(`${url}/api/token/`, administrator)
  await post(
    `${url}/oauth2-service/api/oauth2-clients/createClient`,
    {
      clientId: format,
      clientSecret: secret,
      clientAuthenticationMethods: 'client_secret_basic',
      authorizationGrantTypes: 'client_credentials',
      redirectUris: '',
      scopes: 'client:view',
      tokenSettings: JSON.stringify({ accessTokenFormat: format }),
    },
    { authorization: `Bearer ${signedIn.access}` },
  )
}

/** How often this machine verifies a password in a second, with so many in flight, and the CPU time of one. */
export async function rawPasswordRate(
  concurrency: number,
  seconds: number,
): Promise<Pick<Rate, 'perSecond' | 'cpuMs'>> {
  const args = ['bench/identity-peer.ts', 'argon2', String(concurrency), String(seconds)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repository })
  return JSON.parse(stdout) as Pick<Rate, 'perSecond' | 'cpuMs'>
}

function start(args: readonly string[], env: Record<string, string>, logFile: string) {
  const log = openSync(logFile, 'w')
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const child = spawn(process.execPath, args, {
    cwd: repository,
    env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return {
    pid: child.pid ?? 0,
    ready: async (url: string) => {
      const deadline = performance.now() + 120_000
      while (!(await answers(url))) {
        if (child.exitCode !== null || performance.now() > deadline) {
          throw new Error(`${args.join(' ')} did not get ready\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
        }
        await delay(20)
      }
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
