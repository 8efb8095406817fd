/** The primary is lost under load, its synchronous replica is promoted: the server follows, and what it had acknowledged is there. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { generateFernetKey } from '#kernel/fernet.ts'
import { formOf } from '../support/form.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { makeDataDir, signInAt, startServer } from '../support/server-process.ts'
import type { PostgresPair } from './postgres-pair.fixture.ts'
import { startPostgresPair, until } from './postgres-pair.fixture.ts'

type Stage = { pair: PostgresPair; server: ServerProcess; load: Load }

async function open(t: TestContext): Promise<Stage> {
  const pair = await startPostgresPair()
  t.after(pair.close)
  const { dataDir, remove } = await makeDataDir()
  t.after(remove)
  const settings = { DATABASE_URL: pair.url, CLIENTELE_MASTER_KEYS: generateFernetKey(), LOG_LEVEL: 'error' }
  const server = await startServer(dataDir, settings)
  t.after(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  const load = await writeAllTheTime(server.url)
  t.after(load.stop)
  await until('writes', async () => load.acknowledged.length >= 60)
  return { pair, server, load }
}

type Load = { acknowledged: string[]; refusals: Map<number, number>; stop(): Promise<void> }

/** Four writers; each goes on whatever it is answered. */
async function writeAllTheTime(url: string): Promise<Load> {
  const headers = { authorization: `Bearer ${await signInAt(url)}`, 'content-type': 'application/json' }
  const load: Load = { acknowledged: [], refusals: new Map(), stop: async () => {} }
  let [running, number] = [true, 0]
  const write = async () => {
    while (running) {
      const body = JSON.stringify({ name: `Client ${++number}` })
      try {
        const answer = await fetch(`${url}/api/v1/clients`, { method: 'POST', headers, body })
        const text = await answer.text()
        if (answer.status === 201) load.acknowledged.push((JSON.parse(text) as { uid: string }).uid)
        else load.refusals.set(answer.status, (load.refusals.get(answer.status) ?? 0) + 1)
      } catch {
        load.refusals.set(0, (load.refusals.get(0) ?? 0) + 1)
      }
    }
  }
  const writers = Array.from({ length: 4 }, write)
  load.stop = async () => {
    running = false
    await Promise.all(writers)
  }
  return load
}

async function goesOn({ load }: Stage): Promise<void> {
  const before = load.acknowledged.length
  await until('writes go on at the promoted one', async () => load.acknowledged.length >= before + 60)
}

async function assertNothingLost({ pair, load }: Stage): Promise<void> {
  await load.stop()
  const rows = await pair.replica.query<{ id: string }>('select id from clients', 'clientele')
  const there = new Set(rows.map((row) => row.id))
  const lost = load.acknowledged.filter((uid) => !there.has(uid))
  assert.deepEqual(lost, [], `${lost.length} of ${load.acknowledged.length} acknowledged writes are lost`)
  const statuses = [...load.refusals.keys()].filter((status) => status !== 503)
  assert.deepEqual(statuses, [], 'meanwhile the answer is 503, and nothing else')
}

async function importRuns({ url }: ServerProcess): Promise<void> {
  const authorization = { authorization: `Bearer ${await signInAt(url)}` }
  const form = formOf({}, { file: Buffer.from('code;nom\nK1;One\nK2;Two\n') })
  const headers = { ...authorization, 'content-type': form.type }
  const preview = await fetch(`${url}/api/v1/import/preview`, {
    method: 'POST',
    headers,
    body: new Uint8Array(form.body),
  })
  const { file_id } = (await preview.json()) as { file_id: string }
  const asked = await fetch(`${url}/api/v1/import/execute`, {
    method: 'POST',
    headers: { ...authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ file_id, template_id: 'client_import' }),
  })
  const { progress_url } = (await asked.json()) as { progress_url: string }
  await until('a job runs', async () => {
    const answer = await fetch(url + progress_url, { headers: authorization })
    return ((await answer.json()) as { status: string }).status === 'completed'
  })
}

test('the death of the primary under load loses no acknowledged write; requests and jobs go on at the promoted replica', async (t) => {
  const stage = await open(t)
  const { pair, server } = stage
  await pair.primary.kill()
  const ready = await fetch(`${server.url}/health/ready`)
  assert.equal(ready.status, 503)
  await pair.replica.promote()
  await goesOn(stage)
  await importRuns(server)
  await assertNothingLost(stage)
})

test('a primary that hangs is left within seconds, and when it comes back nobody is fooled: the later timeline counts', async (t) => {
  const stage = await open(t)
  const { pair } = stage
  pair.primary.freeze()
  await pair.replica.promote()
  await goesOn(stage)
  pair.primary.thaw()
  // It still takes writes, as far as it knows.
  const [row] = await pair.primary.query<{ standby: boolean }>('select pg_is_in_recovery() as standby')
  assert.equal(row?.standby, false)
  await pair.replica.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'clientele' and pid <> pg_backend_pid()`,
  )
  await goesOn(stage)
  await assertNothingLost(stage)
})
