/** Workers that are killed while they import: the tables are those of a run that nobody disturbed. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { importQueue } from '#features/imports/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { formOf } from '../support/form.ts'
import { letHeartbeatsPass } from '../support/passing-time.ts'
import { makeDataDir } from '../support/server-process.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')
const masterKeys = generateFernetKey()
/** TEST_IMPORT_KILLS=10 TEST_IMPORT_ROWS=200000 is the proof as it was asked for; it takes minutes. */
const rows = Number(process.env.TEST_IMPORT_ROWS ?? 50_000)
const kills = Number(process.env.TEST_IMPORT_KILLS ?? 3)

let app: TestApp
let token: string
let data: Awaited<ReturnType<typeof makeDataDir>>
let watcher: pg.Client
const workers: ChildProcess[] = []

before(async () => {
  app = await startTestApp({ config: { masterKeys } })
  token = await app.signIn()
  data = await makeDataDir()
  watcher = new pg.Client({ ...app.database.owner })
  await watcher.connect()
})
after(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await watcher.end()
  await app.close()
  await data.remove()
})

function startWorkerProcess(): ChildProcess {
  const worker = spawn(process.execPath, [program, 'worker'], {
    env: {
      PATH: process.env.PATH,
      HOME: data.dataDir,
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_DATA_DIR: data.dataDir,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_JOB_SUPERVISION_SECONDS: '1',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  workers.push(worker)
  return worker
}

/** Every hundredth row has no name and is refused. */
const lineOf = (n: number) => `K${String(n).padStart(6, '0')};${n % 100 === 7 ? '' : `Client ${n}`}\n`

async function ask(options: object): Promise<string> {
  const content = `code;nom\n${Array.from({ length: rows }, (_, n) => lineOf(n)).join('')}`
  const form = formOf({}, { file: Buffer.from(content) })
  const headers = { 'content-type': form.type }
  const preview = await app.request('/api/v1/import/preview', { method: 'POST', token, raw: form.body, headers })
  const { file_id } = preview.body as { file_id: string }
  const body = {
    file_id,
    template_id: 'client_import',
    options: { batch_size: 250, on_existing: 'refuse', ...options },
  }
  const asked = await app.request('/api/v1/import/execute', { method: 'POST', token, body })
  assert.equal(asked.status, 202, asked.text)
  return (asked.body as { import_id: string }).import_id
}

type Progress = { status: string; rows_read: number; rows_inserted: number; rows_refused: number; attempt: number }
const progressOf = async (id: string): Promise<Progress> =>
  (await app.request(`/api/v1/import/${id}/progress`, { token })).body

/** At a random moment in the middle of what is left. */
async function killWithin(id: string, from: number): Promise<number> {
  const worker = startWorkerProcess()
  const ended = once(worker, 'exit')
  const moment = from + 500 + Math.floor((Math.random() * (rows - from - 1000)) / (kills + 1))
  const deadline = performance.now() + 180_000
  let { rows_read } = await progressOf(id)
  while (rows_read < moment) {
    assert.ok(performance.now() < deadline, `taken over: ${rows_read} of ${moment}`)
    await delay(20)
    rows_read = (await progressOf(id)).rows_read
  }
  worker.kill('SIGKILL')
  assert.deepEqual(await ended, [null, 'SIGKILL'])
  await letHeartbeatsPass(app.database, importQueue)
  return (await progressOf(id)).rows_read
}

async function finished(id: string): Promise<Progress> {
  const deadline = performance.now() + 240_000
  for (;;) {
    const progress = await progressOf(id)
    if (progress.status !== 'processing') return progress
    assert.ok(performance.now() < deadline, `after all: ${JSON.stringify(progress)}`)
    await delay(200)
  }
}

test('kill -9 of the worker at random moments of an import: no row is missing, none is there twice', async () => {
  const id = await ask({})
  let position = 0
  for (let i = 0; i < kills; i++) position = await killWithin(id, position)
  startWorkerProcess()
  const done = await finished(id)
  const refused = rows / 100
  assert.deepEqual(
    [done.status, done.rows_read, done.rows_inserted, done.rows_refused],
    ['completed', rows, rows - refused, refused],
  )
  assert.ok(done.attempt > kills)
  const found = await watcher.query<{ code: string; name: string }>('select code, name from customers order by code')
  const expected = Array.from({ length: rows }, (_, n) => lineOf(n).trim().split(';')).filter(([, name]) => name !== '')
  assert.deepEqual(
    found.rows.map(({ code, name }) => [code, name]),
    expected,
  )
  const file = await app.request(`/api/v1/import/${id}/refused`, { token })
  assert.equal(file.text.trim().split('\r\n').length, refused + 1)
  // The proof has no gap and no overlap either.
  const events = await watcher.query<{ position: number; read: number }>(
    `select (context ->> 'position')::int as position, (context ->> 'read')::int as read from audit_events
      where action = 'import.write-batch' and target_id = $1 order by 1`,
    [id],
  )
  let next = 0
  for (const event of events.rows) {
    assert.equal(event.position, next)
    next += event.read
  }
  assert.equal(next, rows)
})
