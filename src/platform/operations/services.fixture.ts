/** Services on a test database with a small table of its own, two tenants with callers, and the owner's view of it all. */
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import { newId, newUuid } from '#kernel/ids.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { processClock } from '../clock/index.ts'
import { Database } from '../db/database.ts'
import { LongReads } from '../db/long-reads.ts'
import { tenantTable } from '../db/tenant-table.ts'
import { FileStore } from '../files/index.ts'
import { JobSender } from '../jobs/job-sender.ts'
import { createOutboundHttp } from '../outbound-http/index.ts'
import { MasterKeys } from '../secrets/master-keys.ts'
import { AuditKeys } from '../signing-keys/audit-keys.ts'
import { SigningKeys } from '../signing-keys/signing-keys.ts'
import type { ApiKeyActor, UserActor } from './actor.ts'
import type { Origin } from './operation.ts'
import type { Services } from './services.ts'

export type ServicesFixture = {
  services: Services
  /** Sees and changes every tenant's rows. */
  owner: pg.Client
  database: TestDatabase
  logged: { level: string; fields: object; message: string }[]
  /** A client of the tenant with a user signed in at account level, one for that client, and an API key. */
  seed(tenantId: string, permissions?: readonly string[]): Promise<Seeded>
  rows<T = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>
  close(): Promise<void>
}

export type Seeded = { tenantId: string; clientUid: string; user: UserActor; clientUser: UserActor; key: ApiKeyActor }

export const origin: Origin = { requestId: 'r-1', ipAddress: '192.0.2.7', userAgent: 'test', via: 'test' }

/** Of every process of this test run, so that one opens what another has encrypted. */
export const masterKeys = generateFernetKey()

export async function openTestServices(options: { poolSize?: number } = {}): Promise<ServicesFixture> {
  const testDatabase = await createTestDatabase()
  const owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  await owner.query(`create table jottings (tenant_id text, id integer, text text, primary key (tenant_id, id));
    ${tenantTable('jottings', 'select, insert, update, delete')}`)
  const database = new Database({ connection: testDatabase.application, poolSize: options.poolSize ?? 6 })
  const secrets = new MasterKeys({ keys: masterKeys })
  const outbound = createOutboundHttp({ allow: [] })
  const logged: ServicesFixture['logged'] = []
  const log = (level: string) => (fields: object, message: string) => {
    logged.push({ level, fields, message })
  }
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  const jobs = new JobSender({ connection: testDatabase.application, logger })
  return {
    owner,
    database: testDatabase,
    logged,
    services: {
      database,
      longReads: new LongReads({ primary: database, replicas: [], logger }),
      clock: processClock,
      secrets,
      signingKeys: new SigningKeys({ database, secrets, issuer: 'http://localhost' }),
      auditKeys: new AuditKeys({ database, secrets }),
      outbound,
      logger,
      jobs,
      files: new FileStore({
        database,
        secrets,
        maxBytes: 10 * 1024 * 1024,
        tenantBytes: 1024 ** 4,
        scanner: null,
        logger,
      }),
      rateLimits: null,
      settings: {
        publicUrl: 'http://localhost',
        apiKeyMode: 'test',
        httpsOnly: false,
        selfRegistration: 'open',
        verifiedAtOnce: 100_000,
        validatedAtOnce: 50_000,
        maxImportBytes: 64 * 1024 * 1024,
        mailEndpoints: {},
        mail: null,
        smtpCertificateAuthority: null,
        auditForward: null,
      },
    },
    seed: (tenantId, permissions = ['*']) => seed(owner, tenantId, new Set(permissions)),
    rows: async <T>(text: string, values: unknown[] = []) => (await owner.query(text, values)).rows as T[],
    close: async () => {
      await outbound.close()
      await jobs.close()
      await database.end()
      await owner.end()
      await testDatabase.drop()
    },
  }
}

async function seed(owner: pg.Client, tenantId: string, permissions: ReadonlySet<string>): Promise<Seeded> {
  const [userId, clientUid, apiKeyId] = [newId('user'), newUuid(), newId('key')]
  const [sessionId, clientSessionId] = [newId('sess'), newId('sess')]
  await owner.query('insert into tenants (id, name) values ($1, $1)', [tenantId])
  await owner.query(
    `insert into users (tenant_id, id, email, email_key, display_name, password_hash) values ($1, $2, $2, $2, $2, '-')`,
    [tenantId, userId],
  )
  await owner.query('insert into clients (tenant_id, id, name) values ($1, $2, $3)', [tenantId, clientUid, 'Client'])
  await owner.query(
    `insert into sessions (tenant_id, id, user_id, client_id, expires_at)
      values ($1, $2, $3, null, now() + interval '1 hour'), ($1, $4, $3, $5, now() + interval '1 hour')`,
    [tenantId, sessionId, userId, clientSessionId, clientUid],
  )
  await owner.query(
    `insert into api_keys (tenant_id, id, client_id, name, key_hash, hint) values ($1, $2, $3, 'primary', $4, '-')`,
    [tenantId, apiKeyId, clientUid, Buffer.from(apiKeyId)],
  )
  const user: UserActor = { kind: 'user', tenantId, userId, sessionId, clientUid: null, permissions, accessVersion: 1 }
  return {
    tenantId,
    clientUid,
    user,
    clientUser: { ...user, sessionId: clientSessionId, clientUid },
    key: { kind: 'api_key', tenantId, apiKeyId, clientUid, permissions },
  }
}
