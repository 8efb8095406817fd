/** What the measurements share: one PostgreSQL, our server and its tenant with many clients, credentials, a load generator. */
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { newUuid } from '#kernel/ids.ts'
import { firstAdministrator, firstTenant } from '#src/bootstrap.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { Cores } from './cores.ts'
import { pinCores } from './cores.ts'
import type { LoadGenerator } from './load.ts'
import { startLoadGenerator } from './load.ts'
import type { BenchOptions } from './options.ts'
import type { Measured } from './processes.ts'
import { launch, stopAll } from './processes.ts'

export type Stage = {
  options: BenchOptions
  cores: Cores
  database: TestDatabase
  generator: LoadGenerator
  /** Clients of the tenant to ask for in turn. */
  someUids: string[]
  /** For data, logs and profiles of the run; removed at its end. */
  directory: string
  /** A command of ours as a process, on the stage's database unless it shall start its own; nodeFlags come before the program. */
  launchOurs(
    command: 'serve' | 'worker' | 'start',
    more?: { nodeFlags?: readonly string[]; ownDatabase?: boolean },
  ): Promise<Measured>
  launchPeer(kind: 'json' | 'select' | 'insert' | 'profiles', env?: Record<string, string>): Promise<Measured>
  close(): Promise<void>
}

export const password = 'bench-horse-battery-staple'
export const username = firstAdministrator

/** Of this many clients, spread over all of them, one after the other is asked for. */
const asked = 500
const tmpfsMagic = 0x01021994

export async function openStage(options: BenchOptions): Promise<Stage> {
  const cores = pinCores(options.pin)
  if ((await statfs(os.tmpdir())).type === tmpfsMagic) {
    throw new Error(`${os.tmpdir()} is in memory, where nothing is durable: set TMPDIR to a directory on a disk`)
  }
  const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-'))
  const database = await createTestDatabase()
  const generator = startLoadGenerator(cores.forLoad)
  const onDatabase = { DATABASE_URL: database.applicationUrl, DATABASE_OWNER_URL: database.ownerUrl }
  let launched = 0
  const logFile = (name: string) => path.join(directory, `${name}-${++launched}.log`)
  return {
    options,
    cores,
    database,
    generator,
    directory,
    someUids: [],
    launchOurs: (command, { nodeFlags = [], ownDatabase = false } = {}) =>
      launch({
        command: [...nodeFlags, 'bin/clientele.mjs', command],
        env: {
          CLIENTELE_DATA_DIR: path.join(directory, ownDatabase ? 'own' : 'data'),
          CLIENTELE_ADMIN_PASSWORD: password,
          // The load comes from one user; the limits are another subject.
          CLIENTELE_RATE_LIMITS: 'off',
          CLIENTELE_CONSOLE_BUILD: 'off',
          ...(ownDatabase ? {} : onDatabase),
        },
        pinned: cores.forServers,
        readyPath: command === 'worker' ? null : '/health/ready',
        logFile: logFile(command),
      }),
    launchPeer: (kind, env = {}) =>
      launch({
        command: kind === 'profiles' ? ['bench/profiles-peer.ts'] : ['bench/peer.ts', kind],
        // The superuser: no policy of row level security binds it.
        env: { PEER_DATABASE_URL: database.superuserUrl, PEER_TENANT: firstTenant, ...env },
        pinned: cores.forServers,
        readyPath: '/ready',
        logFile: logFile(`peer-${kind}`),
      }),
    close: async () => {
      generator.stop()
      await stopAll()
      await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Fills the first tenant, which a server's first start has made, as its owner: policies, triggers and indexes included. */
export async function fillDatabase(stage: Stage): Promise<void> {
  const owner = new pg.Client(stage.database.owner)
  await owner.connect()
  try {
    const count = stage.options.clients
    for (let done = 0; done < count; done += 10_000) {
      const ids = Array.from({ length: Math.min(10_000, count - done) }, newUuid)
      await owner.query(
        `insert into clients (tenant_id, id, name, description, siret)
         select $1, id, 'Client ' || ($2 + number), 'One of many, for measuring', null
           from unnest($3::uuid[]) with ordinality as new (id, number)`,
        [firstTenant, done, ids],
      )
      stage.someUids.push(...ids.filter((_, i) => (done + i) % Math.ceil(count / asked) === 0))
    }
    await owner.query(
      'create table bench_clients (like clients including defaults including indexes including constraints)',
    )
    // As autovacuum leaves it a minute later: index-only scans need the visibility map.
    await owner.query('vacuum (analyze)')
  } finally {
    await owner.end()
  }
}

/** @returns an access token of the tenant's administrator, at account level */
export async function signIn(server: Measured): Promise<string> {
  const answer = await fetch(`${server.url}/api/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { access: string }).access
}
