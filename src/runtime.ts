/** From settings to services: database (embedded or given), schema, keys. The same for the server, a worker and commands. */
import pg from 'pg'
import { migrations } from '#migrations/index.ts'
import { DatabaseClock } from '#platform/clock/index.ts'
import type { ConnectionParameters } from '#platform/db/database.ts'
import { Database } from '#platform/db/database.ts'
import type { EmbeddedPostgres } from '#platform/db/embedded.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import type { MigrationReport } from '#platform/db/migrate.ts'
import { migrate } from '#platform/db/migrate.ts'
import { connectionTo } from '#platform/db/primary.ts'
import { applicationRole } from '#platform/db/tenant-table.ts'
import { FileStore, VirusScanner } from '#platform/files/index.ts'
import { JobSender } from '#platform/jobs/job-sender.ts'
import type { QueueOptions } from '#platform/jobs/queue.ts'
import { installQueue } from '#platform/jobs/queue.ts'
import { sqlStateOf } from '#platform/operations/database-errors.ts'
import type { Logger, Services } from '#platform/operations/services.ts'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import { RateLimits } from '#platform/rate-limits/index.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { AuditKeys } from '#platform/signing-keys/audit-keys.ts'
import { SigningKeys } from '#platform/signing-keys/signing-keys.ts'
import type { Config } from './config.ts'
import { queues } from './worker.ts'

export type Runtime = {
  readonly config: Config
  readonly services: Services
  readonly masterKeys: MasterKeys
  /** Signs in as the role that owns the schema: migrations and what the operator does across tenants. */
  readonly owner: ConnectionParameters
  readonly queueOptions: QueueOptions
  /** Resolves when the embedded database ends by itself; never for another one. */
  readonly databaseEnded: Promise<number>
  /** What keeps this process from serving, by part, in words for the operator; empty when it is ready. */
  findProblems(): Promise<Record<string, string>>
  /** Asks the database for the time, from here on every few seconds. */
  synchronizeClock(): Promise<void>
  close(): Promise<void>
}

const ownerRole = 'clientele_owner'
const databaseName = 'clientele'

export type RuntimeOptions = {
  migrate: boolean
  /** The embedded server of another process: used as it is, never stopped. */
  running?: Pick<EmbeddedPostgres, 'connection'>
}

export async function openRuntime(
  config: Config,
  logger: Logger,
  options: RuntimeOptions = { migrate: true },
): Promise<Runtime> {
  const masterKeys = new MasterKeys(config.masterKeys ? { keys: config.masterKeys } : { dataDir: config.dataDir })
  const embedded =
    config.databaseUrl || options.running
      ? null
      : await startEmbeddedPostgres({
          dataDir: config.dataDir,
          ...(config.postgresBin ? { binDir: config.postgresBin } : {}),
        })
  try {
    const connections = embedded ? await prepareEmbedded(embedded) : connectionsTo(config, options.running)
    if (options.migrate) {
      const report = await migrateDatabase(connections.owner)
      if (report.applied.length > 0) logger.info({ applied: report.applied }, 'migrated the database')
    }
    const runtime = assembleRuntime(config, logger, { masterKeys, embedded, connections })
    await runtime.synchronizeClock()
    return runtime
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** Brings the database and the queue's own tables to this program's version. */
export function migrateDatabase(owner: ConnectionParameters): Promise<MigrationReport> {
  return migrate(owner, migrations, () => installQueue(owner, queues))
}

type Connections = { owner: ConnectionParameters; application: ConnectionParameters; role?: string }

function connectionsTo(config: Config, running: RuntimeOptions['running']): Connections {
  if (running) return embeddedConnections(running)
  const application = connectionTo(config.databaseUrl as string)
  if (config.databaseOwnerUrl) return { owner: connectionTo(config.databaseOwnerUrl), application }
  return { owner: application, application, role: applicationRole }
}

/** Two roles beside the superuser: one owns the schema, one works with it. Both sign in by themselves. */
async function prepareEmbedded(embedded: EmbeddedPostgres): Promise<Connections> {
  const client = new pg.Client(embedded.connection('postgres', 'postgres'))
  await client.connect()
  try {
    const { password } = embedded.connection('postgres', 'postgres')
    const secret = password === undefined ? '' : ` password ${client.escapeLiteral(password)}`
    for (const [role, rights] of [
      [ownerRole, 'createrole'],
      [applicationRole, 'nocreaterole'],
    ] as const) {
      const known = await client.query('select 1 from pg_roles where rolname = $1', [role])
      const verb = known.rowCount ? 'alter' : 'create'
      await client.query(`${verb} role ${role} login nosuperuser nocreatedb nobypassrls ${rights}${secret}`)
    }
    await client.query(`grant ${applicationRole} to ${ownerRole} with admin option`)
    const known = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (!known.rowCount) await client.query(`create database ${databaseName} owner ${ownerRole}`)
  } finally {
    await client.end()
  }
  return embeddedConnections(embedded)
}

function embeddedConnections(embedded: Pick<EmbeddedPostgres, 'connection'>): Connections {
  return {
    owner: embedded.connection(ownerRole, databaseName),
    application: embedded.connection(applicationRole, databaseName),
  }
}

/** Connects to nothing yet. */
export function assembleRuntime(
  config: Config,
  logger: Logger,
  parts: { masterKeys: MasterKeys; embedded: EmbeddedPostgres | null; connections: Connections },
): Runtime {
  const { masterKeys, embedded, connections } = parts
  const role = connections.role ? { role: connections.role } : {}
  const silenceMs = config.databaseSilenceMs
  const database = new Database({
    connection: connections.application,
    poolSize: config.databasePoolSize,
    silenceMs,
    ...role,
    onConnectionError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
  })
  const outbound = createOutboundHttp({ allow: config.outboundAllow })
  const jobs = new JobSender({ connection: connections.application, ...role, silenceMs, logger })
  const files = new FileStore({
    database,
    secrets: masterKeys,
    maxBytes: config.maxFileBytes,
    tenantBytes: config.tenantFileBytes,
    scanner: config.virusScanner ? new VirusScanner(config.virusScanner) : null,
    logger,
  })
  const clock = new DatabaseClock({ database, logger })
  const signingKeys = new SigningKeys({ database, clock, secrets: masterKeys, issuer: config.publicUrl })
  const rateLimits = config.rateLimits
    ? new RateLimits({ database, connection: connections.application, limits: config.rateLimits, logger })
    : null
  return {
    config,
    masterKeys,
    owner: connections.owner,
    queueOptions: { connection: connections.application, ...role, silenceMs, logger },
    databaseEnded: embedded?.exited ?? new Promise(() => {}),
    services: {
      database,
      clock,
      rateLimits,
      secrets: masterKeys,
      signingKeys,
      auditKeys: new AuditKeys({ database, secrets: masterKeys }),
      outbound,
      jobs,
      files,
      logger,
      settings: {
        publicUrl: config.publicUrl,
        apiKeyMode: config.isProduction ? 'live' : 'test',
        httpsOnly: config.isProduction,
        selfRegistration: config.selfRegistration,
        maxImportBytes: config.maxImportBytes,
        verifiedAtOnce: config.verifiedAtOnce,
        validatedAtOnce: config.validatedAtOnce,
        mail: config.mail,
        mailEndpoints: config.mailEndpoints,
        smtpCertificateAuthority: config.smtpCertificateAuthority,
        auditForward: config.auditForward,
      },
    },
    findProblems: () => withinPatience(findProblems(database)),
    synchronizeClock: () => clock.synchronize(),
    close: async () => {
      clock.close()
      await rateLimits?.close()
      await jobs.close()
      await outbound.close()
      await database.end()
      await embedded?.stop()
    },
  }
}

/** Whoever asks whether we are ready does not wait for ever: load balancers commonly give up after some seconds. */
const readyWithinMs = 4_000

async function withinPatience(problems: Promise<Record<string, string>>): Promise<Record<string, string>> {
  const { promise, resolve } = Promise.withResolvers<Record<string, string>>()
  const late = { database: `does not answer within ${readyWithinMs / 1000} s` }
  const timer = setTimeout(() => resolve(late), readyWithinMs)
  try {
    return await Promise.race([problems, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** SQLSTATE of PostgreSQL: the table that keeps the applied migrations is not there. */
const undefinedTable = '42P01'

async function findProblems(database: Database): Promise<Record<string, string>> {
  try {
    const [row] = await database.platformRead<{ applied: string[]; queue: boolean }>(
      `select array(select id from schema_migrations order by id) as applied,
              to_regclass('pgboss.version') is not null as queue`,
    )
    const missing = migrations.filter((one) => !row?.applied.includes(one.id)).map((one) => one.id)
    return {
      ...(missing.length > 0 ? { migrations: `not applied yet: ${missing.join(', ')}` } : {}),
      ...(row?.queue ? {} : { queue: 'the job queue is not installed' }),
    }
  } catch (error) {
    const code = sqlStateOf(error)
    if (code === undefinedTable)
      return { migrations: 'not applied yet: the database is empty, run "clientele migrate"' }
    return { database: `does not answer (${code ?? 'connection failed'})` }
  }
}
