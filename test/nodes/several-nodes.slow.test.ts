/** Three servers and two workers behind a load balancer on one PostgreSQL: what one does all others know, and any of them may die. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { importQueue } from '#features/imports/index.ts'
import { createUser, signInAs } from '../support/identity.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { letHeartbeatsPass } from '../support/passing-time.ts'
import type { Cluster, Member, Target } from './cluster.fixture.ts'
import { startCluster, until } from './cluster.fixture.ts'
import type { NodeLoad } from './load.fixture.ts'
import { importedRows, startLoad } from './load.fixture.ts'
import { makeNextVersion, nextMigration } from './next-version.fixture.ts'

let cluster: Cluster
let admin: string
const servers: readonly (0 | 1 | 2)[] = [0, 1, 2]

before(async () => {
  cluster = await startCluster()
  admin = (await signInAs(cluster.preparing)).access_token
})
after(() => cluster?.close())

const rows = <Row extends object>(text: string, values: unknown[] = []) =>
  queryAsOwner<Row & Record<string, unknown>>(cluster.preparing.database, text, values)

async function newUser(): Promise<{ username: string; password: string; id: string }> {
  return createUser(cluster.preparing, ['owner'], admin)
}

async function signInAt(target: Target, user: { username: string; password: string }): Promise<string> {
  const answer = await cluster.ask(target, '/api/token/', { method: 'POST', body: user })
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as { access: string }).access
}

test('a session that begins at one server counts at the others, and ends everywhere when it ends at one', async (t) => {
  t.diagnostic(cluster.description)
  const { username, password } = await newUser()
  for (const [begun, ended] of [
    [0, 1],
    [1, 2],
    [2, 0],
  ] as const) {
    const token = await signInAt(begun, { username, password })
    for (const server of servers) assert.equal((await cluster.ask(server, '/api/v1/auth/me', { token })).status, 200)
    const left = await cluster.ask(ended, '/api/v1/auth/logout', { method: 'POST', token })
    assert.equal(left.status, 200, left.text)
    for (const server of servers) assert.equal((await cluster.ask(server, '/api/v1/auth/me', { token })).status, 401)
  }
})

test('an event reaches a browser at every server, whichever server it came from', async (t) => {
  const user = await newUser()
  const token = await signInAt('all', { username: user.username, password: user.password })
  const streams = await Promise.all(
    servers.map((server) => cluster.follow(server, '/api/v1/notifications/stream', token)),
  )
  t.after(() => {
    for (const stream of streams) stream.stop()
  })
  for (const from of servers) {
    const title = `Told by server ${from}`
    const body = {
      template_id: 'announcement',
      recipient: user.username,
      variables: { title, message: 'x' },
      channels: ['in_app'],
    }
    const sent = await cluster.ask(from, '/api/v1/notifications/send', { method: 'POST', token: admin, body })
    assert.ok(sent.status < 300, sent.text)
    await until(`all streams have "${title}"`, () => streams.every((stream) => stream.text().includes(title)))
  }
})

test('two workers fire each schedule once', async () => {
  const define = async (name: string) => {
    const actions = [{ id: 'check', type: 'condition', expression: 'event.scheduled_for != ""' }]
    const body = { definition: { name, triggers: ['schedule:0 8 * * 1'], actions }, activate: true }
    const made = await cluster.ask('all', '/api/v1/workflows', { method: 'POST', token: admin, body })
    assert.ok(made.status < 300, made.text)
    return (made.body as { id: string }).id
  }
  const ids: string[] = []
  for (let i = 0; i < 12; i++) ids.push(await define(`Schedule ${i}`))
  const last = await define('The last one')
  const makeDue = (which: string[]) =>
    rows(`update workflow_triggers set next_at = now() - interval '1 s' where workflow_id = any($1)`, [which])
  const ended = async (which: string[]) =>
    (
      await rows<{ id: string }>(
        `select workflow_id as id from workflow_executions where workflow_id = any($1) and status = 'completed'`,
        [which],
      )
    ).map((row) => row.id)
  await makeDue(ids)
  await until('each has run', async () => new Set(await ended(ids)).size === ids.length)
  // Whoever might have fired one of them twice has looked again by then.
  await makeDue([last])
  await until('the next one has run', async () => (await ended([last])).length === 1)
  const started = await rows('select id from workflow_executions where workflow_id = any($1)', [ids])
  assert.equal(started.length, ids.length)
})

test('a limit is one for all servers together', async () => {
  const user = await newUser()
  const token = await signInAt('all', { username: user.username, password: user.password })
  const limit = async (requests: number | null) => {
    const body = { user: requests, tenant: null }
    const answer = await cluster.ask('all', '/api/v1/rate-limits', { method: 'PUT', token: admin, body })
    assert.equal(answer.status, 200, answer.text)
  }
  await limit(60)
  try {
    // A minute that does not end meanwhile.
    await until('a minute begins', () => Date.now() % 60_000 < 40_000)
    const answers = await Promise.all(
      Array.from({ length: 150 }, (_, i) => cluster.ask(servers[i % 3] as Target, '/api/v1/rate-limits', { token })),
    )
    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    assert.deepEqual([count(200), count(429)], [60, 90])
  } finally {
    await limit(null)
  }
})

async function underLoad(work: (load: NodeLoad) => Promise<void>): Promise<void> {
  const user = await newUser()
  const load = startLoad(cluster, await signInAt('all', user))
  try {
    await goesOn(load)
    await work(load)
    await goesOn(load)
  } finally {
    await load.stop()
  }
  assert.deepEqual(load.failures.slice(0, 5), [], `one retry did not mend ${load.failures.length} failures`)
  await assertAllThere(load)
}

async function goesOn(load: NodeLoad): Promise<void> {
  const before = load.succeeded()
  await until('the load goes on', () => load.succeeded() >= before + 40)
}

/** What was acknowledged is there once, and so is every row of every file that was accepted. */
async function assertAllThere(load: NodeLoad): Promise<void> {
  const names = await rows<{ name: string; n: number }>(
    'select name, count(*)::integer as n from clients where name = any($1) group by name',
    [[...load.created]],
  )
  assert.equal(names.length, load.created.size, 'an acknowledged write is lost')
  assert.deepEqual(
    names.filter(({ n }) => n !== 1),
    [],
    'a retry was carried out twice',
  )
  assert.ok(load.imports.length > 0)
  await letHeartbeatsPass(cluster.preparing.database, importQueue)
  type Import = { status: string; rows_inserted: number; rows_refused: number }
  const read = () =>
    rows<Import>('select status, rows_inserted::integer, rows_refused::integer from imports where id = any($1)', [
      load.imports,
    ])
  await until('all imports have ended', async () =>
    (await read()).every(({ status }) => !['queued', 'processing'].includes(status)),
  )
  assert.deepEqual(
    await read(),
    load.imports.map(() => ({ status: 'completed', rows_inserted: importedRows, rows_refused: 0 })),
  )
}

/** What a process had claimed with an Idempotency-Key is given up a minute after its death: here that minute passes at once. */
async function letClaimsPass(): Promise<void> {
  await rows(
    `update idempotency_keys set created_at = created_at - interval '1 hour' where response_ciphertext is null`,
  )
}

test('kill -9 of each process under load: one retry of a client mends what failed; no write and no job is lost or done twice', async (t) => {
  const killed = async (load: NodeLoad, member: Member, back: () => Promise<void>) => {
    await member.kill()
    await letClaimsPass()
    await goesOn(load)
    await member.start()
    await back()
  }
  await underLoad(async (load) => {
    for (const server of servers) {
      await killed(load, cluster.servers[server] as Member, () => cluster.inTurn(server))
    }
    for (const worker of cluster.workers) {
      await killed(load, worker, () => letHeartbeatsPass(cluster.preparing.database, importQueue))
    }
    t.diagnostic(`${load.succeeded()} answers, ${load.retried()} of them at the second try`)
  })
})

test('a new version with one more migration comes in by restarting one process after the other, under load', async (t) => {
  const next = makeNextVersion()
  t.after(next.remove)
  await underLoad(async (load) => {
    for (const server of servers) {
      const member = cluster.servers[server] as Member
      assert.equal(await member.stop(), 0)
      await member.start(next.folder)
      await cluster.inTurn(server)
      // Old and new ones answer side by side.
      await goesOn(load)
    }
    for (const worker of cluster.workers) {
      assert.equal(await worker.stop(), 0)
      await worker.start(next.folder)
    }
    t.diagnostic(`${load.succeeded()} answers, ${load.retried()} of them at the second try`)
  })
  const applied = await rows<{ id: string }>('select id from schema_migrations where id = $1', [nextMigration])
  assert.equal(applied.length, 1)
})
