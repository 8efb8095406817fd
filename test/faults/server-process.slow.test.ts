/** The whole program, killed and stopped while it works. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { TestContext } from 'node:test'
import { after, test } from 'node:test'
import { adminPassword, firstAdministrator } from '../support/app.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { launchServer, makeDataDir, postgresProcesses, signInAt, startServer } from '../support/server-process.ts'

const startedIn = new WeakMap<TestContext, ServerProcess[]>()

/** What is done after a test is done in the order in which it was said: the servers have ended before their directory goes. */
async function dataDirOf(t: TestContext): Promise<string> {
  const { dataDir, remove } = await makeDataDir()
  const servers: ServerProcess[] = []
  startedIn.set(t, servers)
  t.after(async () => {
    for (const server of servers) server.child.kill('SIGTERM')
    await Promise.all(servers.map((server) => server.ended))
    await remove()
  })
  return dataDir
}

async function startIn(t: TestContext, dataDir: string): Promise<ServerProcess> {
  const server = await startServer(dataDir)
  startedIn.get(t)?.push(server)
  return server
}

type Created = { id: string; api_key: string }

/** Creates clients with their keys, eight at a time, until the server goes or `enough` are acknowledged. */
async function createClients(url: string, names: Iterator<string>, acknowledged: Created[], enough: () => boolean) {
  const token = await signInAt(url)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const one = async () => {
    while (!enough()) {
      const body = JSON.stringify({ name: names.next().value })
      try {
        const answer = await fetch(`${url}/api/v1/clients/`, { method: 'POST', headers, body })
        const text = await answer.text()
        assert.equal(answer.status, 201, text)
        acknowledged.push((JSON.parse(text) as { data: Created }).data)
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        return // the server is gone
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, one))
}

function* numbered(): Generator<string, string> {
  for (let n = 1; ; n++) yield `Client ${n}`
}

async function listAll(url: string): Promise<{ uids: Set<string>; total: number }> {
  const headers = { authorization: `Bearer ${await signInAt(url)}` }
  const uids = new Set<string>()
  for (let page = 1; ; page++) {
    const answer = await fetch(`${url}/api/v1/clients?page=${page}&pageSize=100`, { headers })
    const body = (await answer.json()) as { results: { uid: string }[]; total: number }
    for (const { uid } of body.results) uids.add(uid)
    if (body.results.length < 100) return { uids, total: body.total }
  }
}

test('kill -9 in the middle of writes loses none of 1,000 that were acknowledged, and leaves none half done', async (t) => {
  const dataDir = await dataDirOf(t)
  const names = numbered()
  const acknowledged: Created[] = []
  for (const target of [250, 600, 1000]) {
    const server = await startIn(t, dataDir)
    // Writing goes on while the signal is on its way.
    const writing = createClients(server.url, names, acknowledged, () => {
      if (acknowledged.length >= target) server.child.kill('SIGKILL')
      return server.child.killed && acknowledged.length >= target + 50
    })
    await writing
    assert.equal(await server.ended, 'SIGKILL')
  }
  const server = await startIn(t, dataDir)
  const { uids, total } = await listAll(server.url)
  assert.ok(acknowledged.length >= 1000)
  for (const { id } of acknowledged) assert.ok(uids.has(id), `client ${id} was acknowledged and is lost`)
  assert.equal(total, uids.size, 'the total counts what is there')
  for (const { id, api_key: key } of acknowledged.slice(-50)) {
    const answer = await fetch(`${server.url}/api/v1/clients/me`, { headers: { 'x-api-key': key } })
    assert.equal(((await answer.json()) as { data: { id: string } }).data.id, id)
  }
})

test('kill -9 leaves no database behind that the next start would not find', async (t) => {
  const dataDir = await dataDirOf(t)
  const first = await startIn(t, dataDir)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await startIn(t, dataDir)
  assert.ok(await signInAt(second.url))
  second.child.kill('SIGTERM')
  assert.equal(await second.ended, 0)
  assert.deepEqual(postgresProcesses(dataDir), [])
})

/** Sends a request's head and waits until the server asks for the body: from then on the server has accepted it. */
async function openRequest(url: string): Promise<(body: string) => Promise<number>> {
  const request = http.request(url, {
    method: 'POST',
    agent: keepAlive,
    headers: { 'content-type': 'application/json', expect: '100-continue', 'transfer-encoding': 'chunked' },
  })
  request.flushHeaders()
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  answered.catch(() => {}) // told where it is awaited
  await once(request, 'continue')
  return async (body) => {
    request.end(body)
    const [response] = await answered
    await response.toArray()
    return response.statusCode ?? 0
  }
}

const keepAlive = new http.Agent({ keepAlive: true })
after(() => keepAlive.destroy())

test('SIGTERM answers every request that was accepted, ends with code 0 and leaves no database running', async (t) => {
  const dataDir = await dataDirOf(t)
  const server = await startIn(t, dataDir)
  const body = JSON.stringify({ username: firstAdministrator, password: adminPassword })
  const requests = await Promise.all(Array.from({ length: 40 }, () => openRequest(`${server.url}/api/token/`)))
  const stopped = performance.now()
  server.child.kill('SIGTERM')
  const statuses = await Promise.all(requests.map((finish) => finish(body)))
  assert.deepEqual(
    statuses,
    requests.map(() => 200),
  )
  assert.equal(await server.ended, 0, server.output())
  assert.ok(performance.now() - stopped < 10_000, 'kept-alive connections must not hold up the end')
  assert.deepEqual(postgresProcesses(dataDir), [])
  await assert.rejects(fetch(`${server.url}/health/live`))
})

test('a second start in the same data directory is refused and says which process holds it', async (t) => {
  const dataDir = await dataDirOf(t)
  const first = await startIn(t, dataDir)
  const second = await launchServer(dataDir)
  assert.ok('code' in second, 'the second one must not start')
  assert.notEqual(second.code, 0)
  assert.match(second.output, new RegExp(`in use by process ${first.child.pid}\\b`))
  assert.doesNotMatch(second.output, /^\s+at /m, 'an operator needs a sentence, not a stack')
  assert.ok(await signInAt(first.url), 'the first one goes on')
})

test('the end of the embedded database ends the server with an error code, so that a supervisor restarts it', async (t) => {
  const dataDir = await dataDirOf(t)
  const server = await startIn(t, dataDir)
  for (const pid of postgresProcesses(dataDir)) process.kill(pid, 'SIGKILL')
  assert.equal(await server.ended, 1)
  assert.deepEqual(postgresProcesses(dataDir), [])
  const next = await startIn(t, dataDir)
  assert.ok(await signInAt(next.url))
})
