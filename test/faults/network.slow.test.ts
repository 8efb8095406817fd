/** The way to the database is slow, or falls silent without a connection being closed; with a worker at work. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWorker } from '#src/worker.ts'
import type { Answer, TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { assertPrintedBy, written } from '../support/contract-errors.ts'
import type { TestDatabase } from '../support/postgres.ts'
import { createTestDatabase } from '../support/postgres.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy, targetOf, urlThrough } from '../support/tcp-proxy.ts'

const silenceMs = 2_000
const ends: (() => unknown)[] = []
let database: TestDatabase
let proxy: TcpProxy
let app: TestApp
let token: string
before(async () => {
  database = await createTestDatabase()
  ends.push(() => database.drop())
  proxy = await startTcpProxy(targetOf(database.applicationUrl))
  ends.push(() => proxy.close())
  app = await startTestApp({
    database,
    config: { databaseUrl: urlThrough(proxy, database.applicationUrl), databaseSilenceMs: silenceMs },
  })
  ends.push(() => app.close())
  const stopWorker = await startWorker(app.runtime)
  ends.push(stopWorker)
  token = await app.signIn()
})
after(async () => {
  proxy.recover()
  for (const end of ends.reverse()) await end()
})

let made = 0
const create = (key?: string): Promise<Answer> =>
  app.request('/api/v1/clients', {
    method: 'POST',
    token,
    body: { name: key ? `Client ${key}` : `Client ${++made}` },
    ...(key ? { headers: { 'idempotency-key': key } } : {}),
  })

async function readiness(): Promise<{ status: number; problem: string; tookMs: number }> {
  const asked = performance.now()
  const { status, body } = await app.request('/health/ready')
  const problem = (body as { problems?: { database?: string } }).problems?.database ?? ''
  return { status, problem, tookMs: performance.now() - asked }
}

async function until(what: string, look: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 40_000
  while (!(await look())) assert.ok(performance.now() < deadline, `did not happen: ${what}`)
}

test('a slow database makes answers slow, and right', async () => {
  proxy.delayMs = 150
  const answers = await Promise.all(Array.from({ length: 10 }, () => create()))
  assert.deepEqual(
    answers.map(({ status }) => status),
    answers.map(() => 201),
  )
  assert.equal((await readiness()).status, 200)
  proxy.delayMs = 0
})

test('a database too slow to be of use: not ready, with the reason, and 503 instead of callers that wait without end', async () => {
  proxy.delayMs = 6_000
  const [ready, answer] = await Promise.all([readiness(), create()])
  assert.equal(ready.status, 503)
  assert.match(ready.problem, /does not answer/)
  assert.ok(ready.tookMs < 6_000, `readiness took ${ready.tookMs} ms`)
  assert.equal(answer.status, 503, answer.text)
  proxy.delayMs = 0
  await until('ready again', async () => (await readiness()).status === 200)
})

test('connections that fall silent are given up: 503 in time, not ready, a line in the log, and all is well by itself afterwards', async () => {
  assert.equal((await create()).status, 201)
  app.logs.length = 0
  proxy.fallSilent()
  const asked = performance.now()
  const keys = Array.from({ length: 6 }, (_, i) => `silent-network-${i}-with-a-long-key`)
  const [ready, answers] = await Promise.all([readiness(), Promise.all(keys.map((key) => create(key)))])
  const tookMs = performance.now() - asked
  assert.ok(tookMs < 25_000, `callers waited ${tookMs} ms`)
  for (const answer of answers) {
    assert.equal(answer.status, 503, answer.text)
    assertPrintedBy('factpulse', written(answer), 'while nothing answers')
  }
  assert.equal(ready.status, 503)
  assert.match(ready.problem, /does not answer/)
  assert.equal((await app.request('/health/live')).status, 200)
  assert.ok(app.logs.some((line) => line.includes('has not answered for 2 s')))

  proxy.recover()
  await until('ready again', async () => (await readiness()).status === 200)
  // The same requests again, with their keys: each is done once, whatever had become of it.
  await until('every request', async () => {
    const again = await Promise.all(keys.map((key) => create(key)))
    return again.every(({ status }) => status === 201)
  })
  let names: string[] = []
  await until('the list', async () => {
    const { status, body } = await app.request('/api/v1/clients?pageSize=100', { token })
    if (status === 200) names = (body as { results: { name: string }[] }).results.map(({ name }) => name)
    return status === 200
  })
  for (const key of keys) assert.equal(names.filter((name) => name === `Client ${key}`).length, 1)
})

test('workers whose connections fell silent take jobs again when the network is back', async () => {
  proxy.fallSilent()
  await until('it is noticed', async () => (await readiness()).status === 503)
  proxy.recover()
  await until('ready again', async () => (await readiness()).status === 200)
  const asked = await app.request('/api/v1/reports/generate', {
    method: 'POST',
    token,
    body: { template_id: 'monthly_sales', format: 'csv', parameters: { month: '2024-01' } },
  })
  assert.equal(asked.status, 202, asked.text)
  const { report_id: id } = asked.body as { report_id: string }
  await until('the report', async () =>
    (await app.request(`/api/v1/reports/${id}`, { token })).text.includes('"ready"'),
  )
})
