/** Programs that are told to stop, or run out of memory, in the middle of their work. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { importQueue } from '#features/imports/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { launchCommand, runCommand } from '#src/cli/command.fixture.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { formOf } from '../support/form.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { letHeartbeatsPass } from '../support/passing-time.ts'
import { makeDataDir, postgresProcesses, signInAt, startServer } from '../support/server-process.ts'

const program = path.join(import.meta.dirname, '../../bin/clientele.mjs')
const hungry = path.join(import.meta.dirname, '../support/hungry.mjs')
const masterKeys = generateFernetKey()
const rows = 20_000

let app: TestApp
let token: string
let data: Awaited<ReturnType<typeof makeDataDir>>
const workers: ChildProcess[] = []
before(async () => {
  app = await startTestApp({ config: { masterKeys } })
  token = await app.signIn()
  data = await makeDataDir()
})
after(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await app.close()
  await data.remove()
})

type Worker = { child: ChildProcess; ended: Promise<[number | null, string | null]>; said(): string }

function startWorkerProcess(nodeOptions = ''): Worker {
  const child = spawn(process.execPath, [program, 'worker'], {
    env: {
      PATH: process.env.PATH,
      HOME: data.dataDir,
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_DATA_DIR: data.dataDir,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_JOB_SUPERVISION_SECONDS: '1',
      LOG_LEVEL: 'error',
      NODE_OPTIONS: nodeOptions,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  workers.push(child)
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  return { child, ended: once(child, 'exit') as Worker['ended'], said: () => said }
}

type Progress = { status: string; rows_read: number; rows_inserted: number }
const progressOf = async (id: string): Promise<Progress> =>
  (await app.request(`/api/v1/import/${id}/progress`, { token })).body

async function until(what: string, look: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `did not happen: ${what}`)
    await delay(20)
  }
}

async function askForImport(): Promise<string> {
  const lines = Array.from({ length: rows }, (_, n) => `K${String(n).padStart(6, '0')};Client ${n}\n`)
  const form = formOf({}, { file: Buffer.from(`code;nom\n${lines.join('')}`) })
  const headers = { 'content-type': form.type }
  const preview = await app.request('/api/v1/import/preview', { method: 'POST', token, raw: form.body, headers })
  const { file_id } = preview.body as { file_id: string }
  const body = { file_id, template_id: 'client_import', options: { batch_size: 100, on_existing: 'refuse' } }
  const asked = await app.request('/api/v1/import/execute', { method: 'POST', token, body })
  assert.equal(asked.status, 202, asked.text)
  return (asked.body as { import_id: string }).import_id
}

test('a worker that runs out of memory says so and ends, one that gets SIGTERM ends well and soon: the import goes on without a gap', async () => {
  const id = await askForImport()
  const fed = startWorkerProcess(`--max-old-space-size=128 --import=${hungry}`)
  await until('the first rows', async () => (await progressOf(id)).rows_read > 500)
  fed.child.kill('SIGUSR2')
  const [code, signal] = await fed.ended
  assert.ok(signal === 'SIGABRT' || (code ?? 0) > 0, `it ended with ${code} ${signal}`)
  assert.match(fed.said(), /heap out of memory/)
  await letHeartbeatsPass(app.database, importQueue)
  const { rows_read: before, status } = await progressOf(id)
  assert.equal(status, 'processing')
  assert.ok(before < rows)

  const stopped = startWorkerProcess()
  await until('more rows', async () => (await progressOf(id)).rows_read > before + 500)
  const asked = performance.now()
  stopped.child.kill('SIGTERM')
  assert.deepEqual(await stopped.ended, [0, null])
  assert.ok(performance.now() - asked < 15_000)
  assert.equal((await progressOf(id)).status, 'processing')
  await letHeartbeatsPass(app.database, importQueue)

  startWorkerProcess()
  await until('its end', async () => (await progressOf(id)).status !== 'processing')
  const done = await progressOf(id)
  assert.deepEqual([done.status, done.rows_read, done.rows_inserted], ['completed', rows, rows])
  const [found] = await queryAsOwner(
    app.database,
    'select count(*)::int as all, count(distinct code)::int as different from customers',
  )
  assert.deepEqual(found, { all: rows, different: rows })
})

/** Sends the first half of a form, and the other when it is told to. */
async function halfAnUpload(url: string, bearer: string, content: Buffer) {
  const form = formOf({}, { file: content })
  const request = http.request(`${url}/api/v1/import/preview`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': form.type,
      'content-length': form.body.length,
      expect: '100-continue',
    },
  })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  answered.catch(() => {})
  request.flushHeaders()
  // A request that the server meets when it is ending already is refused at once.
  await once(request, 'continue')
  const half = Math.floor(form.body.length / 2)
  await new Promise((resolve) => request.write(form.body.subarray(0, half), resolve))
  return {
    answered,
    finish: async () => {
      request.end(form.body.subarray(half))
      const [response] = await answered
      await response.toArray()
      return response.statusCode
    },
  }
}

test('SIGTERM in the middle of uploads: one that goes on is taken and is there, one that hangs holds nobody up; a backup leaves nothing half', async (t) => {
  const { dataDir, remove } = await makeDataDir()
  t.after(remove)
  const server = await startServer(dataDir)
  t.after(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  const bearer = await signInAt(server.url)
  const content = Buffer.from(`code;nom\n${'A1;Alpha\n'.repeat(100_000)}`)

  const settings = { CLIENTELE_DATA_DIR: dataDir }
  const file = path.join(dataDir, 'nightly.backup')
  const backup = launchCommand(['backup', file], settings)
  await until('the backup has begun', async () => fs.existsSync(`${file}.part`) || fs.existsSync(file))
  backup.child.kill('SIGTERM')
  const interrupted = await backup.ended
  assert.ok(!fs.existsSync(`${file}.part`), 'the next backup would find it in its way')
  assert.equal(fs.existsSync(file), interrupted.code === 0)
  if (interrupted.code !== 0) assert.match(interrupted.stderr, /stopped by SIGTERM: no backup was made/)
  fs.rmSync(file, { force: true })
  assert.equal((await runCommand(['backup', file], settings)).code, 0)

  const [goesOn, hangs] = await Promise.all([content, content].map((one) => halfAnUpload(server.url, bearer, one)))
  const asked = performance.now()
  server.child.kill('SIGTERM')
  await until('no new connections', () =>
    fetch(`${server.url}/health/live`).then(
      () => false,
      () => true,
    ),
  )
  assert.equal(await goesOn?.finish(), 200)
  assert.equal(await server.ended, 0, server.output())
  assert.ok(performance.now() - asked < 25_000, 'a sender that hangs must not hold up the end')
  await assert.rejects(hangs?.answered ?? Promise.resolve())
  assert.deepEqual(postgresProcesses(dataDir), [])

  const next = await startServer(dataDir)
  t.after(async () => {
    next.child.kill('SIGTERM')
    await next.ended
  })
  const limits = await fetch(`${next.url}/api/v1/rate-limits`, {
    headers: { authorization: `Bearer ${await signInAt(next.url)}` },
  })
  const { storage } = (await limits.json()) as { storage: { used_bytes: number } }
  assert.equal(storage.used_bytes, content.length, 'the upload that was acknowledged, and nothing else')
})
