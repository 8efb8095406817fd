import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { CountingProxy } from './counting-proxy.fixture.ts'
import { startCountingProxy } from './counting-proxy.fixture.ts'
import { Database } from './database.ts'
import type { Statement } from './statement-batch.ts'
import { UnitOfWork } from './unit-of-work.ts'

let testDatabase: TestDatabase
let proxy: CountingProxy
let database: Database
let owner: pg.Client
const lost: Error[] = []

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  await owner.query('create table notes (id integer primary key)')
  proxy = await startCountingProxy(testDatabase.ownerUrl)
  database = new Database({
    connection: { connectionString: proxy.connectionString },
    poolSize: 3,
    onConnectionError: (error) => lost.push(error),
  })
})
after(async () => {
  // A test that failed may still hold a connection; without its network the pool ends all the same.
  proxy.cut()
  await Promise.all([database.end(), proxy.close()])
  await owner.end()
  await testDatabase.drop()
})
beforeEach(async () => {
  lost.length = 0
  await owner.query('delete from notes')
})

const insert = (id: number): Statement => ({ text: 'insert into notes values ($1)', values: [id] })
const pidOf: Statement = { text: 'select pg_backend_pid() as pid', values: [] }

function unit(mode: 'read' | 'write', on = database): UnitOfWork {
  return new UnitOfWork(on, mode, null)
}

async function notes(): Promise<number[]> {
  const found = await owner.query<{ id: number }>('select id from notes order by id')
  return found.rows.map((row) => row.id)
}

const busy = () => database.pool.totalCount - database.pool.idleCount

describe('lost connections', () => {
  test('a backend terminated between two statements fails the unit, not the process, and the pool heals', async () => {
    const one = unit('write')
    const { pid } = (await one.execute(pidOf)).rows[0] as { pid: number }
    await one.execute(insert(1))
    await owner.query('select pg_terminate_backend($1)', [pid])
    await waitFor(() => lost.length > 0)
    await assert.rejects(one.execute(insert(2)))
    await one.abandon()
    assert.deepEqual(await notes(), [])
    await unit('write').complete([insert(3)])
    assert.deepEqual(await notes(), [3])
    assert.equal(busy(), 0)
  })

  test('a backend terminated while it works fails the statement, and the next unit gets another connection', async () => {
    const one = unit('write')
    const { pid } = (await one.execute(pidOf)).rows[0] as { pid: number }
    const working = assert.rejects(one.execute({ text: 'select pg_sleep(20)', values: [] }), { code: '57P01' })
    await waitFor(async () => (await sleeping()) === 1)
    await owner.query('select pg_terminate_backend($1)', [pid])
    await working
    await one.abandon()
    for (let time = 0; time < 3; time++) await unit('read').execute(pidOf)
    assert.equal(busy(), 0)
  })

  test('a network that fails in the middle of reads and writes fails those only', async () => {
    const asleep: Statement = { text: 'select pg_sleep(20)', values: [] }
    const units = [unit('read'), unit('write'), unit('write')]
    // All connections of the pool are open before they are put to sleep.
    await Promise.all(units.map(() => unit('read').execute(pidOf)))
    const running = units.map((one) => assert.rejects(one.execute(asleep)))
    await waitFor(async () => (await sleeping()) === 3)
    proxy.cut()
    await Promise.all(running)
    await Promise.all(units.map((one) => one.abandon()))
    await unit('write').complete([insert(1)])
    assert.deepEqual(await notes(), [1])
    assert.equal(busy(), 0)
  })

  test('an idle connection that the server ends is told of once and replaced', async () => {
    const { pid } = (await unit('read').execute(pidOf)).rows[0] as { pid: number }
    await owner.query('select pg_terminate_backend($1)', [pid])
    await waitFor(() => database.pool.idleCount === database.pool.totalCount && lost.length > 0)
    await unit('read').execute(pidOf)
    assert.equal(lost.filter((error) => (error as { code?: string }).code === '57P01').length, 1)
  })

  async function sleeping(): Promise<number> {
    const found = await owner.query(
      `select 1 from pg_stat_activity where datname = current_database() and query like '%pg_sleep(20)%' and state = 'active' and pid <> pg_backend_pid()`,
    )
    return found.rows.length
  }
})

test('moments are read rightly whatever date style and time zone the database is set to', async () => {
  await owner.query(`do $$ begin
    execute format('alter database %I set datestyle to "German, DMY"', current_database());
    execute format('alter database %I set timezone to "America/New_York"', current_database());
  end $$`)
  const other = new Database({ connection: testDatabase.owner, poolSize: 1 })
  const moment = new Date('2026-03-04T05:06:07.089Z')
  const [result] = await other.batch([
    { text: 'select $1::timestamptz as moment, $1::timestamptz::text as text', values: [moment] },
  ])
  assert.deepEqual(result?.rows, [{ moment, text: '2026-03-04 05:06:07.089+00' }])
  await other.end()
})

describe('a small pool', () => {
  test('many units at once take turns and all finish', async () => {
    const small = new Database({ connection: testDatabase.owner, poolSize: 2 })
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const one = unit(i % 3 === 0 ? 'read' : 'write', small)
        await one.execute(pidOf)
        await one.execute(pidOf)
        if (i % 5 === 0) return one.abandon()
        return i % 3 === 0 ? one.complete() : one.complete([insert(i)])
      }),
    )
    assert.equal(small.pool.totalCount, 2)
    assert.equal(small.pool.idleCount, 2)
    assert.equal((await notes()).length, Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 5 && i % 3).length)
    await small.end()
  })
})

/** A condition that does not come true in time fails the test instead of keeping it for ever. */
async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'what was waited for did not happen in 30 s')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
