/** The database goes away under load and comes back; the server stays, says so, and goes on by itself. */
import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { EmbeddedPostgres } from '#platform/db/embedded.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import type { Answer, TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { assertPrintedBy, written } from '../support/contract-errors.ts'
import { createTestDatabase } from '../support/postgres.ts'
import type { PreparedUser } from '../support/prepared-client.ts'
import { prepareUser, signInAs } from '../support/prepared-client.ts'

let root: string
let server: EmbeddedPostgres
let app: TestApp
/** Signs in over and over, which ends older sessions; the token is of another user. */
let user: PreparedUser
let token: string
let apiKeys: string[]
/** Not sent before the outage: what is remembered of the others needs no database. */
let unseen: { token: string; apiKey: string }[]

/** The socket's directory is another one after each start; the application knows it by one name, like a host's. */
async function startServer(): Promise<void> {
  server = await startEmbeddedPostgres({ dataDir: path.join(root, 'data') })
  const { host } = server.connection('postgres', 'postgres')
  await symlink(host, path.join(root, 'next'))
  await rename(path.join(root, 'next'), path.join(root, 'socket'))
}

const ways: [string, () => Promise<void>][] = [
  [
    'killed',
    async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
      await server.stop()
    },
  ],
  ['shut down', () => server.stop()],
]

before(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'clientele-outage-'))
  await startServer()
  const { port } = server.connection('postgres', 'postgres')
  const query = new URLSearchParams({ host: path.join(root, 'socket'), port: String(port) })
  process.env.TEST_DATABASE_URL = `postgresql://postgres@localhost/postgres?${query}`
  app = await startTestApp({ database: await createTestDatabase() })
  user = await prepareUser(app, 'owner')
  token = (await signInAs(app, await prepareUser(app, 'owner'))).access
  apiKeys = await Promise.all([0, 1].map(async (n) => (await app.register(`Before ${n}`)).apiKey))
  unseen = await Promise.all(
    ways.map(async ([how]) => ({
      token: (await signInAs(app, await prepareUser(app, 'owner'))).access,
      apiKey: (await app.register(`Unseen ${how}`)).apiKey,
    })),
  )
})
after(async () => {
  await app.close()
  await server.stop()
  await rm(root, { recursive: true, force: true })
})

type Call = { contract: string; send: () => Promise<Answer> }
let made = 0

/** Reads and writes of every kind: with and without a transaction, phased, idempotent. */
function calls(): Call[] {
  const create = (headers: Record<string, string> = {}) =>
    app.request('/api/v1/clients', { method: 'POST', token, body: { name: `Client ${++made}` }, headers })
  const signIn = (headers: Record<string, string> = {}) =>
    app.request('/api/token/', {
      method: 'POST',
      body: { username: user.username, password: user.password },
      headers,
    })
  return [
    { contract: 'factpulse', send: () => app.request('/api/v1/clients', { token }) },
    { contract: 'factpulse', send: () => create() },
    { contract: 'factpulse', send: () => create({ 'idempotency-key': `create-${++made}` }) },
    { contract: 'factpulse', send: () => signIn() },
    { contract: 'factpulse', send: () => signIn({ 'idempotency-key': `sign-in-with-a-long-key-${++made}` }) },
    ...apiKeys.map((apiKey) => ({
      contract: 'chatapi',
      send: () => app.request('/api/v1/clients/me', { apiKey }),
    })),
  ]
}

type Load = {
  statuses: Map<number, number>
  created: string[]
  stop(): Promise<void>
  until(done: () => boolean): Promise<void>
}

/** Sends without pause until it is stopped; every answer must be a success, or 503 as the contract prints it. */
function startLoad(): Load {
  const statuses = new Map<number, number>()
  const created: string[] = []
  let running = true
  const loop = async ({ contract, send }: Call) => {
    while (running) {
      const answer = await send()
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.status === 201) created.push((answer.body as { uid: string }).uid)
      if (answer.status >= 400) {
        assert.equal(answer.status, 503, `${contract}: ${answer.status} ${answer.text}\n${app.logs.slice(-3).join('')}`)
        assertPrintedBy(contract, written(answer), 'during the outage')
        assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
      }
    }
  }
  const loops = Promise.all(calls().map(loop)).finally(() => {
    running = false
  })
  // Told by stop() and until(); it may fail before either is waiting.
  loops.catch(() => {})
  return {
    statuses,
    created,
    stop: async () => {
      running = false
      await loops
    },
    until: async (done) => {
      while (!done()) {
        if (!running) return loops.then(() => {})
        await app.request('/health/live')
      }
    },
  }
}

async function readiness(): Promise<{ status: number; problems: Record<string, string> }> {
  const answer = await app.request('/health/ready')
  return { status: answer.status, problems: (answer.body as { problems?: Record<string, string> }).problems ?? {} }
}

async function untilReady(): Promise<void> {
  const deadline = Date.now() + 30_000
  while ((await readiness()).status !== 200) assert.ok(Date.now() < deadline, 'not ready again within 30 s')
}

for (const [how, end] of ways) {
  test(`while the database is ${how} requests answer 503 in the contract's format, and all is well when it is back`, async (t) => {
    const load = startLoad()
    t.after(() => load.stop().catch(() => {}))
    const count = (status: number) => load.statuses.get(status) ?? 0
    await load.until(() => count(201) >= 20)
    await end()
    const refused = count(503)
    await load.until(() => count(503) >= refused + 50)
    const { status, problems } = await readiness()
    assert.equal(status, 503)
    assert.match(problems.database ?? '', /does not answer/)
    assert.equal((await app.request('/health/live')).status, 200)
    const fresh = unseen.pop()
    for (const credential of [{ token: fresh?.token ?? '' }, { apiKey: fresh?.apiKey ?? '' }]) {
      const answer = await app.request('/api/v1/clients/me', credential)
      assert.equal(answer.status, 503, answer.text)
      assertPrintedBy('chatapi', written(answer), 'a credential not seen before')
    }

    await startServer()
    await untilReady()
    const recovered = count(201)
    await load.until(() => count(201) >= recovered + 20)
    await load.stop()
    for (const { contract, send } of calls()) {
      const answer = await send()
      assert.ok(answer.status < 300, `${contract} after the outage: ${answer.status} ${answer.text}`)
    }
    for (const uid of load.created) {
      const answer = await app.request(`/api/v1/clients/${uid}`, { token })
      assert.equal(answer.status, 200, `${uid} was acknowledged and is lost`)
    }
  })
}
