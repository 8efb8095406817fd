/** Migrations: forward only, one transaction each, safe with several starters, refused where the database is newer. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Migration } from '#migrations/index.ts'
import type { ConnectionParameters } from './database.ts'
import { applicationRole } from './tenant-table.ts'

/** The database and this program do not fit; the message says what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

export type MigrationReport = { applied: string[]; alreadyThere: number }

/** Any number, the same for every starter of this product: PostgreSQL's advisory locks are named by numbers. */
const migrationLock = 7_361_025_001

/**
 * Brings the schema to this program's version.
 * @param owner connection of the role that owns the schema
 * @param alsoUnderLock what else one starter at a time may do: the job queue's own tables
 * @throws MigrationError when the database is newer, an applied migration was edited, or rights are missing
 */
export async function migrate(
  owner: ConnectionParameters,
  migrations: readonly Migration[],
  alsoUnderLock: () => Promise<void> = async () => {},
): Promise<MigrationReport> {
  const client = new pg.Client({ ...owner, application_name: 'clientele-migrate' })
  // What happens to the connection between two statements is told by the next one.
  client.on('error', () => {})
  await client.connect()
  try {
    const version = await client.query<{ v: string }>(`select current_setting('server_version_num') as v`)
    if (Number(version.rows[0]?.v) < 150_000) {
      throw new MigrationError('Clientele needs PostgreSQL 15 or newer; DATABASE_URL points to an older server.')
    }
    // Waits for another starter instead of failing: it will find everything applied.
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    try {
      await ensureApplicationRole(client)
      const report = await applyMissing(client, migrations)
      await alsoUnderLock()
      return report
    } finally {
      // Where this fails the connection is gone, and the lock with it.
      await client.query('select pg_advisory_unlock($1)', [migrationLock]).catch(() => {})
    }
  } finally {
    await client.end()
  }
}

export type SchemaState = { missing: string[]; unknown: string[] }

/** Which migrations the database lacks, and which it has had that this program does not know. */
export async function readSchemaState(
  owner: ConnectionParameters,
  migrations: readonly Migration[],
): Promise<SchemaState> {
  const client = new pg.Client({ ...owner, application_name: 'clientele-command' })
  await client.connect()
  try {
    const table = await client.query(`select 1 where to_regclass('schema_migrations') is not null`)
    const applied = table.rowCount ? (await client.query<{ id: string }>('select id from schema_migrations')).rows : []
    const ids = new Set(applied.map(({ id }) => id))
    const known = new Set(migrations.map(({ id }) => id))
    return {
      missing: [...known].filter((id) => !ids.has(id)).sort(),
      unknown: [...ids].filter((id) => !known.has(id)).sort(),
    }
  } finally {
    await client.end()
  }
}

function databaseIsNewer(unknown: readonly string[]): MigrationError {
  return new MigrationError(
    `The database is newer than this program: it has had ${unknown.join(', ')}. Start the newer version, or restore a backup made before it.`,
  )
}

/** @throws MigrationError when the database is older or newer than this program */
export function requireSameSchema({ missing, unknown }: SchemaState): void {
  if (unknown.length > 0) throw databaseIsNewer(unknown)
  if (missing.length > 0) {
    throw new MigrationError(
      `The database is older than this program: it lacks ${missing.join(', ')}. Run: npx clientele migrate`,
    )
  }
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[]): Promise<MigrationReport> {
  await client.query(`create table if not exists schema_migrations (
    id text primary key, checksum text not null, applied_at timestamptz not null default now())`)
  await client.query(`grant select on schema_migrations to ${applicationRole}`)
  const applied = await client.query<{ id: string; checksum: string }>('select id, checksum from schema_migrations')
  const checksums = new Map(applied.rows.map((row) => [row.id, row.checksum]))
  const known = new Set(migrations.map((migration) => migration.id))
  const unknown = [...checksums.keys()].filter((id) => !known.has(id)).sort()
  if (unknown.length > 0) throw databaseIsNewer(unknown)
  const report: MigrationReport = { applied: [], alreadyThere: 0 }
  for (const migration of migrations) {
    const checksum = createHash('sha256').update(migration.sql).digest('hex')
    const before = checksums.get(migration.id)
    if (before === checksum) report.alreadyThere++
    else if (before !== undefined) {
      throw new MigrationError(
        `Migration ${migration.id} was edited after this database had applied it. Migrations go forward only: restore the file and add a new one.`,
      )
    } else {
      await applyOne(client, migration, checksum)
      report.applied.push(migration.id)
    }
  }
  return report
}

/** Somebody's work of that moment stood in the way; nothing was changed. */
const inTheWay = new Set(['40P01', '55P03', '40001'])
const mostAttempts = 10

/** Beside requests of the version before, whose locks may be taken in another order: then once more. */
async function applyOne(client: pg.Client, migration: Migration, checksum: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await client.query('begin')
    try {
      await client.query(migration.sql)
      await client.query('insert into schema_migrations (id, checksum) values ($1, $2)', [migration.id, checksum])
      await client.query('commit')
      return
    } catch (error) {
      // A lost connection has rolled back by itself; the error to tell is the first.
      await client.query('rollback').catch(() => {})
      if (attempt < mostAttempts && inTheWay.has((error as { code?: string }).code ?? '')) {
        await delay(100 * attempt)
        continue
      }
      throw new MigrationError(
        `Migration ${migration.id} failed and left the database as it was: ${(error as Error).message}`,
        { cause: error },
      )
    }
  }
}

/** The role belongs to the whole server, so another database's starter may create it at the same moment. */
async function ensureApplicationRole(client: pg.Client): Promise<void> {
  try {
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = '${applicationRole}') then
        create role ${applicationRole} login nosuperuser nocreatedb nocreaterole nobypassrls;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`)
    await client.query(`do $$ begin
      if not pg_has_role(current_user, '${applicationRole}', 'member') then
        execute format('grant ${applicationRole} to %I', current_user);
      end if;
    end $$`)
    await client.query(`grant usage on schema public to ${applicationRole}`)
  } catch (error) {
    throw new MigrationError(
      `The role ${applicationRole} is missing and the database's user may not create it. Have an administrator run: CREATE ROLE ${applicationRole} NOLOGIN; GRANT ${applicationRole} TO <user of DATABASE_URL>;`,
      { cause: error },
    )
  }
}
