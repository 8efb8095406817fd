/** From settings to services: database (embedded or given), schema, keys. The same for the server, a worker and commands. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { migrations } from '#migrations/index.ts'
import { DatabaseClock } from '#platform/clock/index.ts'
import type { ConnectionParameters } from '#platform/db/database.ts'
import { Database } from '#platform/db/database.ts'
import type { EmbeddedPostgres } from '#platform/db/embedded.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import { LongReads } from '#platform/db/long-reads.ts'
import type { MigrationReport } from '#platform/db/migrate.ts'
import { migrate } from '#platform/db/migrate.ts'
import { connectionTo } from '#platform/db/primary.ts'
import { Replica } from '#platform/db/replica.ts'
import { replicaUrls, withoutUser } from '#platform/db/replica-urls.ts'
import { applicationRole } from '#platform/db/tenant-table.ts'
import { FileStore, VirusScanner } from '#platform/files/index.ts'
import { JobSender } from '#platform/jobs/job-sender.ts'
import type { QueueOptions } from '#platform/jobs/queue.ts'
import { installQueue } from '#platform/jobs/queue.ts'
import type { Logger, Services } from '#platform/operations/services.ts'
import { createOutboundHttp } from '#platform/outbound-http/index.ts'
import { RateLimits } from '#platform/rate-limits/index.ts'
import { ForeignKeysError } from '#platform/secrets/keys-fit.ts'
import { MasterKeys, masterKeyFile } from '#platform/secrets/master-keys.ts'
import { AuditKeys } from '#platform/signing-keys/audit-keys.ts'
import { SigningKeys } from '#platform/signing-keys/signing-keys.ts'
import type { Config } from './config.ts'
import { Readiness } from './readiness.ts'

export type Runtime = {
  readonly config: Config
  readonly services: Services
  readonly masterKeys: MasterKeys
  /** Signs in as the role that owns the schema: migrations and what the operator does across tenants. */
  readonly owner: ConnectionParameters
  /** Where the owner's long reads go. */
  readonly ownerReads: LongReads
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
  requireKeyFileOf(config)
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

/** A new key beside an old database would look like the right one, and open nothing. @throws ForeignKeysError */
function requireKeyFileOf({ masterKeys, databaseUrl, dataDir }: Config): void {
  const file = masterKeyFile(dataDir)
  if (masterKeys !== null || databaseUrl !== null || existsSync(file)) return
  if (!existsSync(path.join(dataDir, 'postgres', 'PG_VERSION'))) return
  throw new ForeignKeysError(
    `${file} is missing, and the database beside it was written under its keys: put back your copy of it (or set CLIENTELE_MASTER_KEYS). ` +
      'Nothing was changed. If there is no copy anywhere: docs/operations.md, "Lost master keys"',
  )
}

/** Brings the database and the queue's own tables to this program's version. */
export async function migrateDatabase(owner: ConnectionParameters): Promise<MigrationReport> {
  // Loads every feature: most commands need few of them.
  const { queues } = await import('./worker.ts')
  return migrate(owner, migrations, () => installQueue(owner, queues))
}

/** What DATABASE_REPLICA_URL leaves out is as in `databaseUrl`. */
function replicasOf(
  { databaseReplicaUrl, databaseSilenceMs: silenceMs }: Config,
  databaseUrl: string | null,
  { role, logger }: { role?: string; logger: Logger },
): Replica[] {
  if (databaseReplicaUrl === null || databaseUrl === null) return []
  const onConnectionError = (error: Error) => logger.warn({ err: error }, 'a connection to a replica was lost')
  return replicaUrls(databaseReplicaUrl, databaseUrl).map(
    (url) => new Replica({ url, silenceMs, ...(role ? { role } : {}), onConnectionError }),
  )
}

/** The owner is not the user that DATABASE_REPLICA_URL may name for the application. */
function ownerReplicasOf(config: Config, logger: Logger): Replica[] {
  const { databaseOwnerUrl: ownerUrl, databaseReplicaUrl: replicaUrl } = config
  if (ownerUrl === null || replicaUrl === null) return replicasOf(config, config.databaseUrl, { logger })
  return replicasOf({ ...config, databaseReplicaUrl: withoutUser(replicaUrl) }, ownerUrl, { logger })
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
  const longReads = new LongReads({
    primary: database,
    replicas: replicasOf(config, config.databaseUrl, { ...role, logger }),
    logger,
  })
  const ownerReads = new LongReads({ primary: database, replicas: ownerReplicasOf(config, logger), logger })
  const readiness = new Readiness(database, masterKeys, logger)
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
    ownerReads,
    queueOptions: { connection: connections.application, ...role, silenceMs, logger },
    databaseEnded: embedded?.exited ?? new Promise(() => {}),
    services: {
      database,
      longReads,
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
    findProblems: () => readiness.findProblems(),
    synchronizeClock: () => clock.synchronize(),
    close: async () => {
      clock.close()
      await rateLimits?.close()
      await jobs.close()
      await outbound.close()
      await Promise.all([longReads.close(), ownerReads.close()])
      await database.end()
      await embedded?.stop()
    },
  }
}
