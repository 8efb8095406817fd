/**
 * Clients behind a bad network: one that loses a third of its packets in each direction, and machines that are gone in the middle of an
 * upload, a download and a stream without a word. This file runs itself once more in the server's network namespace.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { profileAttributes } from '../support/prepared-client.ts'
import type { ClientNetwork } from './vanishing-network.fixture.ts'
import { layClientNetwork, losePackets, vanish } from './vanishing-network.fixture.ts'

const silenceMs = 3_000
const patienceMs = 40_000
const given = process.env.CLIENTELE_TEST_NETWORK

/** Lays the network and runs the tests below in it; gives the reason where that cannot be done here. */
function runInside(): string {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (!process.env.TEST_DATABASE_URL?.includes('host=%2F'))
    return 'the database is reached by an address, not by a Unix socket'
  let network: ClientNetwork
  try {
    network = layClientNetwork(['lossy', 'upload', 'download', 'stream'])
  } catch (error) {
    return `no network namespaces here: ${(error as Error).message}`
  }
  try {
    losePackets(network.clients.lossy ?? assert.fail(), 0.3)
  } catch (error) {
    network.close()
    return `no rule that loses packets here: ${(error as Error).message.split('\n')[0]}`
  }
  try {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const inner = spawnSync(
      'ip',
      ['netns', 'exec', network.server, process.execPath, '--test-force-exit', '--test', import.meta.filename],
      {
        env: { ...env, CLIENTELE_TEST_NETWORK: JSON.stringify(network.clients) },
        encoding: 'utf8',
        timeout: 120_000,
      },
    )
    test('clients behind a bad network, in namespaces of their own', () => {
      assert.equal(inner.status, 0, `${inner.error ?? ''}${inner.stdout}${inner.stderr}`)
      assert.match(inner.stdout, /^# pass 2$|pass 2$/m)
    })
    return ''
  } finally {
    network.close()
  }
}

const why = given === undefined ? runInside() : ''
if (why !== '') test('clients behind a bad network', { skip: why }, () => {})

const network: ClientNetwork['clients'] = JSON.parse(given ?? '{}')
let app: TestApp
let token: string
let documents: string
let content: string
const children = new Set<ChildProcess>()

if (given !== undefined) {
  before(async () => {
    app = await startTestApp({ config: { host: '0.0.0.0', clientSilenceMs: silenceMs } })
    token = await app.signIn()
    const uid = await app.createClient()
    const profile = await app.request('/api/v1/profiles/', {
      ...{ method: 'POST', token },
      body: { client_uid: uid, attributes: profileAttributes() },
    })
    assert.equal(profile.status, 201, profile.text)
    documents = `/api/v1/profiles/${(profile.body as { data: { pk: number } }).data.pk}/documents/`
    const part = (head: string, text: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`
    const stored = await app.request(documents, {
      ...{ method: 'POST', token, headers: { 'content-type': 'multipart/form-data; boundary=b' } },
      raw: `${part('name="file"; filename="a.pdf"', `%PDF-1.7\n${'y'.repeat(9_000_000)}`)}${part('name="attribute"', 'bank_statement')}--b--\r\n`,
    })
    assert.equal(stored.status, 201, stored.text)
    content = `/api/v1/documents/${(stored.body as { data: { pk: number } }).data.pk}/content/`
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await app?.close()
  })
  test(
    'machines that are gone in the middle of an upload, a download and a stream: given up in time, and nothing of them is held or kept',
    vanished,
  )
  test('a client that loses three packets of ten, both ways, gets everything done once, and whole', lossy)
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

type Far = { said(): string; ended: Promise<number | null> }

function client(name: string, what: string, target: string): Far {
  const place = network[name] ?? assert.fail(name)
  const base = `http://${place.server}:${new URL(app.url).port}`
  const fixture = path.join(import.meta.dirname, 'vanishing-client.fixture.ts')
  const args = ['netns', 'exec', place.namespace, process.execPath, fixture, what, base, target, token]
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  }
  return { said: () => said, ended: new Promise((resolve) => child.once('close', resolve)) }
}

/** What a request could leave behind. */
async function held(): Promise<Record<string, number>> {
  const [row] = await queryAsOwner<Record<string, number>>(
    app.database,
    `select (select count(*)::int from files) as files, (select count(*)::int from profile_documents) as documents,
            (select count(*)::int from file_chunks) as chunks, (select count(*)::int from idempotency_keys) as keys,
            (select count(*)::int from pg_stat_activity where datname = current_database() and state like 'idle in%') as transactions`,
  )
  return row ?? assert.fail()
}

async function vanished(): Promise<void> {
  const before = await held()
  const far = {
    upload: client('upload', 'upload', documents),
    download: client('download', 'download', content),
    stream: client('stream', 'stream', '/api/v1/notifications/stream'),
  }
  for (const [name, { said }] of Object.entries(far))
    await until(`${name} is half way`, async () => said() === 'half\n')
  await until('they and we are connected', async () => (await app.connections()) >= 3)
  for (const name of Object.keys(far)) vanish(network[name] ?? assert.fail())
  // Ours are kept alive by fetch for some seconds; they end as well.
  await until('no connection is left', async () => (await app.connections()) === 0)
  await until('nothing is held', async () => JSON.stringify(await held()) === JSON.stringify(before))
  assert.equal((await app.request('/health/ready')).status, 200)
  assert.deepEqual(
    app.logs.filter((line) => line.includes('"level":50')),
    [],
    'nothing was logged as our own failure',
  )
}

async function lossy(): Promise<void> {
  const before = await held()
  const far = client('lossy', 'work', documents)
  assert.equal(await far.ended, 0, far.said())
  assert.equal(far.said(), 'same\n')
  const names = await queryAsOwner<{ name: string; times: number }>(
    app.database,
    `select name, count(*)::int as times from clients where name like 'Far away %' group by 1 order by 1`,
  )
  assert.deepEqual(
    names.map(({ name, times }) => `${name}: ${times}`),
    [0, 1, 2, 3, 4].map((i) => `Far away ${i}: 1`),
  )
  const now = await held()
  assert.equal(now.documents, (before.documents ?? 0) + 1)
}
