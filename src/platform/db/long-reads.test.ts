/** Where there is no replica that can serve: the primary does, at once. A real one: test/nodes/replica-reads.slow.test.ts. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { freePort } from '#test/support/free-port.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { Database } from './database.ts'
import { LongReads } from './long-reads.ts'
import { Replica } from './replica.ts'

let testDatabase: TestDatabase
let primary: Database
let told: { outcome?: string; reason?: string; err?: Error }[] = []
const logger = { info: (fields: object) => void told.push(fields), warn: (fields: object) => void told.push(fields) }

before(async () => {
  testDatabase = await createTestDatabase()
  primary = new Database({ connection: testDatabase.application, poolSize: 2 })
})
after(async () => {
  await primary.end()
  await testDatabase.drop()
})

const reads = (...urls: string[]) => {
  told = []
  return new LongReads({ primary, replicas: urls.map((url) => new Replica({ url })), logger, patienceMs: 500 })
}
const where = async (database: Database) => (database === primary ? 'primary' : 'replica')

test('without a replica nothing is asked and nothing is told', async () => {
  const none = reads()
  assert.equal(none.hasReplicas, false)
  assert.equal(await none.read('export', where), 'primary')
  const batch = await none.batches('export')
  assert.deepEqual((await batch([{ text: 'select 1 as one', values: [] }])).at(0)?.rows, [{ one: 1 }])
  assert.deepEqual(told, [])
})

test('a server that does not answer, or that takes writes, serves no read, and the log says which and why', async (t) => {
  const gone = `postgresql://u@127.0.0.1:${await freePort()}/nothing`
  const none = reads(gone, testDatabase.applicationUrl)
  t.after(() => none.close())
  assert.equal(await none.read('export', where), 'primary')
  assert.equal(told.length, 1)
  assert.equal(told[0]?.outcome, 'refused')
  assert.match(told[0]?.reason ?? '', /does not answer: .*ECONNREFUSED.*; .* is no streaming replica/)
  await none.measure()
})

test('a primary that says nothing holds up nobody who asks how the replicas are', async (t) => {
  const connections: net.Socket[] = []
  const deaf = net.createServer((one) => void connections.push(one)).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  const { port } = deaf.address() as net.AddressInfo
  const silent = new Database({ connection: { host: '127.0.0.1', port, user: 'u', database: 'd' }, poolSize: 1 })
  const replica = new Replica({ url: testDatabase.applicationUrl })
  const measuring = new LongReads({ primary: silent, replicas: [replica], logger, measureWithinMs: 200 })
  t.after(async () => {
    deaf.close()
    // Else the pool waits for its connection as long as it may.
    for (const one of connections) one.destroy()
    await Promise.all([measuring.close(), silent.end()])
  })
  await measuring.measure()
})

test('connections to a replica cannot write, whatever the server is', async (t) => {
  const replica = new Replica({ url: testDatabase.applicationUrl })
  t.after(() => replica.end())
  const enter = { text: `select enter_tenant('a')`, values: [] }
  const insert = { text: `insert into clients (tenant_id, id, name) values ('a', gen_random_uuid(), 'x')`, values: [] }
  await assert.rejects(replica.database.batch([enter, insert]), { code: '25006' })
})
