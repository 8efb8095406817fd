import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { CountingProxy } from './counting-proxy.fixture.ts'
import { startCountingProxy } from './counting-proxy.fixture.ts'
import { Database } from './database.ts'
import type { Statement } from './statement-batch.ts'
import { CommitRefusedError, UnitOfWork } from './unit-of-work.ts'

let testDatabase: TestDatabase
let proxy: CountingProxy
let database: Database
let owner: pg.Client

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  await owner.query(`
    create table notes (id integer primary key, text text not null);
    create function enter(tenant text) returns void language plpgsql as $$
    begin
      if tenant = 'refused' then raise exception 'refused' using errcode = 'CL001'; end if;
      perform set_config('app.tenant_id', tenant, true);
    end $$`)
  proxy = await startCountingProxy(testDatabase.ownerUrl)
  database = new Database({ connection: { connectionString: proxy.connectionString }, poolSize: 3 })
})
after(async () => {
  await database.end()
  await proxy.close()
  await owner.end()
  await testDatabase.drop()
})
beforeEach(() => owner.query('delete from notes'))

const enter = (tenant: string): Statement => ({ text: 'select enter($1)', values: [tenant] })
const insert = (id: number, text = 'x'): Statement => ({
  text: 'insert into notes values ($1, $2)',
  values: [id, text],
})
const tenantNow: Statement = { text: `select current_setting('app.tenant_id', true) as tenant`, values: [] }
const pidOf: Statement = { text: 'select pg_backend_pid() as pid', values: [] }

function unit(mode: 'read' | 'write', tenant = 'a', on = database): UnitOfWork {
  return new UnitOfWork(on, mode, enter(tenant))
}

async function notes(): Promise<number[]> {
  const found = await owner.query<{ id: number }>('select id from notes order by id')
  return found.rows.map((row) => row.id)
}

async function tripsOf(work: () => Promise<unknown>): Promise<number> {
  const before = proxy.roundTrips
  await work()
  return proxy.roundTrips - before
}

const busy = () => database.pool.totalCount - database.pool.idleCount

describe('the entrance', () => {
  test('another one holds for every statement that follows, and costs a read unit no round trip', async () => {
    for (const mode of ['read', 'write'] as const) {
      const one = unit(mode)
      const seen: unknown[] = []
      const look = async () => seen.push((await one.execute(tenantNow)).rows[0]?.tenant)
      await look()
      const trips = await tripsOf(() => Promise.all([one.enter(enter('b')), look()]))
      await look()
      await one.complete()
      assert.deepEqual([seen, trips], [['a', 'b', 'b'], 1])
    }
  })

  test('travels with the first statement: nothing runs when it refuses', async () => {
    for (const mode of ['read', 'write'] as const) {
      const one = unit(mode, 'refused')
      await assert.rejects(one.execute(insert(1)), { code: 'CL001' })
      await one.abandon()
    }
    assert.deepEqual(await notes(), [])
    assert.equal(busy(), 0)
  })

  test('a write unit without a statement of its own is refused by it too', async () => {
    const one = unit('write', 'refused')
    await assert.rejects(one.complete([insert(1)]), { code: 'CL001' })
    await one.abandon()
    assert.deepEqual(await notes(), [])
    assert.equal(busy(), 0)
  })

  test('a read unit that asks the database nothing is refused by it too', async () => {
    await assert.rejects(unit('read', 'refused').complete(), { code: 'CL001' })
    assert.equal(await tripsOf(() => unit('read').complete()), 1)
  })

  test('sets the tenant for every statement of the unit, and for nobody behind it', async () => {
    for (const mode of ['read', 'write'] as const) {
      const one = unit(mode, 'tenant-1')
      for (let time = 0; time < 3; time++) {
        assert.deepEqual((await one.execute(tenantNow)).rows, [{ tenant: 'tenant-1' }])
      }
      await one.complete()
      // All connections of the pool, the one that was just used among them.
      const seen = await Promise.all(Array.from({ length: 6 }, () => database.batch([tenantNow])))
      for (const [result] of seen) assert.ok(['', null].includes(result?.rows[0]?.tenant as string | null))
    }
  })

  test('units of several tenants at once see each its own', async () => {
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const one = unit(i % 2 === 0 ? 'read' : 'write', `t${i}`)
        await one.execute({ text: 'select pg_sleep(0.002)', values: [] })
        assert.equal((await one.execute(tenantNow)).rows[0]?.tenant, `t${i}`)
        await one.complete()
      }),
    )
  })
})

describe('round trips', () => {
  test('a read is one; statements issued together share it', async () => {
    await database.batch([tenantNow])
    assert.equal(
      await tripsOf(async () => {
        const one = unit('read')
        await Promise.all([one.execute(tenantNow), one.execute(pidOf), one.execute(tenantNow)])
        await one.complete()
      }),
      1,
    )
  })

  test('a write of one statement is two, with all that closes it', async () => {
    assert.equal(
      await tripsOf(async () => {
        const one = unit('write')
        await one.execute(insert(1))
        await one.complete([insert(2), insert(3)])
      }),
      2,
    )
    assert.deepEqual(await notes(), [1, 2, 3])
  })

  test('a write with closing statements only is one', async () => {
    assert.equal(await tripsOf(() => unit('write').complete([insert(1)])), 1)
    assert.deepEqual(await notes(), [1])
  })

  test('an abandoned unit that has done nothing costs none', async () => {
    assert.equal(await tripsOf(() => Promise.all([unit('read').abandon(), unit('write').abandon()])), 0)
  })

  test('writes that nothing waits for travel with the next statement, or with the end', async () => {
    const one = unit('write')
    const first = one.enqueue(insert(1))
    assert.equal(await tripsOf(() => one.execute(tenantNow)), 1)
    assert.equal((await first).affected, 1)
    const second = one.enqueue(insert(2))
    assert.equal(await tripsOf(() => one.complete([insert(3)])), 1)
    assert.equal((await second).affected, 1)
    assert.deepEqual(await notes(), [1, 2, 3])
  })

  test('the query builder shares them too', async () => {
    const one = unit('read')
    const trips = await tripsOf(() =>
      Promise.all([sql`select 1 as a`.execute(one.tx), sql<{ b: number }>`select ${2}::integer as b`.execute(one.tx)]),
    )
    assert.equal(trips, 1)
  })
})

describe('failures', () => {
  test('a statement that fails undoes the whole write unit, and the connection serves the next', async () => {
    const one = unit('write')
    await one.execute(insert(1))
    await assert.rejects(one.execute(insert(1)), { code: '23505' })
    await one.abandon()
    assert.deepEqual(await notes(), [])
    await unit('write').complete([insert(2)])
    assert.deepEqual(await notes(), [2])
    assert.equal(busy(), 0)
  })

  test('one failing statement rejects all that travelled with it, and later ones of the unit', async () => {
    const one = unit('write')
    const together = await Promise.allSettled([one.execute(insert(1)), one.execute(insert(1)), one.execute(insert(2))])
    assert.deepEqual(
      together.map((outcome) => outcome.status),
      ['rejected', 'rejected', 'rejected'],
    )
    await assert.rejects(one.execute(insert(3)), { code: '25P02' })
    await one.abandon()
    assert.deepEqual(await notes(), [])
  })

  test('a swallowed failure cannot be committed', async () => {
    const one = unit('write')
    await one.execute(insert(1))
    await assert.rejects(one.execute(insert(1)))
    // The closing statements fail in the broken transaction; COMMIT alone would be answered with ROLLBACK.
    await assert.rejects(one.complete([]), CommitRefusedError)
    await one.abandon()
    assert.deepEqual(await notes(), [])
    assert.equal(busy(), 0)
  })

  test('a failing closing statement undoes what came before it', async () => {
    const one = unit('write')
    await one.execute(insert(1))
    await assert.rejects(one.complete([insert(2), insert(2)]), { code: '23505' })
    await one.abandon()
    assert.deepEqual(await notes(), [])
    assert.equal(busy(), 0)
  })

  test('a write that nothing waits for fails the unit at its end, or goes with it', async () => {
    const failing = unit('write')
    const enqueued = assert.rejects(Promise.all([failing.enqueue(insert(1)), failing.enqueue(insert(1))]), {
      code: '23505',
    })
    await assert.rejects(failing.complete([insert(2)]), { code: '23505' })
    await failing.abandon()
    await enqueued
    const abandoned = unit('write')
    const never = assert.rejects(abandoned.enqueue(insert(3)), /was abandoned/)
    await abandoned.abandon()
    await never
    assert.throws(() => unit('read').enqueue(insert(4)), /read unit/)
    assert.deepEqual(await notes(), [])
    assert.equal(busy(), 0)
  })

  test('a statement after the end is refused', async () => {
    for (const end of ['complete', 'abandon'] as const) {
      const one = unit('write')
      await one.execute(insert(1))
      await one[end]()
      await assert.rejects(one.execute(insert(2)), /has ended/)
      await owner.query('delete from notes')
    }
    assert.deepEqual(await notes(), [])
  })

  test('a value that is no parameter fails its statement and costs no connection', async () => {
    const one = unit('write')
    await assert.rejects(one.execute({ text: 'select $1', values: [Symbol('s')] }), TypeError)
    await one.abandon()
    assert.equal(busy(), 0)
  })

  test('plans that a migration has made stale fail one statement, not every connection in turn', async () => {
    await owner.query('create table shapes (id integer, size integer)')
    await owner.query('insert into shapes values (1, 2)')
    const read: Statement = { text: 'select * from shapes', values: [] }
    const onEveryConnection = () =>
      Promise.allSettled([unit('read'), unit('read'), unit('read')].map((one) => one.execute(read)))
    await onEveryConnection()
    await owner.query('alter table shapes alter column size type text')
    await assert.rejects(unit('read').execute(read), { code: '0A000' })
    const again = await onEveryConnection()
    assert.deepEqual(
      again.map((outcome) => outcome.status === 'fulfilled' && outcome.value.rows),
      Array.from({ length: 3 }, () => [{ id: 1, size: '2' }]),
    )
  })
})
