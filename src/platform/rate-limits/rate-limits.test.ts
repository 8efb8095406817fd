import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { Node } from './rate-limits.fixture.ts'
import { claim, countAllowed, someUser, startNode } from './rate-limits.fixture.ts'

let database: TestDatabase
let owner: pg.Client
/** Two that live as long as the tests, and know of each other. */
let a: Node
let b: Node

before(async () => {
  database = await createTestDatabase()
  owner = new pg.Client({ ...database.owner })
  await owner.connect()
  a = startNode(database)
  b = startNode(database)
  for (const node of [a, b]) await node.rateLimits.take(someUser())
})
after(async () => {
  await a.close()
  await b.close()
  await owner.end()
  await database.drop()
})

async function usedOf(subject: string): Promise<number> {
  const found = await owner.query<{ used: number }>('select used from rate_limit_windows where subject = $1', [subject])
  return found.rows[0]?.used ?? 0
}

test('a burst of 500 requests at once lets exactly 100 through', async () => {
  assert.equal(await countAllowed(a, someUser(), 500), 100)
})

test('two nodes under a burst at the same time let exactly 100 through', async () => {
  const claims = someUser()
  const counts = await Promise.all([countAllowed(a, claims, 300), countAllowed(b, claims, 300)])
  assert.equal(counts[0] + counts[1], 100)
})

test('what one node has leased and not used, another gets: 60 here, then 60 there, are exactly 100', async () => {
  const claims = someUser()
  let allowed = 0
  for (const node of [a, b]) {
    for (let i = 0; i < 60; i++) allowed += (await node.rateLimits.take(claims)).allowed ? 1 : 0
  }
  assert.equal(allowed, 100)
})

test('however requests are spread over nodes and time, as many get through as the limit has, and never more', async () => {
  const limits = { user: 23, tenant: 40, transfer: 3, address: 7 }
  // Others get all the time they need: on a busy machine 250 ms may be too short.
  const recallLooksMs = [3, 5, 8, 16, 32, 64, 122, 250, 500, 1000, 2000, 4000]
  const nodes = [0, 1, 2].map(() => startNode(database, { limits, recallLooksMs }))
  await Promise.all(nodes.map(async (node) => node.rateLimits.take(someUser())))
  const burst = fc.record({
    node: fc.nat(2),
    user: fc.nat(2),
    size: fc.integer({ min: 1, max: 12 }),
    wait: fc.boolean(),
  })
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { maxLength: 25 }), async (bursts) => {
        const tenantId = randomUUID()
        const users = [0, 1, 2].map(() => someUser(tenantId))
        const asked = [0, 0, 0]
        const allowed = [0, 0, 0]
        const running: Promise<void>[] = []
        for (const one of bursts) {
          asked[one.user] = (asked[one.user] ?? 0) + one.size
          const work = countAllowed(nodes[one.node] as Node, users[one.user] ?? [], one.size).then((count) => {
            allowed[one.user] = (allowed[one.user] ?? 0) + count
          })
          running.push(work)
          if (one.wait) await work
        }
        await Promise.all(running)
        const total = allowed.reduce((sum, count) => sum + count, 0)
        const possible = asked.map((count) => Math.min(count, limits.user))
        for (const [user, count] of allowed.entries()) assert.ok(count <= (possible[user] ?? 0))
        const most = Math.min(
          limits.tenant,
          possible.reduce((sum, count) => sum + count, 0),
        )
        assert.equal(total, most)
      }),
      { numRuns: 40 },
    )
  } finally {
    for (const node of nodes) await node.close()
  }
})

test('two nodes that wait for each other lose nothing of the limit', async () => {
  const limits = { user: 23, tenant: 40, transfer: 3, address: 7 }
  const nodes = [0, 1, 2].map(() => startNode(database, { limits }))
  await Promise.all(nodes.map(async (node) => node.rateLimits.take(someUser())))
  const bursts = [
    [0, 0, 8],
    [2, 0, 3],
    [1, 1, 6],
    [2, 0, 10],
    [1, 0, 11],
    [1, 2, 5],
    [1, 1, 7],
  ] as const
  for (let round = 0; round < 30; round++) {
    const tenantId = randomUUID()
    const users = [0, 1, 2].map(() => someUser(tenantId))
    const counts = await Promise.all(
      bursts.map(([node, user, size]) => countAllowed(nodes[node] as Node, users[user] ?? [], size)),
    )
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      40,
    )
  }
  for (const node of nodes) await node.close()
})

test('a refused request takes nothing: not from the tenant when the user has none left', async () => {
  const claims = someUser()
  assert.equal(await countAllowed(a, claims, 150), 100)
  const verdict = await a.rateLimits.take(someUser(claims[0]?.tenantId))
  assert.equal(verdict.allowed, true)
  const tenant = await a.rateLimits.take([claim('tenant', claims[0]?.tenantId ?? '', 'tenant')])
  assert.equal(tenant.remaining, 1000 - 102)
})

test('a node that stops gives back what it had left', async () => {
  const claims = someUser()
  const leaving = startNode(database)
  assert.equal(await countAllowed(leaving, claims, 30), 30)
  await leaving.close()
  assert.equal(await usedOf(claims[0]?.subject ?? ''), 30)
  assert.equal(await countAllowed(a, claims, 200), 70)
})

test('a node alone asks the database six times for a hundred requests, and once for five', async (t) => {
  const own = await createTestDatabase()
  const node = startNode(own)
  t.after(async () => {
    await node.close()
    await own.drop()
  })
  let calls = 0
  const { platformRead } = node.database
  node.database.platformRead = async function counted(this: typeof node.database, text: string, values) {
    if (text.includes('lease_rate_limits')) calls++
    return platformRead.call(this, text, values) as never
  }
  const claims = someUser()
  for (let i = 0; i < 5; i++) await node.rateLimits.take(claims)
  assert.equal(calls, 1)
  for (let i = 5; i < 150; i++) await node.rateLimits.take(claims)
  assert.ok(calls <= 8, `${calls} calls`)
})

test('a node that was killed takes with it no more than it held, and nobody gets more than the limit', async () => {
  const claims = someUser()
  const killed = startNode(database)
  const before = await countAllowed(killed, claims, 3)
  await killed.database.end() // it gives back nothing and beats no more
  const rest = (await countAllowed(a, claims, 150)) + (await countAllowed(b, claims, 150))
  assert.ok(before + rest <= 100)
  assert.ok(before + rest >= 85, `${before + rest}`)
  await killed.rateLimits.close()
})

test('an adjusted limit is in force on every node at once, up and down, also where leases are held', async () => {
  const claims = someUser()
  const tenantId = claims[0]?.tenantId ?? ''
  await owner.query('insert into tenants (id, name) values ($1, $1)', [tenantId])
  for (const node of [a, b]) assert.equal((await node.rateLimits.take(claims)).limit, 100)
  await owner.query('insert into tenant_rate_limits (tenant_id, user_limit) values ($1, 10)', [tenantId])
  for (const node of [a, b]) await until(async () => (await node.rateLimits.take(claims)).limit === 10)
  await countAllowed(a, claims, 20)
  assert.equal((await b.rateLimits.take(claims)).allowed, false)
  await owner.query('update tenant_rate_limits set user_limit = 30 where tenant_id = $1', [tenantId])
  for (const node of [a, b]) await until(async () => (await node.rateLimits.take(claims)).allowed)
  await owner.query('delete from tenant_rate_limits where tenant_id = $1', [tenantId])
  await until(async () => (await b.rateLimits.take(claims)).limit === 100)
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, 'did not happen within 30 s')
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  }
}

test('a new window begins with the whole limit, at the moment that the answers name', async (t) => {
  const node = startNode(database, { windowSeconds: 2, limits: { user: 4, tenant: 100, transfer: 1, address: 1 } })
  t.after(() => node.close())
  const claims = someUser()
  let last = await node.rateLimits.take(claims)
  await until(async () => {
    last = await node.rateLimits.take(claims)
    return !last.allowed
  })
  assert.equal(last.resetEpochSeconds % 2, 0)
  assert.ok(last.retryAfterSeconds >= 1 && last.retryAfterSeconds <= 2)
  await until(async () => (await node.rateLimits.take(claims)).allowed)
  assert.ok(Date.now() / 1000 >= last.resetEpochSeconds - 0.01)
  assert.equal((await node.rateLimits.take(claims)).resetEpochSeconds, last.resetEpochSeconds + 2)
})

test('what falls out of memory is given back, so that its owner is not refused', async (t) => {
  const node = startNode(database, { mostKept: { identified: 4, addresses: 4 } })
  t.after(() => node.close())
  const claims = [claim('address', '~public', `address:${randomUUID()}`)]
  assert.equal(await countAllowed(node, claims, 10), 10)
  for (let i = 0; i < 20; i++) await node.rateLimits.take([claim('address', '~public', `address:${randomUUID()}`)])
  await until(async () => (await usedOf(claims[0]?.subject ?? '')) === 10)
  assert.equal(await countAllowed(node, claims, 150), 90)
})

test('while the database does not answer, each node counts for itself, and says so once', async () => {
  const node = startNode(database)
  await node.database.end()
  const claims = someUser()
  assert.equal(await countAllowed(node, claims, 150), 100)
  assert.equal(await countAllowed(node, someUser(), 1), 1)
  assert.equal(node.logs.filter((line) => line.includes('does not answer')).length, 1)
  await node.rateLimits.close()
})

test('a node whose connection for notices breaks hears again by itself, and keeps to the limits meanwhile', async () => {
  const node = startNode(database)
  const claims = someUser()
  await node.rateLimits.take(claims)
  await owner
    .query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clientele-rate-limits' and datname = current_database()`,
    )
    .catch(() => {})
  const [mine, others] = [await countAllowed(node, claims, 60), await countAllowed(a, claims, 200)]
  assert.ok(1 + mine + others <= 100)
  await node.close()
})
