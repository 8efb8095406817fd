import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { coreError, DomainError } from '#kernel/errors.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from '../db/database.ts'
import { isRetryable, onConstraint, StaleActorError, translateDatabaseError } from './database-errors.ts'

let testDatabase: TestDatabase
let database: Database

before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  database = new Database({ connection: testDatabase.owner, poolSize: 2 })
  await database.batch([
    { text: 'create table named (id integer constraint named_once primary key, parent integer)', values: [] },
    {
      text: `create function fail(state text) returns void language plpgsql as $$
        begin raise exception 'as asked' using errcode = state; end $$`,
      values: [],
    },
  ])
})
after(async () => {
  await database.end()
  await testDatabase.drop()
})

/** What the database throws for the statement. */
async function thrownBy(text: string, values: unknown[] = []): Promise<unknown> {
  try {
    await database.batch([{ text, values }])
  } catch (error) {
    return error
  }
  throw new Error('the statement did not fail')
}

const failWith = (state: string) => thrownBy('select fail($1)', [state])

describe('what a failure of the database means to a caller', () => {
  const meanings: Record<string, string> = {
    CL001: 'session_ended',
    CL002: 'api_key_ended',
    CL003: 'client_inactive',
    CL004: 'tenant_suspended',
    '57014': 'unavailable',
    '57P01': 'unavailable',
    '53300': 'unavailable',
    '55P03': 'unavailable',
    '40001': 'unavailable',
    '40P01': 'unavailable',
    '08006': 'unavailable',
  }
  for (const [state, code] of Object.entries(meanings)) {
    test(`${state} is ${code}`, async () => {
      const meant = translateDatabaseError(await failWith(state))
      assert.ok(meant instanceof DomainError)
      assert.equal(meant.code, code)
      assert.equal(meant.retryAfterSeconds, code === 'unavailable' ? 2 : undefined)
    })
  }

  test('an actor older than its access version is to be loaded again', async () => {
    assert.ok(translateDatabaseError(await failWith('CL005')) instanceof StaleActorError)
  })

  test('values that PostgreSQL cannot store are a fault of the request, told without the value', async () => {
    const faults: [string, unknown][] = [
      ['select $1::text', 'a\0b'],
      ['select $1::jsonb', { a: '\0' }],
      ['select $1::integer', 2 ** 40],
      ['select $1::uuid', 'no-uuid-at-all'],
      ['select $1::timestamptz', 'no-moment-at-all'],
      ['select $1::timestamptz', '2026-02-30T00:00:00Z'],
      ['select $1::timestamptz', '2026-02-28T00:00:00+99'],
    ]
    for (const [text, value] of faults) {
      const meant = translateDatabaseError(await thrownBy(text, [value]))
      assert.ok(meant instanceof DomainError, text)
      assert.equal(meant.code, 'validation_failed')
      assert.equal(meant.message, 'The request holds a value that cannot be stored.')
    }
  })

  test('a server that cannot be reached is unavailable', async () => {
    const nowhere = new Database({ connection: { connectionString: 'postgresql://x@127.0.0.1:1/x' }, poolSize: 1 })
    const error = await nowhere.platformRead('select 1').catch((thrown: unknown) => thrown)
    assert.equal((translateDatabaseError(error) as DomainError).code, 'unavailable')
    await nowhere.end()
  })

  test('a pool without a free connection is unavailable', () => {
    const exhausted = new Error('timeout exceeded when trying to connect')
    assert.equal((translateDatabaseError(exhausted) as DomainError).code, 'unavailable')
  })

  test('what has no meaning for the caller stays what it is: faults of ours, and errors of the domain', async () => {
    const ours = [await thrownBy('select no_such_column'), await failWith('42501'), new Error('a fault'), null, 'text']
    for (const error of [...ours, coreError('other_client')]) assert.equal(translateDatabaseError(error), error)
  })
})

test('only failures that the same transaction may survive are tried again', async () => {
  for (const state of ['40001', '40P01', '26000', '0A000'])
    assert.equal(isRetryable(await failWith(state)), true, state)
  for (const state of ['23505', '57014', 'CL001', '08006', '42501']) {
    assert.equal(isRetryable(await failWith(state)), false, state)
  }
  assert.equal(isRetryable(new Error('no state')), false)
  assert.equal(isRetryable(undefined), false)
})

describe('constraints', () => {
  const insert = (id: number) => database.batch([{ text: 'insert into named (id) values ($1)', values: [id] }])

  test("a violated constraint becomes the domain's error, any other failure passes", async () => {
    await onConstraint(insert(1), {})
    const meanings = { named_once: () => coreError('idempotency_key_reused') }
    await assert.rejects(onConstraint(insert(1), meanings), { name: 'DomainError', code: 'idempotency_key_reused' })
    await assert.rejects(onConstraint(insert(1), { other: () => coreError('internal') }), { code: '23505' })
    await assert.rejects(onConstraint(insert(2 ** 40), meanings), { code: '22003' })
  })
})
