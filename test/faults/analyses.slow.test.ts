/** Workers that are killed while they analyse: every analysis is completed, and once. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { ScoringFixture } from '#features/scoring/scoring.fixture.ts'
import { openScoring } from '#features/scoring/scoring.fixture.ts'
import { masterKeys } from '#platform/operations/services.fixture.ts'
import { makeDataDir } from '../support/server-process.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')
const wanted = 1000

let scoring: ScoringFixture
let data: Awaited<ReturnType<typeof makeDataDir>>
let watcher: pg.Client
const workers: ChildProcess[] = []

before(async () => {
  scoring = await openScoring()
  data = await makeDataDir()
  watcher = new pg.Client({ ...scoring.database.owner })
  await watcher.connect()
})
after(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await watcher.end()
  await scoring.close()
  await data.remove()
})

function startWorkerProcess(): ChildProcess {
  const worker = spawn(process.execPath, [program, 'worker'], {
    env: {
      PATH: process.env.PATH,
      HOME: data.dataDir,
      DATABASE_URL: scoring.database.applicationUrl,
      DATABASE_OWNER_URL: scoring.database.ownerUrl,
      CLIENTELE_DATA_DIR: data.dataDir,
      CLIENTELE_MASTER_KEYS: masterKeys,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  workers.push(worker)
  return worker
}

async function counts(): Promise<{ completed: number; running: number }> {
  const found = await watcher.query<{ completed: number; running: number }>(`
    select count(*) filter (where status = 'completed')::integer as completed,
           count(*) filter (where status = 'running')::integer as running from analyses`)
  return found.rows[0] ?? { completed: 0, running: 0 }
}

/** As soon as so many are completed and others are being run at this moment. */
async function killAmong(worker: ChildProcess, least: number): Promise<void> {
  const ended = once(worker, 'exit')
  for (;;) {
    const { completed, running } = await counts()
    if (completed >= wanted) break
    if (completed >= least && running > 0) break
  }
  worker.kill('SIGKILL')
  assert.deepEqual(await ended, [null, 'SIGKILL'])
}

test('kill -9 of the worker in the middle of 1,000 analyses: each is completed exactly once', async () => {
  const clientUid = await scoring.client()
  const pks: number[] = []
  for (let i = 0; i < wanted; i += 20) {
    const some = Array.from({ length: 20 }, async (_, j) => {
      const profile = await scoring.submitted(clientUid, { monthly_income: 2000 + i + j })
      return (await scoring.request(profile)).pk
    })
    pks.push(...(await Promise.all(some)))
  }
  for (const least of [0, 300, 600]) await killAmong(startWorkerProcess(), least)
  const { completed, running } = await counts()
  assert.ok(completed < wanted && running > 0, `killed in the middle: ${completed} completed, ${running} running`)

  startWorkerProcess()
  const deadline = performance.now() + 240_000
  while ((await counts()).completed < wanted) {
    assert.ok(performance.now() < deadline, `after all: ${JSON.stringify(await counts())}`)
    await delay(200)
  }
  const told = await scoring.rows<{ pk: string; requested: number; completed: number; failed: number }>(`
    select data ->> 'pk' as pk, count(*) filter (where type = 'analysis.requested')::integer as requested,
           count(*) filter (where type = 'analysis.completed')::integer as completed,
           count(*) filter (where type = 'analysis.failed')::integer as failed
      from domain_events where type like 'analysis.%' group by 1`)
  assert.deepEqual(new Set(told.map(({ pk }) => Number(pk))), new Set(pks))
  for (const { pk, ...times } of told) assert.deepEqual(times, { requested: 1, completed: 1, failed: 0 }, pk)
  const [again = { repeated: 0 }] = await scoring.rows<{ repeated: number }>(
    'select count(*) filter (where attempt > 1)::integer as repeated from analyses',
  )
  assert.ok(again.repeated > 0, 'some were taken over from a worker that was killed while it ran them')
})
