import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from './database.ts'
import { rowLimit, rowOffset } from './row-limit.ts'
import { UnitOfWork } from './unit-of-work.ts'

let testDatabase: TestDatabase
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  const owner = new pg.Client(testDatabase.owner)
  await owner.connect()
  await owner.query('create table rows as select n from generate_series(1, 20000) n')
  await owner.query('create table names as select n, n::text as name from generate_series(1, 20000) n')
  await owner.query('create index on rows (n); create index on names (n); analyze')
  await owner.end()
  database = new Database({ connection: { connectionString: testDatabase.ownerUrl }, poolSize: 1 })
})
after(async () => {
  await database.end()
  await testDatabase.drop()
})

const page = (limit: RawBuilder<number>, offset: RawBuilder<number>) =>
  sql<{ n: number }>`select p.n from (select n from rows order by n limit ${limit} offset ${offset}) p
                       join names using (n) order by p.n`

async function read(limit: number, offset: number): Promise<number[]> {
  const unit = new UnitOfWork(database, 'read', null)
  const found = await page(rowLimit(limit), rowOffset(offset)).execute(unit.tx)
  return found.rows.map((row) => row.n)
}

/** How often PostgreSQL has made a plan for these values alone, and how often it used the one for all. */
async function plansOf(like: string): Promise<{ custom: number; generic: number }[]> {
  return database.platformRead(
    `select custom_plans::integer as custom, generic_plans::integer as generic from pg_prepared_statements
      where statement like $1`,
    [like],
  )
}

describe('the limit of a page', () => {
  test('lets PostgreSQL keep the plan of a first page, which it would make anew for every call', async () => {
    for (let time = 0; time < 20; time++) await read(25, 0)
    assert.deepEqual(await plansOf('%limit 25 offset 0%'), [{ custom: 0, generic: 20 }])
    // Why: with a parameter there, it never does.
    for (let time = 0; time < 20; time++) await read(27, 1)
    assert.deepEqual(await plansOf('%limit $1::integer offset $2::integer%'), [{ custom: 20, generic: 0 }])
  })

  test('gives the rows asked for, whatever the number and the place', async () => {
    for (const [limit, offset] of [
      [1, 0],
      [20, 0],
      [21, 40],
      [73, 19_990],
      [100, 0],
      [0, 5],
    ] as const) {
      const expected = Array.from({ length: Math.max(0, Math.min(limit, 20_000 - offset)) }, (_, i) => offset + i + 1)
      assert.deepEqual(await read(limit, offset), expected)
    }
  })

  test('makes few statements, however many sizes callers ask for', async () => {
    for (let size = 1; size <= 200; size++) await read(size, 0)
    assert.ok((await plansOf('%from rows order by n limit %')).length <= 20)
  })
})
