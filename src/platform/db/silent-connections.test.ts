/** Connections whose other end went away without a word. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import type { TcpProxy } from '#test/support/tcp-proxy.ts'
import { startTcpProxy, targetOf, urlThrough } from '#test/support/tcp-proxy.ts'
import { Database } from './database.ts'
import { readByCursor } from './row-cursor.ts'
import { inSnapshot } from './snapshot.ts'
import { SilentDatabaseError } from './statement-batch.ts'
import { UnitOfWork } from './unit-of-work.ts'

const size = 5
const lost: Error[] = []
let testDatabase: TestDatabase
let proxy: TcpProxy
let database: Database
before(async () => {
  testDatabase = await createTestDatabase({ empty: true })
  proxy = await startTcpProxy(targetOf(testDatabase.ownerUrl))
  database = new Database({
    connection: { connectionString: urlThrough(proxy, testDatabase.ownerUrl) },
    poolSize: size,
    silenceMs: 500,
    onConnectionError: (error) => lost.push(error),
  })
})
after(async () => {
  proxy.recover()
  await database.end()
  await proxy.close()
  await testDatabase.drop()
})

const one = { text: 'select 1 as one', values: [] }

/** All connections of the pool are open, and idle. */
async function openAll(): Promise<void> {
  const clients = await Promise.all(Array.from({ length: size }, () => database.connect()))
  for (const client of clients) client.release()
  assert.equal(database.pool.idleCount, size)
  lost.length = 0
}

test('one connection that is found dead by its silence costs one caller its time: those that idled with it are replaced', async () => {
  await openAll()
  proxy.fallSilent()
  await assert.rejects(database.platformRead(one.text), SilentDatabaseError)
  proxy.recover()
  for (let i = 0; i < size; i++) assert.deepEqual(await database.platformRead(one.text), [{ one: 1 }])
  const unit = new UnitOfWork(database, 'write', null)
  await unit.execute(one)
  await unit.complete()
  assert.equal(lost.length, 1)
})

test('connections that were made or used after that are kept', async () => {
  await openAll()
  const busy = await database.connect()
  proxy.fallSilent()
  await assert.rejects(database.platformRead(one.text), SilentDatabaseError)
  proxy.recover()
  busy.release()
  const fresh = await Promise.all(Array.from({ length: size }, () => database.connect()))
  assert.ok(fresh.includes(busy))
  for (const client of fresh.filter((client) => client !== busy)) client.release()
  const again = await Promise.all(Array.from({ length: size - 1 }, () => database.connect()))
  assert.deepEqual(new Set([...again, busy]), new Set(fresh), 'nothing is replaced twice')
  busy.release(true)
  for (const client of again) client.release()
})

test('exports and other long readings notice a dead connection as soon as anybody', async () => {
  for (const read of [
    () => readByCursor(database, { entrance: one, query: one }),
    () =>
      inSnapshot(database, { entrance: one }, async function* (snapshot) {
        yield await snapshot.ask(one)
      }),
  ]) {
    await openAll()
    proxy.fallSilent()
    await assert.rejects(async () => {
      for await (const rows of read()) assert.fail(JSON.stringify(rows))
    }, SilentDatabaseError)
    proxy.recover()
    const found: unknown[] = []
    for await (const rows of read()) found.push(rows)
    assert.deepEqual(found, [[{ one: 1 }]])
  }
})
