/** What keeps tenants apart in the database itself, read from its catalogues and tried as the application's role. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { applicationRole } from '#platform/db/tenant-table.ts'
import { documentedRateLimits } from '#platform/rate-limits/index.ts'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import { prepareClient, prepareTenant, prepareUser } from './support/prepared-client.ts'
import { useEverything } from './support/used-tenant.ts'

let app: TestApp
let outside: Outside
let owner: pg.Client
let application: pg.Client

before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: { ...outside.config, rateLimits: documentedRateLimits } })
  owner = new pg.Client({ ...app.database.owner })
  application = new pg.Client({ ...app.database.application })
  await Promise.all([owner.connect(), application.connect()])
  // Rows of two tenants in every table of tenants.
  for (const tenantId of [undefined, await prepareTenant(app)]) {
    const client = await prepareClient(app, outside, tenantId ? { tenantId } : {})
    await useEverything(app, { client, user: await prepareUser(app, 'owner', client.tenantId), refreshToken: '' })
    const headers = { 'idempotency-key': 'one' }
    const keys = '/api/v1/clients/regenerate-key'
    const answer = await app.request(keys, { method: 'POST', apiKey: client.apiKey, headers })
    assert.equal(answer.status, 200)
  }
})
after(async () => {
  await Promise.all([owner.end(), application.end()])
  await app.close()
  await outside.stop()
})

/** Not a tenant's: everything else must carry tenant_id. */
const platformTables = [
  // Sign checkpoints of every tenant.
  'audit_keys',
  // How far the sealer has come, over all tenants.
  'audit_sealing',
  // Sign links to unsubscribe; encrypted.
  'notification_link_keys',
  // Looked up by a random id before any tenant is known; the content is encrypted.
  'oidc_payloads',
  'rate_limit_nodes',
  'registration_attempts',
  'schema_migrations',
  // Of names that may not exist, so of no tenant.
  'sign_in_failures',
  'signing_keys',
  // The server's own; encrypted.
  'webhook_server_keys',
]
/** The tenant column is another, or stands elsewhere in the key, for the reason given. */
const keyedOtherwise: Record<string, string> = {
  tenants: 'its id is the tenant',
  audit_inbox: 'the sealer walks over it by position, of all tenants; a second index would cost every write',
  self_registered_names: 'a name is unique among all tenants, so the name is the key; policies still keep rows apart',
}

async function rowsOf<Row extends pg.QueryResultRow>(client: pg.Client, text: string, values: unknown[] = []) {
  return (await client.query<Row>(text, values)).rows
}

async function tenantTables(): Promise<string[]> {
  const tables = await rowsOf<{ name: string }>(
    owner,
    `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
  )
  return tables.map((table) => table.name).filter((name) => !platformTables.includes(name))
}

test('every table but the listed ones belongs to a tenant by its column tenant_id', async () => {
  const found = await rowsOf<{ name: string }>(
    owner,
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnotnull order by 1`,
  )
  const expected = (await tenantTables()).filter((name) => name !== 'tenants')
  assert.deepEqual(
    found.map((row) => row.name),
    expected,
  )
})

test('every table of tenants has row level security enabled and forced, its owner included', async () => {
  const open = await rowsOf<{ name: string }>(
    owner,
    `select relname as name from pg_class where relname = any($1) and relnamespace = 'public'::regnamespace
      and not (relrowsecurity and relforcerowsecurity)`,
    [await tenantTables()],
  )
  assert.deepEqual(open, [])
})

test('every policy that the application falls under compares the tenant with the one that was entered', async () => {
  const policies = await rowsOf<{
    tablename: string
    policyname: string
    qual: string | null
    with_check: string | null
  }>(
    owner,
    `select tablename, policyname, qual, with_check from pg_policies
      where schemaname = 'public' and ($1 = any(roles) or 'public' = any(roles))`,
    [applicationRole],
  )
  const mine = /^\(\(?(?:tenant_id|id) = NULLIF\(current_setting\('app\.tenant_id'::text, true\), ''::text\)\)?\)$/
  for (const { tablename, policyname, qual, with_check } of policies) {
    for (const condition of [qual, with_check]) {
      if (condition !== null) assert.match(condition, mine, `${tablename}: ${policyname}`)
    }
  }
  for (const table of await tenantTables()) {
    const own = policies.filter((policy) => policy.tablename === table)
    const whole = own.some(
      (one) => one.policyname === 'tenant_isolation' && one.qual !== null && one.with_check !== null,
    )
    assert.ok(whole || table === 'self_registered_names', `${table} has no policy tenant_isolation`)
    assert.ok(own.length > 0, table)
  }
})

test('every table of tenants has tenant_id first in its primary key', async () => {
  const keys = await rowsOf<{ name: string; first: string }>(
    owner,
    `select c.relname as name, a.attname as first from pg_class c
       join pg_index i on i.indrelid = c.oid and i.indisprimary
       join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where c.relnamespace = 'public'::regnamespace`,
  )
  const first = new Map(keys.map((key) => [key.name, key.first]))
  for (const table of await tenantTables()) {
    if (keyedOtherwise[table]) assert.ok(first.has(table), `${table} has no primary key`)
    else assert.equal(first.get(table), 'tenant_id', table)
  }
})

test('every foreign key between tables of tenants carries the tenant, and an index finds the rows behind it', async () => {
  const loose = await rowsOf<{ name: string }>(
    owner,
    `select k.conname as name from pg_constraint k
      where k.contype = 'f' and k.connamespace = 'public'::regnamespace
        and (select attname from pg_attribute where attrelid = k.conrelid and attnum = k.conkey[1]) <> 'tenant_id'`,
  )
  assert.deepEqual(loose, [], 'a foreign key without the tenant can point into another one')
  const slow = await rowsOf<{ name: string }>(
    owner,
    `select k.conname as name from pg_constraint k
      where k.contype = 'f' and k.connamespace = 'public'::regnamespace and not exists (
        select from pg_index i where i.indrelid = k.conrelid
           and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
  )
  assert.deepEqual(slow, [], 'deleting what it points to would read the whole table')
})

test('the role of the application is no superuser, owns nothing, bypasses nothing and belongs to nobody', async () => {
  const [role] = await rowsOf(
    owner,
    'select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication from pg_roles where rolname = $1',
    [applicationRole],
  )
  assert.deepEqual(role, {
    rolsuper: false,
    rolbypassrls: false,
    rolcreatedb: false,
    rolcreaterole: false,
    rolreplication: false,
  })
  const owned = await rowsOf(
    owner,
    `select oid::regclass::text as what from pg_class where relowner = $1::regrole
      union all select oid::regprocedure::text from pg_proc where proowner = $1::regrole
      union all select nspname from pg_namespace where nspowner = $1::regrole
      union all select datname from pg_database where datdba = $1::regrole`,
    [applicationRole],
  )
  assert.deepEqual(owned, [])
  const memberships = await rowsOf(
    owner,
    'select roleid::regrole::text from pg_auth_members where member = $1::regrole',
    [applicationRole],
  )
  assert.deepEqual(memberships, [])
  const creates = await rowsOf(owner, `select has_schema_privilege($1, 'public', 'create') as may`, [applicationRole])
  assert.deepEqual(creates, [{ may: false }])
})

test('without a tenant the application sees no row of any, and writes none', async () => {
  for (const table of await tenantTables()) {
    const name = application.escapeIdentifier(table)
    const [all] = await rowsOf<{ n: number }>(owner, `select count(*)::int as n from ${name}`)
    if (table !== 'self_registered_names') assert.ok((all?.n ?? 0) >= 2, `${table} has no rows of two tenants`)
    for (const tenant of [null, '', 'tenant_nobody', '%']) {
      await application.query('begin')
      if (tenant !== null) await application.query(`select set_config('app.tenant_id', $1, true)`, [tenant])
      const [seen] = await rowsOf<{ n: number }>(application, `select count(*)::int as n from ${name}`)
      assert.equal(seen?.n, 0, `${table} with app.tenant_id ${tenant}`)
      await application.query('rollback')
    }
  }
})

test("in a tenant the application sees exactly the tenant's rows, and cannot write into another", async () => {
  const tenants = await rowsOf<{ id: string }>(owner, 'select id from tenants order by id')
  assert.ok(tenants.length >= 2)
  for (const table of await tenantTables()) {
    const column = table === 'tenants' ? 'id' : 'tenant_id'
    const name = application.escapeIdentifier(table)
    for (const { id } of tenants) {
      const [own] = await rowsOf<{ n: number }>(owner, `select count(*)::int as n from ${name} where ${column} = $1`, [
        id,
      ])
      await application.query('begin')
      await application.query('select enter_tenant($1)', [id])
      const seen = await rowsOf<{ owner: string; n: number }>(
        application,
        `select ${column} as owner, count(*)::int as n from ${name} group by 1`,
      )
      await application.query('rollback')
      assert.deepEqual(seen, own?.n ? [{ owner: id, n: own.n }] : [], table)
    }
  }
  await application.query('begin')
  await application.query('select enter_tenant($1)', [tenants[0]?.id])
  await assert.rejects(
    application.query(`insert into clients (tenant_id, id, name) values ($1, gen_random_uuid(), 'smuggled')`, [
      tenants[1]?.id,
    ]),
    { code: '42501' },
  )
  await application.query('rollback')
})

test('the tenant that was entered is forgotten at the end of the transaction', async () => {
  await application.query('begin')
  await application.query('select enter_tenant($1)', ['tenant_001'])
  await application.query('commit')
  const [after] = await rowsOf<{ n: number }>(application, 'select count(*)::int as n from clients')
  assert.equal(after?.n, 0)
})

test('audit events refuse change, deletion and truncation: to the application by right, to the owner by trigger', async () => {
  for (const statement of [
    `update audit_events set description = 'x'`,
    'delete from audit_events',
    'truncate audit_events',
    'truncate audit_events cascade',
  ]) {
    for (const client of [application, owner]) {
      await client.query('begin')
      if (client === application) await client.query('select enter_tenant($1)', ['tenant_001'])
      await assert.rejects(client.query(statement), { code: '42501' }, statement)
      await client.query('rollback')
    }
  }
  await assert.rejects(application.query('alter table audit_events disable trigger all'), { code: '42501' })
  await assert.rejects(application.query('drop table audit_events'), { code: '42501' })
})

test('functions that look across tenants run with a fixed search path, so that nobody can slip in objects', async () => {
  const loose = await rowsOf(
    owner,
    `select oid::regprocedure::text as what from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef
        and not coalesce(proconfig, '{}') @> array['search_path=public, pg_temp']`,
  )
  assert.deepEqual(loose, [])
})
