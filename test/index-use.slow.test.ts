/**
 * No route reads a growing table from its beginning to its end. Sequential scans are made dear (enable_seqscan off), so that one that
 * is left over has no index to go by; the tables of a test are too small to show that otherwise.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { startOutside } from './support/outside.ts'
import type { TestDatabase } from './support/postgres.ts'
import { createTestDatabase } from './support/postgres.ts'
import { prepareClient, prepareUser, signInAs } from './support/prepared-client.ts'
import { operationOf } from './support/refused-callers.ts'
import type { Subject } from './support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf, requestOf } from './support/route-examples.ts'

/** Few rows whatever grows: of the platform itself, or a handful a tenant. */
const small = [
  'attribute_catalogues',
  'audit_keys',
  'audit_sealing',
  'notification_link_keys',
  'rate_limit_nodes',
  'schema_migrations',
  'signing_keys',
  'tenants',
  'webhook_server_keys',
]

test('every route finds its rows by an index', async () => {
  const database = await createTestDatabase()
  const superuser = new pg.Client({ connectionString: database.superuserUrl })
  await superuser.connect()
  try {
    await superuser.query(`alter database ${database.name} set enable_seqscan = off`)
    const before = await readScans(superuser)
    await scanControl(database)
    await takeEveryRoute(database)
    const after = await scansOnceCounted(superuser)
    const scanned = [...after]
      .filter(([table, count]) => count > (before.get(table) ?? 0) && !small.includes(table))
      .map(([table, count]) => `${table}: ${count - (before.get(table) ?? 0)}`)
    assert.deepEqual(scanned, ['scan_control: 1'], 'only the one that has no index')
  } finally {
    await superuser.end()
    await database.drop()
  }
})

/** A scan that must be seen, or the test would see none. */
async function scanControl({ ownerUrl }: TestDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query('create table scan_control (n integer)')
  await client.query('select * from scan_control where n = 1')
  await client.end()
}

async function takeEveryRoute(database: TestDatabase): Promise<void> {
  const outside = await startOutside()
  const app = await startTestApp({ database, config: outside.config })
  try {
    const reading = await prepareClient(app, outside)
    const failed: string[] = []
    for (const route of app.routes) {
      const client = operationOf(route).effect !== 'write' ? reading : await prepareClient(app, outside)
      const user = await prepareUser(app, 'owner')
      const subject = { client, user, refreshToken: '' }
      const worked = await take(app, route, subject).catch(() => false)
      if (!worked) failed.push(route.operationId)
    }
    assert.ok(failed.length < app.routes.length * 0.05, `too few routes did their work: not ${failed.join(', ')}`)
  } finally {
    await app.close()
    await outside.stop()
  }
}

/** As its rightful caller. @returns whether it did its work; what others answer, other tests judge */
async function take(app: TestApp, route: TestApp['routes'][number], subject: Subject): Promise<boolean> {
  const { caller, arrange, request, prepare, succeedsIn } = exampleOf(route)
  if (succeedsIn) return true
  await arrange?.(app, subject)
  const token = caller === 'nobody' && !prepare ? '' : (await signInAs(app, subject.user)).access
  const example = prepare ? await prepare({ app, subject, token }) : request(subject)
  const credential = caller === 'nobody' ? {} : caller === 'client' ? apiKey(subject.client.apiKey) : bearer(token)
  const answer = await app.request(addressOf(route, example), requestOf(route, example, credential))
  return answer.status === route.success.status
}

async function readScans(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; n: number }>(
    `select relname as name, coalesce(seq_scan, 0)::integer as n from pg_stat_user_tables where schemaname = 'public'`,
  )
  return new Map(rows.map((row) => [row.name, row.n]))
}

/** Backends hand in what they counted when they end. */
async function scansOnceCounted(client: pg.Client): Promise<Map<string, number>> {
  for (;;) {
    const { rows } = await client.query(
      `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    )
    if (rows.length === 0) return readScans(client)
  }
}
