import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { Statement, StatementResult } from './statement-batch.ts'
import { StatementBatch } from './statement-batch.ts'

let database: TestDatabase
let client: pg.Client

before(async () => {
  database = await createTestDatabase({ empty: true })
  client = new pg.Client(database.owner)
  await client.connect()
  await client.query('create table things (id integer primary key, name text)')
})
after(async () => {
  await client.end()
  await database.drop()
})

function send(...statements: (Statement | string)[]): { results: Promise<StatementResult[]>; batch: StatementBatch } {
  const batch = new StatementBatch(statements.map((one) => (typeof one === 'string' ? { text: one, values: [] } : one)))
  client.query(batch)
  return { results: batch.results, batch }
}

async function rowsOf(...statements: (Statement | string)[]) {
  return (await send(...statements).results).map((result) => result.rows)
}

async function preparedTexts(): Promise<string[]> {
  const found = await client.query<{ statement: string }>('select statement from pg_prepared_statements')
  return found.rows.map((row) => row.statement)
}

describe('results', () => {
  test('each statement of a batch gets its own rows, command and count', async () => {
    const results = await send(
      { text: 'insert into things values ($1, $2), ($3, $4)', values: [1, 'one', 2, 'two'] },
      { text: 'select id, name from things where id > $1 order by id', values: [0] },
      'update things set name = upper(name)',
      'delete from things returning id',
    ).results
    assert.deepEqual(
      results.map(({ command, affected }) => [command, affected]),
      [
        ['INSERT', 2],
        ['SELECT', 2],
        ['UPDATE', 2],
        ['DELETE', 2],
      ],
    )
    assert.deepEqual(results[1]?.rows, [
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ])
    assert.deepEqual(
      results[3]?.rows.map((row) => row.id),
      [1, 2],
    )
  })

  test('a statement without a result and one with no rows keep the places of those around them', async () => {
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(
        await rowsOf('select 1 as a', 'set local lock_timeout = 1000', 'select 2 as b where false', 'select 3 as c'),
        [[{ a: 1 }], [], [], [{ c: 3 }]],
      )
    }
  })

  test('an empty statement and a comment alone give no rows', async () => {
    assert.deepEqual(await rowsOf('', 'select 1 as a', '-- nothing', 'select 2 as b'), [[], [{ a: 1 }], [], [{ b: 2 }]])
  })

  test('the same statement several times in one batch, new or prepared, runs each time with its own values', async () => {
    const same = (value: number) => ({ text: 'select $1::integer as twice', values: [value] })
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await rowsOf(same(1), 'select 9 as other', same(2), same(3)), [
        [{ twice: 1 }],
        [{ other: 9 }],
        [{ twice: 2 }],
        [{ twice: 3 }],
      ])
    }
    assert.equal((await preparedTexts()).filter((text) => text.includes('as twice')).length, 1)
  })

  test('an empty batch answers with no results', async () => {
    assert.deepEqual(await send().results, [])
  })

  test('batches that are queued on one connection answer each their own', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => rowsOf(`select ${i % 7} as n`)))
    assert.deepEqual(
      all.map((rows) => rows[0]?.[0]?.n),
      Array.from({ length: 50 }, (_, i) => i % 7),
    )
  })
})

describe('a batch is one implicit transaction', () => {
  test('settings with SET LOCAL reach the statements behind it and end with the batch', async () => {
    const [, inside] = await rowsOf(
      { text: `select set_config('app.tenant_id', $1, true)`, values: ['inside'] },
      `select current_setting('app.tenant_id', true) as tenant`,
    )
    assert.deepEqual(inside, [{ tenant: 'inside' }])
    const [afterwards] = await rowsOf(`select current_setting('app.tenant_id', true) as tenant`)
    assert.equal(afterwards?.[0]?.tenant, '')
  })

  test('when one statement fails nothing of the batch stays', async () => {
    const { results } = send(`insert into things values (10, 'x')`, `insert into things values (10, 'y')`, 'select 1')
    await assert.rejects(results, { code: '23505' })
    assert.deepEqual(await rowsOf('select id from things where id = 10'), [[]])
  })
})

describe('after an error', () => {
  const faults: Record<string, Statement | string> = {
    'at parse': 'select no_such_column from things',
    'at bind': { text: 'select $1::integer as bound', values: ['no number'] },
    'at execution': 'select 1 / (id - id) from generate_series(1, 3) as id',
    'after some rows': 'select 10 / (3 - id) as q from generate_series(1, 5) as id',
  }
  for (const [where, fault] of Object.entries(faults)) {
    test(`${where} the batch rejects, the connection stays right, and new statements are prepared rightly`, async () => {
      const before = `select 1 as before_${where.length}`
      const behind = `select 2 as behind_${where.length}`
      for (let time = 0; time < 3; time++) {
        const { results, batch } = send(before, fault, behind)
        await assert.rejects(results, (error: Error & { code?: string }) => error.code !== undefined)
        assert.equal(batch.connectionIsStale, false)
        assert.deepEqual(await rowsOf(behind, before), [
          [{ [`behind_${where.length}`]: 2 }],
          [{ [`before_${where.length}`]: 1 }],
        ])
      }
    })
  }

  for (const text of ['select pg_terminate_backend(pg_backend_pid())', 'copy things from stdin']) {
    test(`that ends the connection (${text}), it is marked as not to be used again`, async () => {
      const victim = new pg.Client(database.owner)
      const ended = new Promise((resolve) => victim.once('end', resolve))
      victim.on('error', () => {})
      await victim.connect()
      const batch = new StatementBatch([text, 'select 1'].map((one) => ({ text: one, values: [] })))
      victim.query(batch)
      await assert.rejects(batch.results)
      assert.equal(batch.connectionIsStale, true)
      await ended
    })
  }

  test("its row stays out of it: a refused row may hold another's secrets", async () => {
    await client.query('create table vault (id integer primary key, secret_ciphertext text, kind text not null)')
    const insert = { text: 'insert into vault values (1, $1, $2)', values: ['hush', null] }
    await assert.rejects(send(insert).results, (error: Error & { code?: string; detail?: string; column?: string }) => {
      assert.equal(error.code, '23502')
      assert.equal(error.column, 'kind')
      assert.ok(!inspect(error, { showHidden: true }).includes('hush'))
      return true
    })
  })

  test('a value that cannot be a parameter is refused before anything is sent', () => {
    assert.throws(() => send({ text: 'select $1', values: [() => 1] }), TypeError)
    assert.throws(() => send({ text: 'select $1', values: [new Date(Number.NaN)] }), RangeError)
  })
})

describe('prepared statements', () => {
  test('a statement whose result type was changed by a migration fails once at most on every connection', async () => {
    await client.query('create table changing (id integer, amount integer)')
    await client.query('insert into changing values (1, 5)')
    const others = [new pg.Client(database.owner), new pg.Client(database.owner)]
    const text = 'select * from changing'
    const on = (one: pg.Client) => {
      const batch = new StatementBatch([{ text, values: [] }])
      one.query(batch)
      return batch.results
    }
    for (const other of others) {
      await other.connect()
      await on(other)
    }
    await rowsOf(text)
    await client.query('alter table changing alter column amount type text')
    await client.query('alter table changing add column note text')
    await assert.rejects(send(text).results, { code: '0A000' })
    // One connection has learnt it; no other, and not this one either, fails for the same reason.
    for (const one of [client, ...others]) {
      assert.deepEqual((await on(one))[0]?.rows, [{ id: 1, amount: '5', note: null }])
    }
    for (const other of others) await other.end()
  })

  test('a statement that the server has forgotten marks the connection and works on the next', async () => {
    await rowsOf('select 42 as forgotten')
    await client.query('deallocate all')
    const { results, batch } = send('select 42 as forgotten')
    await assert.rejects(results, { code: '26000' })
    assert.equal(batch.connectionIsStale, true)
    await client.end()
    client = new pg.Client(database.owner)
    await client.connect()
    assert.deepEqual(await rowsOf('select 42 as forgotten'), [[{ forgotten: 42 }]])
  })

  // Last: from here on new statements are unnamed in this process.
  test('beyond a thousand statements the rest are sent unnamed: memory is bounded and results stay right', async () => {
    for (let block = 0; block < 13; block++) {
      const numbers = Array.from({ length: 100 }, (_, i) => block * 100 + i)
      const rows = await rowsOf(...numbers.map((n) => `select ${n} as n${n}`))
      assert.deepEqual(
        rows,
        numbers.map((n) => [{ [`n${n}`]: n }]),
      )
    }
    assert.ok((await preparedTexts()).filter((text) => text !== '').length <= 1001)
    assert.deepEqual(await rowsOf('select 1300 as late', 'select 1300 as late', 'set local lock_timeout = 5'), [
      [{ late: 1300 }],
      [{ late: 1300 }],
      [],
    ])
    await assert.rejects(send('select 1 as a', 'select nothing_of_it', 'select 2 as b').results, { code: '42703' })
    assert.deepEqual(await rowsOf('select 7 as still', 'select 8 as well'), [[{ still: 7 }], [{ well: 8 }]])
  })
})
