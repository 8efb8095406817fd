/** Long reads go to a real streaming replica, and to the primary when it is late, cancels them, dies or is promoted. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { checkBackup, openBackup } from '#platform/backup/index.ts'
import { LongReads } from '#platform/db/long-reads.ts'
import { Replica } from '#platform/db/replica.ts'
import { replicaUrls } from '#platform/db/replica-urls.ts'
import { firstTenant } from '#src/bootstrap.ts'
import { runCommand } from '#src/cli/command.fixture.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { queryAsOwner, withOwner } from '../support/owner-query.ts'
import { createTestDatabase } from '../support/postgres.ts'
import type { PostgresPair } from './postgres-pair.fixture.ts'
import { startPostgresPair, until } from './postgres-pair.fixture.ts'

const rows = 50_000
const ends: (() => unknown)[] = []
let pair: PostgresPair
let app: TestApp
let token: string
let replicaUrl: string
let directory: string

before(async () => {
  pair = await startPostgresPair({ isSynchronous: false })
  ends.push(pair.close)
  process.env.TEST_DATABASE_URL = `postgresql://postgres@127.0.0.1:${pair.primary.port}/postgres`
  directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-replica-'))
  ends.push(() => rm(directory, { recursive: true, force: true }))
  // What conflicts with replay is cancelled at once, not after half a minute.
  await pair.replica.query('alter system set max_standby_streaming_delay = 0')
  await pair.replica.query('select pg_reload_conf()')
  const database = await createTestDatabase()
  replicaUrl = `postgresql://127.0.0.1:${pair.replica.port}`
  app = await startTestApp({ database, config: { databaseReplicaUrl: replicaUrl, verifiedAtOnce: 0 } })
  ends.push(() => app.close())
  ends.push(await startWorker(app.runtime))
  token = await app.signIn()
  await fill(firstTenant, rows)
  await queryAsOwner(database, `insert into tenants (id, name) values ('another', 'Another')`)
  await fill('another', 10)
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

async function fill(tenantId: string, count: number): Promise<void> {
  await queryAsOwner(
    app.database,
    `insert into customers (tenant_id, id, code, name, email, city, country_code)
     select $1, gen_random_uuid(), 'C' || n, 'Société ' || n || repeat(' & fils', 40), 'contact' || n || '@example.com', 'Lyon', 'FR' from generate_series(1, $2::int) n`,
    [tenantId, count],
  )
}

type State = { export_id: string; status: string; download_url: string; rows_written: number; progress_url: string }

async function ask(format: string): Promise<State> {
  const body = { entity_type: 'customers', format, columns: ['code', 'name', 'email', 'city', 'country_code'] }
  const answer = await app.request('/api/v1/export', { method: 'POST', token, body })
  assert.equal(answer.status, 202, answer.text)
  return answer.body
}

async function ready(asked: State): Promise<State> {
  let state = asked
  await until('the export has ended', async () => {
    state = (await app.request(asked.progress_url, { token })).body
    return !['pending', 'running'].includes(state.status)
  })
  assert.equal(state.status, 'ready')
  return state
}

/** The codes of all lines, csv or jsonl. */
async function codesOf({ download_url: url }: State): Promise<string[]> {
  const text = await (await fetch(app.url + url, { headers: { authorization: `Bearer ${token}` } })).text()
  return [...text.matchAll(/^(?:\{"code":")?(C\d+|LAST)[",]/gm)].map(([, code]) => code as string)
}

/** Every customer of the tenant once. */
async function assertWhole(made: State): Promise<void> {
  const found = (await codesOf(made)).sort()
  const expected = await queryAsOwner<{ code: string }>(
    app.database,
    'select code from customers where tenant_id = $1',
    [firstTenant],
  )
  const digest = (codes: string[]) => createHash('sha256').update(codes.join('\n')).digest('hex')
  assert.equal(found.length, expected.length)
  assert.equal(digest(found), digest(expected.map(({ code }) => code).sort()))
  assert.equal(made.rows_written, expected.length)
}

type Line = {
  read?: string
  outcome?: string
  reason?: string
  replica?: string
  err?: { message: string }
  msg: string
}

/** What was logged of long reads since the last call. */
let seen = 0
function told(): Line[] {
  const lines = app.logs.slice(seen).map((line) => JSON.parse(line) as Line)
  seen = app.logs.length
  return lines.filter((line) => line.read !== undefined)
}

function openReplica(): Replica {
  const [url] = replicaUrls(replicaUrl, app.database.applicationUrl)
  return new Replica({ url: url as string })
}

const name = () => `127.0.0.1:${pair.replica.port}`

/** Rows of customers that a server has read, by its own statistics. */
async function readAt(server: 'primary' | 'replica'): Promise<number> {
  const [row] = await pair[server].query<{ n: number }>(
    `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as n from pg_stat_user_tables where relname = 'customers'`,
    app.database.name,
  )
  return row?.n ?? 0
}

test('an export by a job is read from the replica with what was written just before; the primary reads none of it', async () => {
  await queryAsOwner(
    app.database,
    `insert into customers (tenant_id, id, code, name) values ($1, gen_random_uuid(), 'LAST', 'x')`,
    [firstTenant],
  )
  const before = await readAt('primary')
  const made = await ready(await ask('csv'))
  const lines = told()
  assert.deepEqual(
    lines.map(({ read, replica }) => ({ read, replica })),
    [{ read: 'export', replica: name() }],
  )
  await until('the replica has counted its reading', async () => (await readAt('replica')) >= 2 * (rows + 1))
  // Whether it is one for a job, the primary has found by reading 5,001 of them.
  assert.ok((await readAt('primary')) - before < rows / 2, 'the primary has read the rows')
  await assertWhole(made)
})

test('row level security holds on the replica, and its connections write nothing', async (t) => {
  const replica = openReplica()
  t.after(() => replica.end())
  const count = { text: 'select count(*)::integer as n from customers', values: [] }
  const of = async (...entrance: string[]) => {
    const enter = entrance.map((tenant) => ({ text: 'select enter_tenant($1)', values: [tenant] }))
    return (await replica.database.batch([...enter, count])).at(-1)?.rows[0]?.n
  }
  assert.deepEqual([await of(), await of('another'), await of(firstTenant)], [0, 10, rows + 1])
  await assert.rejects(replica.database.batch([{ text: 'delete from customers', values: [] }]), { code: '25006' })
})

test('verification of the audit log, a report and a backup are read from the replica', async () => {
  const asked = await app.request('/api/v1/audit/verify-integrity', { method: 'POST', token, body: {} })
  assert.equal(asked.status, 202, asked.text)
  const { verification_id: id } = asked.body as { verification_id: string }
  await until('the log is verified', async () => {
    const answer = await app.request(`/api/v1/audit/verifications/${id}`, { token })
    return (answer.body as { verdict: boolean | null }).verdict === true
  })
  const body = { template_id: 'weekly_summary', format: 'csv', parameters: {} }
  const report = await app.request('/api/v1/reports/generate', { method: 'POST', token, body })
  assert.ok(report.status < 300, report.text)
  const lines: Line[] = []
  await until('both were read', async () => lines.push(...told()) >= 2)
  assert.deepEqual(lines.map(({ read, replica }) => `${read} ${replica}`).sort(), [
    `report ${name()}`,
    `verification ${name()}`,
  ])
  const file = path.join(directory, 'whole.backup')
  const settings = {
    DATABASE_URL: app.database.applicationUrl,
    DATABASE_OWNER_URL: app.database.ownerUrl,
    DATABASE_REPLICA_URL: replicaUrl,
    CLIENTELE_MASTER_KEYS: app.runtime.config.masterKeys ?? '',
    LOG_LEVEL: 'debug',
  }
  const made = await runCommand(['backup', file], settings)
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stderr, new RegExp(`"read":"backup","replica":"${name()}"`))
  const opened = await openBackup(createReadStream(file), app.runtime.masterKeys)
  assert.ok((await checkBackup(opened)).rows > rows)
})

test('a replica that is late is waited for, and left when it does not come', async (t) => {
  const replica = openReplica()
  t.after(() => replica.end())
  const { database, logger } = app.runtime.services
  const patient = new LongReads({ primary: database, replicas: [replica], logger, patienceMs: 60_000 })
  await pair.replica.query('select pg_wal_replay_pause()')
  await queryAsOwner(app.database, `update customers set city = 'Paris' where code = 'LAST'`)
  let hasBegun = false
  const waiting = patient.read('waiting', async (where) => {
    hasBegun = true
    const enter = { text: 'select enter_tenant($1)', values: [firstTenant] }
    return (await where.batch([enter, { text: `select city from customers where code = 'LAST'`, values: [] }])).at(-1)
  })
  await until('it asks the replica', async () => {
    const [row] = await pair.replica.query<{ n: number }>(
      `select count(*)::integer as n from pg_stat_activity where application_name = 'clientele-replica'`,
    )
    return (row?.n ?? 0) > 0
  })
  assert.equal(hasBegun, false)
  await pair.replica.query('select pg_wal_replay_resume()')
  assert.equal((await waiting)?.rows[0]?.city, 'Paris')
  assert.deepEqual(
    told().map(({ replica: server }) => server),
    [name()],
  )

  await pair.replica.query('select pg_wal_replay_pause()')
  await queryAsOwner(app.database, `delete from customers where code = 'LAST'`)
  const left = await ready(await ask('csv'))
  const [line] = told()
  assert.equal(line?.outcome, 'late')
  assert.match(line?.reason ?? '', /has \d+ bytes still to replay after 5 s/)
  await assertWhole(left)
  const { text } = await app.request('/metrics')
  assert.match(text, new RegExp(`clientele_replica_lag_bytes\\{server="${name()}"\\} [1-9]`))
  await pair.replica.query('select pg_wal_replay_resume()')
})

/**
 * An export in whose middle something happens to the replica: its file cannot be written until that is over, so the replica
 * waits for somebody to take its rows.
 */
async function inTheMiddle(happens: () => Promise<unknown>): Promise<State> {
  return withOwner(app.database, async (owner) => {
    await owner.query('begin; lock table file_chunks in exclusive mode')
    const asked = await ask('jsonl')
    await until('the replica waits for a reader', async () => {
      const [row] = await pair.replica.query<{ n: number }>(
        `select count(*)::integer as n from pg_stat_activity
          where application_name = 'clientele replica reads' and wait_event = 'ClientWrite'`,
      )
      return (row?.n ?? 0) > 0
    })
    await happens()
    await owner.query('commit')
    return asked
  })
}

async function assertInterrupted(asked: State, reason: RegExp): Promise<void> {
  const made = await ready(asked)
  const lines = told()
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['reads from a replica', 'a long read from a replica did not come to its end: the primary does it'],
  )
  assert.match(lines[1]?.err?.message ?? '', reason)
  await assertWhole(made)
}

test('a reading that replay cancels in the middle begins anew at the primary: every row is there once', async () => {
  const asked = await inTheMiddle(async () => {
    await queryAsOwner(app.database, 'begin; lock table customers in access exclusive mode; commit')
    const [at] = await pair.primary.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')
    await until('the replica has received it', async () => {
      const [row] = await pair.replica.query<{ there: boolean }>(
        `select pg_last_wal_receive_lsn() >= '${at?.lsn}' as there`,
      )
      return row?.there === true
    })
  })
  await assertInterrupted(asked, /conflict with recovery/)
})

test('a replica that dies in the middle costs no row, and no readiness', async () => {
  const asked = await inTheMiddle(() => pair.replica.kill())
  await assertInterrupted(asked, /terminated|reset|closed/i)
  assert.equal((await app.request('/health/ready')).status, 200)
  const { text } = await app.request('/metrics')
  assert.match(text, new RegExp(`clientele_replica_up\\{server="${name()}"\\} 0`))
  await assertWhole(await ready(await ask('csv')))
  assert.equal(told()[0]?.outcome, 'unreachable')
})

test('a replica that was promoted is none: nothing is read from it, and nothing can be written there', async (t) => {
  await pair.replica.start()
  await pair.replica.promote()
  await pair.replica.query(`delete from customers where tenant_id = '${firstTenant}'`, app.database.name)
  await assertWhole(await ready(await ask('csv')))
  const [line] = told()
  assert.deepEqual([line?.outcome, line?.reason], ['refused', `${name()} is no streaming replica`])
  const promoted = openReplica()
  t.after(() => promoted.end())
  await assert.rejects(promoted.database.batch([{ text: 'delete from tenants', values: [] }]), { code: '25006' })
})
