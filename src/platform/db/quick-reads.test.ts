/** Reads of many callers on one connection: together on the wire, apart in everything else. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { CountingProxy } from './counting-proxy.fixture.ts'
import { startCountingProxy } from './counting-proxy.fixture.ts'
import { Database } from './database.ts'
import type { Statement } from './statement-batch.ts'
import { StatementBatch } from './statement-batch.ts'
import { UnitOfWork } from './unit-of-work.ts'

let testDatabase: TestDatabase
let proxy: CountingProxy
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  proxy = await startCountingProxy(testDatabase.ownerUrl)
  database = new Database({ connection: { connectionString: proxy.connectionString }, poolSize: 2 })
})
after(async () => {
  proxy.cut()
  await Promise.all([database.end(), proxy.close()])
  await testDatabase.drop()
})

const setting: Statement = { text: `select current_setting('app.tenant_id', true) as tenant`, values: [] }
const enter = (tenant: string): Statement => ({
  text: `select set_config('app.tenant_id', $1, true)`,
  values: [tenant],
})
const divide = (by: number): Statement => ({ text: 'select 12 / $1::integer as quotient', values: [by] })
const pidOf: Statement = { text: 'select pg_backend_pid() as pid', values: [] }

/** What came of a read: its last row, or the code of its error. */
async function outcomeOf(statements: readonly Statement[]): Promise<unknown> {
  try {
    return (await database.quickRead(statements)).at(-1)?.rows[0]
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('quick reads', () => {
  test('of one moment share a connection, and each sees its own tenant', async () => {
    for (let time = 0; time < 3; time++) {
      const tenants = Array.from({ length: 12 }, (_, i) => `tenant-${i}`)
      const seen = await Promise.all(tenants.map((tenant) => database.quickRead([enter(tenant), setting, pidOf])))
      assert.deepEqual(
        seen.map(([, found]) => found?.rows[0]?.tenant),
        tenants,
      )
      assert.equal(new Set(seen.map((results) => results[2]?.rows[0]?.pid)).size, 1)
    }
    const [without] = await database.quickRead([setting])
    assert.equal(without?.rows[0]?.tenant, '', 'no tenant stays behind')
  })

  test('fail alone: whatever fails among them, the others get their answers', async () => {
    const read = fc.oneof(
      fc.integer({ min: 0, max: 4 }).map((by) => ({
        statements: [enter('a'), divide(by)],
        expected: by === 0 ? '22012' : { quotient: Math.trunc(12 / by) },
      })),
      // Statements that no connection has prepared yet, some of which cannot be.
      fc.integer({ min: 0, max: 1e9 }).map((n) => ({
        statements: [{ text: `select ${n} as n`, values: [] }],
        expected: { n },
      })),
      fc.integer({ min: 0, max: 1e9 }).map((n) => ({
        statements: [enter('a'), { text: `select no_column_${n} from nowhere`, values: [] }, divide(3)],
        expected: '42P01',
      })),
      fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme-ascii' }).map((tenant) => ({
        statements: [enter(tenant), setting],
        expected: { tenant },
      })),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(read, { minLength: 1, maxLength: 40 }), async (reads) => {
        const outcomes = await Promise.all(reads.map((one) => outcomeOf(one.statements)))
        assert.deepEqual(
          outcomes,
          reads.map((one) => one.expected),
        )
      }),
      { numRuns: 40 },
    )
    await allIdle()
  })

  test('a statement with more parameters than a message can name is refused, and costs no connection', async () => {
    const many = Array.from({ length: 65_536 }, (_, i) => i)
    const tooMany: Statement = { text: 'select 1 as n', values: many }
    const writing = new UnitOfWork(database, 'write', null)
    for (const send of [
      () => database.batch([tooMany]),
      () => database.quickRead([tooMany]),
      () => writing.execute(tooMany),
    ]) {
      for (let time = 0; time < 3; time++) await assert.rejects(async () => send(), /65536 parameters/)
    }
    await writing.abandon()
    await allIdle()
    assert.deepEqual(await Promise.all([outcomeOf([divide(4)]), outcomeOf([divide(3)])]), [
      { quotient: 3 },
      { quotient: 4 },
    ])
  })

  test('a first one that fails before its statements are prepared spoils nothing for those behind it', async () => {
    const fresh: Statement = { text: `select 7 as "only here"`, values: [] }
    const client = new pg.Client(testDatabase.owner)
    await client.connect()
    try {
      const failing = new StatementBatch([divide(0), fresh])
      const behind = [
        new StatementBatch([fresh]),
        new StatementBatch([divide(4), fresh]),
        new StatementBatch([divide(6)]),
      ]
      StatementBatch.sendAll(client, [failing, ...behind])
      await assert.rejects(failing.results, { code: '22012' })
      const rows = await Promise.all(behind.map(async (one) => (await one.results).map((result) => result.rows[0])))
      assert.deepEqual(rows, [[{ 'only here': 7 }], [{ quotient: 3 }, { 'only here': 7 }], [{ quotient: 2 }]])
    } finally {
      await client.end()
    }
  })

  test('on a connection that has ended already all are refused, and none is waited for', async () => {
    const client = new pg.Client(testDatabase.owner)
    await client.connect()
    await client.end()
    const batches = [new StatementBatch([divide(4)]), new StatementBatch([divide(3)]), new StatementBatch([divide(2)])]
    StatementBatch.sendAll(client, batches)
    for (const one of batches) await assert.rejects(one.results, /Client was closed|terminated|not queryable/)
    assert.equal(client.listenerCount('drain'), 0)
  })

  test('one that takes long holds up those sent with it only: later ones take another connection', async () => {
    await Promise.all([outcomeOf([divide(1)]), outcomeOf([pidOf])])
    const client = new pg.Client(testDatabase.owner)
    await client.connect()
    try {
      await client.query('begin')
      await client.query('select pg_advisory_lock(7)')
      const blocked = outcomeOf([{ text: 'select pg_advisory_lock_shared(7)', values: [] }])
      await waiting(client)
      assert.deepEqual(await outcomeOf([divide(2)]), { quotient: 6 })
      await client.query('select pg_advisory_unlock(7)')
      await blocked
      await client.query('commit')
    } finally {
      await client.end()
    }
  })

  test('a connection lost under them fails them all, and the next ones get another', async () => {
    const sleep: Statement = { text: 'select pg_sleep(20)', values: [] }
    const client = new pg.Client(testDatabase.owner)
    await client.connect()
    try {
      const reads = Array.from({ length: 5 }, () => assert.rejects(database.quickRead([sleep])))
      await waiting(client)
      proxy.cut()
      await Promise.all(reads)
      assert.deepEqual(await outcomeOf([divide(2)]), { quotient: 6 })
      await allIdle()
    } finally {
      await client.end()
    }
  })

  test('where no connection can be had, each of them says so', async () => {
    const ended = new Database({ connection: { connectionString: proxy.connectionString }, poolSize: 1 })
    await ended.end()
    await Promise.all([1, 2].map((by) => assert.rejects(ended.quickRead([divide(by)]), /pool/)))
  })

  test('a value that is no parameter fails its own only', async () => {
    const spoilt = assert.rejects(async () => database.quickRead([{ text: 'select $1 as x', values: [Symbol('no')] }]))
    assert.deepEqual(await outcomeOf([divide(2)]), { quotient: 6 })
    await spoilt
  })

  test('what a unit of them writes at its end, that something was shown, goes by itself', async () => {
    const unit = new UnitOfWork(database, 'quick read', enter('a'))
    assert.deepEqual((await unit.execute(setting)).rows, [{ tenant: 'a' }])
    await unit.complete([
      { text: 'create table shown as select current_setting($1) as tenant', values: ['app.tenant_id'] },
    ])
    const [found] = await database.batch([{ text: 'select tenant from shown', values: [] }])
    assert.deepEqual(found?.rows, [{ tenant: 'a' }])
  })
})

/** Connections come back a moment after the answers. */
async function allIdle(): Promise<void> {
  const deadline = Date.now() + 5000
  while (database.pool.idleCount < database.pool.totalCount) {
    if (Date.now() > deadline) throw new Error('a connection was not given back')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Until a statement of the pool's connections waits for a lock, or sleeps. */
async function waiting(client: pg.Client): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    // Within a transaction the first look would be all that one ever sees.
    await client.query('select pg_stat_clear_snapshot()')
    const found = await client.query(
      `select 1 from pg_stat_activity where datname = current_database() and state = 'active' and wait_event_type in ('Lock', 'Timeout')`,
    )
    if (found.rows.length > 0) return
    if (Date.now() > deadline) throw new Error('nothing waits')
  }
}
