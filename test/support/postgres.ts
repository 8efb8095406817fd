/** The PostgreSQL of the tests: the one of TEST_DATABASE_URL (a superuser's), else an embedded one of this process. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrations } from '#migrations/index.ts'
import type { ConnectionParameters } from '#platform/db/database.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import { migrate } from '#platform/db/migrate.ts'
import { applicationRole } from '#platform/db/tenant-table.ts'
import { installQueue } from '#platform/jobs/queue.ts'

const ownerRole = 'clientele_owner'

export type TestServer = { superuserUrl: string; stop(): Promise<void> }

/**
 * Starts a server whose URL can be given to other processes as TEST_DATABASE_URL. Nothing of it outlives the tests: it waits for
 * no disk, and its files (900 a database) are in memory where there is room. What is about durability starts a server of its own.
 */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(await quickFolder(), 'clientele-test-'))
  const settings = { max_connections: '300', fsync: 'off', full_page_writes: 'off', max_wal_size: '256MB' }
  const server = await startEmbeddedPostgres({ dataDir, settings })
  const { host, port } = server.connection('postgres', 'postgres')
  const query = new URLSearchParams({ host, port: String(port) })
  return {
    superuserUrl: `postgresql://postgres@localhost/postgres?${query}`,
    stop: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const inMemory = '/dev/shm'

async function quickFolder(): Promise<string> {
  const room = await statfs(inMemory).catch(() => null)
  return room && room.bavail * room.bsize >= 4 * 1024 ** 3 ? inMemory : os.tmpdir()
}

let ownServer: Promise<TestServer> | undefined

async function superuserUrl(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return given
  ownServer ??= startTestServer()
  return (await ownServer).superuserUrl
}

function urlOf(base: string, user: string, database: string): string {
  const url = new URL(base)
  // A role made for the tests has no password; only the superuser's own is kept.
  if (user !== url.username) url.password = ''
  url.username = user
  url.pathname = `/${database}`
  return url.toString()
}

async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const templateLock = 7_361_025_002

/** Migrated once per server and per text of the migrations; each test's database is a copy of it. */
async function ensureTemplate(base: string): Promise<string> {
  const text = migrations.map((one) => one.id + one.sql).join('\n')
  const name = `clientele_template_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
  await asSuperuser(base, async (client) => {
    await client.query('select pg_advisory_lock($1)', [templateLock])
    const known = await client.query('select 1 from pg_database where datname = $1', [name])
    if (known.rowCount) return
    for (const role of [ownerRole, applicationRole]) {
      const there = await client.query('select 1 from pg_roles where rolname = $1', [role])
      if (!there.rowCount) await client.query(`create role ${role} login nosuperuser`)
    }
    await client.query(`alter role ${ownerRole} createrole`)
    await client.query(`grant ${applicationRole} to ${ownerRole} with admin option`)
    const making = `${name}_making`
    await client.query(`drop database if exists ${making} with (force)`)
    await client.query(`create database ${making} owner ${ownerRole}`)
    const owner = { connectionString: urlOf(base, ownerRole, making) }
    // Loads every feature, which tests of one part do without.
    const { queues } = await import('#src/worker.ts')
    await migrate(owner, migrations, () => installQueue(owner, queues))
    await client.query(`alter database ${making} rename to ${name}`)
  })
  return name
}

export type TestDatabase = {
  name: string
  /** Owns the schema. */
  ownerUrl: string
  owner: ConnectionParameters
  /** The application's role: row level security applies. */
  applicationUrl: string
  application: ConnectionParameters
  superuserUrl: string
  drop(): Promise<void>
}

/** A database of its own for a test file, migrated; empty: true for one without any table. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const base = await superuserUrl()
  const template = await ensureTemplate(base)
  const name = `test_${randomBytes(6).toString('hex')}`
  await asSuperuser(base, async (client) => {
    // Copying files costs half of what copying through the log does.
    const from = options.empty ? '' : ` template ${template} strategy file_copy`
    await client.query(`create database ${name} owner ${ownerRole}${from}`)
  })
  const ownerUrl = urlOf(base, ownerRole, name)
  const applicationUrl = urlOf(base, applicationRole, name)
  return {
    name,
    ownerUrl,
    owner: { connectionString: ownerUrl },
    applicationUrl,
    application: { connectionString: applicationUrl },
    superuserUrl: urlOf(base, new URL(base).username, name),
    drop: async () => {
      await asSuperuser(base, (client) => client.query(`drop database if exists ${name} with (force)`))
      if (ownServer) {
        const server = await ownServer
        ownServer = undefined
        await server.stop()
      }
    },
  }
}
