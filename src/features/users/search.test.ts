import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { Type } from 'typebox'
import { createTenant } from '#features/tenants/index.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { ServicesFixture } from '#platform/operations/services.fixture.ts'
import { openTestServices, origin } from '#platform/operations/services.fixture.ts'
import { listUsers } from './index.ts'
import * as store from './store.ts'

const usersOfEach = 2000

let fixture: ServicesFixture
before(async () => {
  fixture = await openTestServices()
  for (const tenant of ['one', 'two']) {
    await runForResult(fixture.services, createTenant, { name: tenant }, asOperator(tenant))
    await fixture.rows(
      `insert into users (tenant_id, id, email, email_key, display_name, password_hash, status)
       select $1, 'user-' || lpad(i::text, 6, '0'), 'U' || i || '@Example.com', 'u' || i || '@example.com',
              (array['Élodie', 'Marc', 'Ng', '100% O''Brien', '王芳', 'a_b:c'])[i % 6 + 1] || ' ' || md5(i::text), 'x',
              case i % 5 when 0 then 'deactivated' else 'active' end
         from generate_series(1, $2::integer) i`,
      [tenant, usersOfEach],
    )
  }
  await fixture.rows('analyze users')
})
after(() => fixture.close())

const asOperator = (tenantId: string) => ({ actor: { kind: 'system', tenantId, name: 'test' } as const, origin })

type Asked = { search?: string; status?: 'active' | 'deactivated'; ids?: string[]; after?: string }
const find = (asked: Asked, tenant = 'one') =>
  runForResult(fixture.services, listUsers, { limit: 25, ...asked }, asOperator(tenant))

test('finds exactly those in whose name or address the part is, whatever it is made of, page by page', async () => {
  const [{ hash = '' } = {}] = await fixture.rows<{ hash: string }>('select md5($1::text) as hash', [1321])
  const parts = [
    'ÉLODIE',
    'élodie 0',
    'm',
    'ng',
    'NG ',
    '0% o',
    "o'b",
    '%',
    '_',
    'a_b:',
    '王',
    '王芳',
    'one:',
    'zq~',
    '@',
  ]
  for (const part of [...parts, hash, hash.slice(5, 12), 'u1321@example.com', 'example.com']) {
    for (const status of [undefined, 'deactivated'] as const) {
      const expected = await fixture.rows<{ id: string }>(
        `select id from users where tenant_id = 'one' and ($2::text is null or status = $2)
            and (strpos(lower(display_name), lower($1)) > 0 or strpos(email_key, lower($1)) > 0) order by id limit 50`,
        [part, status ?? null],
      )
      const asked = { search: part, ...(status ? { status } : {}) }
      const first = await find(asked)
      const second = first.next === null ? null : await find({ ...asked, after: first.next })
      const found = [...first.users, ...(second?.users ?? [])].map((one) => one.id)
      assert.deepEqual(
        found,
        expected.map((one) => one.id),
        part,
      )
    }
  }
})

test('users that are asked for by their ids are those of the tenant, whatever else is asked', async () => {
  const ids = ['user-000003', 'user-000005', 'user-000011', 'nobody', "' or true --"]
  const idsOf = async (asked: Asked) => (await find(asked)).users.map((one) => one.id)
  assert.deepEqual(await idsOf({ ids }), ['user-000003', 'user-000005', 'user-000011'])
  assert.deepEqual(await idsOf({ ids, status: 'deactivated' }), ['user-000005'])
  assert.deepEqual(await idsOf({ ids, search: 'u11@' }), ['user-000011'])
  assert.deepEqual(await idsOf({ ids: [] }), [])
})

type Counted = { read: number; searches: number }

/** Rows of users that this transaction has read so far, and how often it has asked the index. */
async function counted(tx: Tx): Promise<Counted> {
  const { rows } = await sql<Counted>`
    select (pg_stat_get_xact_tuples_returned('users'::regclass)
            + pg_stat_get_xact_tuples_fetched('users'::regclass))::integer as read,
           pg_stat_get_xact_numscans('users_by_letters'::regclass)::integer as searches`.execute(tx)
  return rows[0] ?? { read: 0, searches: 0 }
}

const searchCounted = defineOperation({
  name: 'search.counted',
  summary: 'Searches, and tells what was read for it.',
  level: 'account',
  permission: 'user:view',
  effect: 'write',
  input: Type.Object({ search: Type.String() }),
  run: async ({ tx, tenantId }, { search }) => {
    const before = await counted(tx)
    const { length: found } = await store.listUsers(tx, tenantId, {
      search,
      status: null,
      ids: null,
      after: null,
      limit: 26,
    })
    const after = await counted(tx)
    return { found, read: after.read - before.read, searches: after.searches - before.searches }
  },
  audit: () => ({ description: 'Searched' }),
})

test('a search reads those that it finds, and not all names: through an index, as the application’s own role', async () => {
  for (const [search, expected] of [
    ['u1999@', 1],
    ['nobody has this', 0],
    ['zq~', 0],
  ] as const) {
    const { found, read, searches } = await runForResult(fixture.services, searchCounted, { search }, asOperator('one'))
    assert.deepEqual([found, searches], [expected, 1], search)
    assert.ok(read <= 3, `${search}: ${read} rows`)
  }
})

test('the function beneath finds nobody before a tenant was entered, and nobody of another one', async () => {
  const [none] = await fixture.rows<{ n: number }>(
    `select count(*)::integer as n from users_by_part('u1', null, '', 100)`,
  )
  assert.equal(none?.n, 0)
  await fixture.rows(`update users set display_name = 'Only Hers' where tenant_id = 'two' and id = 'user-000042'`)
  assert.deepEqual((await find({ search: 'only hers' })).users, [])
  assert.deepEqual(
    (await find({ search: 'only hers' }, 'two')).users.map((one) => one.id),
    ['user-000042'],
  )
})
