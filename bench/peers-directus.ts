/**
 * Directus beside us, as installed and tuned, each a process with a database of its own: a collection with the columns of our clients, one for
 * imports with those of our customers, both with activity and revisions, as it makes them by itself.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import type { Measured } from './processes.ts'
import { launch } from './processes.ts'

export type Directus = {
  server: Measured
  headers: Record<string, string>
  /** Of rows of `clients`, spread over all of them. */
  someIds: string[]
  databaseUrl: string
  /** A new process, after the one before was stopped. */
  restart(): Promise<Measured>
}

export type DirectusOptions = {
  /** Whose node_modules has it. */
  folder: string
  databaseUrl: string
  password: string
  rows: number
  tuned: boolean
  directory: string
}

export const directusEmail = 'admin@example.com'
const asked = 500

/** Beside what every run needs: limits off, tokens that outlive the run, nothing sent out. */
const tuning = { CACHE_SCHEMA_FREEZE_ENABLED: 'true', LOGIN_STALL_TIME: '0' }

export async function startDirectus(options: DirectusOptions): Promise<Directus> {
  const name = options.tuned ? 'directus-tuned' : 'directus'
  const program = path.join(options.folder, 'node_modules/directus/cli.js')
  const logFile = (what: string) => path.join(options.directory, `${name}-${what}.log`)
  const env = environment(options, name)
  await run([program, 'bootstrap'], { env, cwd: options.folder, logFile: logFile('bootstrap') })
  const start = (what: string, more: Record<string, string> = {}) =>
    launch({
      command: [program, 'start'],
      env: { ...env, ...more },
      cwd: options.folder,
      readyPath: '/server/ping',
      logFile: logFile(what),
    })
  // Collections are made while its schema may still change.
  const making = await start('making', { CACHE_SCHEMA_FREEZE_ENABLED: 'false' })
  const makingHeaders = await signIn(making, options.password)
  await createCollection(making, makingHeaders, 'clients', clientFields)
  await createCollection(making, makingHeaders, 'customers', customerFields)
  await making.stop()
  const someIds = await fill(options)
  const server = await start('start')
  const headers = await signIn(server, options.password)
  return { server, headers, someIds, databaseUrl: options.databaseUrl, restart: () => start('restart') }
}

function environment({ databaseUrl, directory, password, tuned }: DirectusOptions, name: string) {
  const url = new URL(databaseUrl)
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    SECRET: 'bench-secret-of-directus-at-least-32-characters',
    DB_CLIENT: 'pg',
    DB_HOST: url.searchParams.get('host') ?? url.hostname,
    DB_PORT: url.searchParams.get('port') ?? (url.port || '5432'),
    DB_DATABASE: url.pathname.slice(1),
    DB_USER: decodeURIComponent(url.username),
    DB_PASSWORD: decodeURIComponent(url.password),
    ADMIN_EMAIL: directusEmail,
    ADMIN_PASSWORD: password,
    ACCESS_TOKEN_TTL: '1d',
    TELEMETRY: 'false',
    LOG_LEVEL: 'warn',
    RATE_LIMITER_ENABLED: 'false',
    // Else it refuses requests under load, and what is refused is no figure.
    PRESSURE_LIMITER_ENABLED: 'false',
    FILES_MAX_UPLOAD_SIZE: '1gb',
    STORAGE_LOCAL_ROOT: path.join(directory, `${name}-uploads`),
    EXTENSIONS_PATH: path.join(directory, `${name}-extensions`),
    ...(tuned ? tuning : {}),
  }
}

async function run(
  args: readonly string[],
  { env, cwd, logFile }: { env: Record<string, string>; cwd: string; logFile: string },
): Promise<void> {
  const log = openSync(logFile, 'w')
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0)
    throw new Error(`directus ${args.slice(1).join(' ')}: ${code}\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
}

async function signIn(server: Measured, password: string): Promise<Record<string, string>> {
  const body = { email: directusEmail, password }
  const { access_token } = await post<{ access_token: string }>(server, '/auth/login', body)
  return { authorization: `Bearer ${access_token}` }
}

async function post<T>(server: Measured, address: string, body: object, headers: object = {}): Promise<T> {
  const answer = await fetch(server.url + address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`directus, ${address}: ${answer.status} ${text}`)
  return (JSON.parse(text) as { data: T }).data
}

const text = (field: string, length: number) => ({ field, type: 'string', schema: { max_length: length }, meta: {} })
const key = {
  field: 'id',
  type: 'uuid',
  schema: { is_primary_key: true, is_nullable: false },
  meta: { special: ['uuid'] },
}
const moment = (field: string, special: string) => ({
  field,
  type: 'timestamp',
  schema: {},
  meta: { special: [special] },
})
const clientFields = [
  key,
  text('name', 255),
  text('description', 1000),
  text('siret', 14),
  { field: 'is_active', type: 'boolean', schema: { default_value: true }, meta: {} },
  moment('date_created', 'date-created'),
  moment('date_updated', 'date-updated'),
]
const customerFields = [
  key,
  text('code', 255),
  text('name', 255),
  text('email', 255),
  text('siret', 14),
  text('postal_code', 20),
  text('city', 255),
  text('country_code', 2),
]

async function createCollection(server: Measured, headers: object, collection: string, fields: object[]) {
  await post(server, '/collections', { collection, schema: {}, meta: { accountability: 'all' }, fields }, headers)
}

async function fill({ databaseUrl, rows, tuned }: DirectusOptions): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(
      `insert into clients (id, name, description, is_active, date_created)
       select gen_random_uuid(), 'Client ' || n, 'One of many, for measuring', true, now() - n * interval '1 second'
         from generate_series(1, $1::integer) n`,
      [rows],
    )
    if (tuned) await client.query('create index on clients (date_created)')
    await client.query('vacuum analyze clients')
    const found = await client.query<{ id: string }>(
      'select id from (select id, row_number() over (order by date_created) n from clients) c where n % $1 = 0',
      [Math.ceil(rows / asked)],
    )
    return found.rows.map((row) => row.id)
  } finally {
    await client.end()
  }
}
