import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import pg from 'pg'
import type { Migration } from '#migrations/index.ts'
import { migrations } from '#migrations/index.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { MigrationError, migrate } from './migrate.ts'

let database: TestDatabase
let owner: pg.Client

beforeEach(async () => {
  database = await createTestDatabase({ empty: true })
  owner = new pg.Client(database.owner)
  await owner.connect()
})
afterEach(async () => {
  await owner.end()
  await database.drop()
})

const first: Migration = { id: '0001-first', sql: 'create table first (id integer); insert into first values (1)' }
const second: Migration = { id: '0002-second', sql: 'create table second (id integer)' }

async function tables(): Promise<string[]> {
  const found = await owner.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  )
  return found.rows.map((row) => row.name)
}

async function applied(): Promise<string[]> {
  return (await owner.query<{ id: string }>('select id from schema_migrations order by id')).rows.map((row) => row.id)
}

test('five starters at once bring an empty database to the present schema, each migration once', async () => {
  let inside = 0
  let most = 0
  const underLock = async () => {
    inside++
    most = Math.max(most, inside)
    await owner.query('select 1')
    inside--
  }
  const reports = await Promise.all(Array.from({ length: 5 }, () => migrate(database.owner, migrations, underLock)))
  const ids = migrations.map((one) => one.id)
  assert.deepEqual(reports.flatMap((report) => report.applied).sort(), ids, 'each was applied by one of them')
  assert.equal(most, 1, 'what is done under the lock is done by one at a time')
  assert.deepEqual(await applied(), ids)
  assert.deepEqual(await migrate(database.owner, migrations), { applied: [], alreadyThere: ids.length })
})

test('a database with an older schema gets what it lacks, in order, and keeps its rows', async () => {
  assert.deepEqual((await migrate(database.owner, [first])).applied, ['0001-first'])
  assert.deepEqual(await migrate(database.owner, [first, second]), { applied: ['0002-second'], alreadyThere: 1 })
  assert.deepEqual((await owner.query('select id from first')).rows, [{ id: 1 }])
})

describe('refusals leave the database as it was', () => {
  test('of a database newer than the program, named by what it has had', async () => {
    await migrate(database.owner, [first, second])
    await assert.rejects(migrate(database.owner, [first]), (error: Error) => {
      assert.ok(error instanceof MigrationError)
      assert.match(error.message, /newer than this program: it has had 0002-second/)
      return true
    })
    assert.deepEqual(await applied(), ['0001-first', '0002-second'])
  })

  test('of a migration that was edited after it had been applied, before any later one runs', async () => {
    await migrate(database.owner, [first])
    const edited = { ...first, sql: `${first.sql} ` }
    await assert.rejects(migrate(database.owner, [edited, second]), /0001-first was edited/)
    assert.deepEqual(await tables(), ['first', 'schema_migrations'])
  })

  test('of a migration that fails: its own changes are undone, earlier ones stay, the lock is free', async () => {
    const failing = { id: '0002-fails', sql: 'create table half (id integer); insert into half values (1 / 0)' }
    await assert.rejects(migrate(database.owner, [first, failing]), (error: Error) => {
      assert.ok(error instanceof MigrationError)
      assert.match(error.message, /0002-fails failed and left the database as it was: division by zero/)
      return true
    })
    assert.deepEqual(await tables(), ['first', 'schema_migrations'])
    assert.deepEqual(await applied(), ['0001-first'])
    assert.deepEqual((await migrate(database.owner, [first, second])).applied, ['0002-second'])
  })

  test('of a starter whose connection is ended: the migration is undone and another starter finishes it', async () => {
    const slow = { id: '0002-slow', sql: 'create table slow (id integer); select pg_sleep(30)' }
    const killed = assert.rejects(migrate(database.owner, [first, slow]), MigrationError)
    const sleeper = `select pid from pg_stat_activity where application_name = 'clientele-migrate'
      and datname = current_database() and wait_event = 'PgSleep'`
    let pid: number | undefined
    while (pid === undefined) pid = (await owner.query<{ pid: number }>(sleeper)).rows[0]?.pid
    await owner.query('select pg_terminate_backend($1)', [pid])
    await killed
    assert.deepEqual(await tables(), ['first', 'schema_migrations'])
    assert.deepEqual(
      (await migrate(database.owner, [first, { ...slow, sql: 'create table slow (id integer)' }])).applied,
      ['0002-slow'],
    )
  })
})

test('a migration that meets the locks of requests in another order is tried once more', async () => {
  const database = await createTestDatabase({ empty: true })
  const other = new pg.Client(database.owner)
  await other.connect()
  try {
    await other.query('create table first (n integer); create table second (n integer)')
    await other.query('begin; lock table second')
    const crossing = {
      id: '0001-crossing',
      sql: 'lock table first; alter table second add column added text',
    }
    const migrated = migrate(database.owner, [crossing])
    await waitForLock(other)
    // Whichever of the two PostgreSQL ends: the migration is there afterwards.
    await other.query('lock table first').catch((error: unknown) => {
      assert.equal((error as { code?: string }).code, '40P01')
    })
    await other.query('rollback')
    assert.deepEqual((await migrated).applied, ['0001-crossing'])
  } finally {
    await other.end()
    await database.drop()
  }
})

/** Until the migration waits for the table that this connection holds. */
async function waitForLock(client: pg.Client): Promise<void> {
  const deadline = Date.now() + 20_000
  const waits = `select 1 from pg_locks where not granted and locktype = 'relation'`
  while ((await client.query(waits)).rows.length === 0) {
    if (Date.now() > deadline) throw new Error('the migration waits for nothing')
  }
}

test('the role of the application owns nothing, bypasses nothing and may not change the schema', async () => {
  await migrate(database.owner, migrations)
  const role = await owner.query(
    `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
       (select count(*)::integer from pg_class where relowner = pg_roles.oid) as owns
       from pg_roles where rolname = 'clientele_app'`,
  )
  assert.deepEqual(role.rows, [
    { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, owns: 0 },
  ])
  const application = new pg.Client(database.application)
  await application.connect()
  for (const text of ['create table mine (id integer)', 'drop table clients', 'delete from schema_migrations']) {
    await assert.rejects(application.query(text), { code: '42501' }, text)
  }
  await application.end()
})
