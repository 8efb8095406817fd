/** The database ends, and its disk is full, in the middle of an import and of an export: both come to their whole end. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, rename, rm, statfs, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { exportQueue } from '#features/exports/index.ts'
import { importQueue } from '#features/imports/index.ts'
import type { EmbeddedPostgres } from '#platform/db/embedded.ts'
import { startEmbeddedPostgres } from '#platform/db/embedded.ts'
import { firstTenant } from '#src/bootstrap.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { formOf } from '../support/form.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { letHeartbeatsPass } from '../support/passing-time.ts'
import { createTestDatabase } from '../support/postgres.ts'

const run = promisify(execFile)

/** A server of its own on a disk of its own, an application on it, and a worker when it is asked for. */
class World {
  readonly root: string
  readonly #disk: string
  server!: EmbeddedPostgres
  app!: TestApp
  token!: string
  #stopWorker: (() => Promise<void>) | null = null

  constructor(root: string, disk: string) {
    this.root = root
    this.#disk = disk
  }

  /** The socket's directory is another one after each start; the application knows it by one name, like a host's. */
  async startServer(): Promise<void> {
    this.server = await startEmbeddedPostgres({ dataDir: path.join(this.#disk, 'data') })
    const { host } = this.server.connection('postgres', 'postgres')
    await symlink(host, path.join(this.root, 'next'))
    await rename(path.join(this.root, 'next'), path.join(this.root, 'socket'))
  }

  async open(): Promise<void> {
    await this.startServer()
    const { port } = this.server.connection('postgres', 'postgres')
    const query = new URLSearchParams({ host: path.join(this.root, 'socket'), port: String(port) })
    process.env.TEST_DATABASE_URL = `postgresql://postgres@localhost/postgres?${query}`
    const config = { jobSupervisionSeconds: 1, logLevel: 'error' }
    this.app = await startTestApp({ database: await createTestDatabase(), config })
    this.token = await this.app.signIn()
  }

  async work(): Promise<void> {
    this.#stopWorker = await startWorker(this.app.runtime)
  }

  async close(): Promise<void> {
    await this.#stopWorker?.()
    await this.app?.close()
    await this.server?.stop()
  }

  async kill(): Promise<void> {
    process.kill(this.server.pid, 'SIGKILL')
    await this.server.exited
    await this.server.stop()
  }

  /** Asked until it answers: while the database is away, it does not. */
  async ask<T>(request: string, isIt: (answer: T) => boolean, between?: (answer: T) => Promise<void>): Promise<T> {
    const deadline = performance.now() + 90_000
    for (;;) {
      const answer = await this.app.request(request, { token: this.token })
      if (answer.status === 200 && isIt(answer.body)) return answer.body
      assert.ok(performance.now() < deadline, `${request}: ${answer.status} ${answer.text}`)
      if (answer.status === 200) await between?.(answer.body)
      await delay(20)
    }
  }

  async askForImport(rows: number): Promise<string> {
    const content = `code;nom\n${Array.from({ length: rows }, (_, n) => `K${n};Client ${n}\n`).join('')}`
    const form = formOf({}, { file: Buffer.from(content) })
    const raw = { method: 'POST', token: this.token, raw: form.body, headers: { 'content-type': form.type } }
    const { file_id } = (await this.app.request('/api/v1/import/preview', raw)).body as { file_id: string }
    const options = { batch_size: 250, on_existing: 'refuse' }
    const body = { file_id, template_id: 'client_import', options }
    const asked = await this.app.request('/api/v1/import/execute', { method: 'POST', token: this.token, body })
    assert.equal(asked.status, 202, asked.text)
    return `/api/v1/import/${(asked.body as { import_id: string }).import_id}/progress`
  }

  /** To its end, as soon as whoever ran it is missed. */
  async finished(progress: string, rows: number): Promise<void> {
    const done = await this.ask<Progress>(
      progress,
      ({ status }) => status !== 'processing',
      async ({ attempt }) => {
        if (attempt === 1) await letHeartbeatsPass(this.app.database, importQueue).catch(() => {})
      },
    )
    assert.deepEqual([done.status, done.rows_read, done.rows_inserted], ['completed', rows, rows])
    assert.ok(done.attempt > 1)
    const sql = `select count(*)::int as n, count(distinct code)::int as codes from customers where name = 'Client ' || substr(code, 2)`
    assert.deepEqual(await queryAsOwner(this.app.database, sql), [{ n: rows, codes: rows }])
  }
}

type Progress = { status: string; rows_read: number; rows_inserted: number; attempt: number }

let root: string
let world: World
const mounted: string[] = []
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'clientele-transfers-'))
  world = new World(root, root)
})
afterEach(async () => {
  try {
    await world.close()
  } finally {
    for (const disk of mounted.splice(0)) await run('umount', ['-l', disk])
    await rm(root, { recursive: true, force: true })
  }
})
after(() => {
  delete process.env.TEST_DATABASE_URL
})

test('the database is killed in the middle of an import, then of an export: no row is missing, none is there twice', async () => {
  const rows = 12_000
  await world.open()
  const progress = await world.askForImport(rows)
  await world.work()
  await world.ask<Progress>(progress, ({ rows_read }) => rows_read > 2_000)
  await world.kill()
  await world.startServer()
  await world.finished(progress, rows)

  const many = 100_000
  await queryAsOwner(
    world.app.database,
    `insert into customers (tenant_id, id, code, name)
     select $1, gen_random_uuid(), 'M' || lpad(n::text, 6, '0'), 'Client ' || n from generate_series(1, $2::int) n`,
    [firstTenant, many],
  )
  const body = { entity_type: 'customers', format: 'csv', columns: ['code', 'name'], order: [{ column: 'code' }] }
  const asked = await world.app.request('/api/v1/export', { method: 'POST', token: world.token, body })
  assert.equal(asked.status, 202, asked.text)
  const { export_id: id, progress_url: url } = asked.body as { export_id: string; progress_url: string }
  await world.ask<{ status: string }>(url, ({ status }) => status === 'running')
  await world.kill()
  await world.startServer()
  const attempts = async () =>
    (await queryAsOwner<{ attempt: number }>(world.app.database, 'select attempt from exports where id = $1', [id]))[0]
  const made = await world.ask<{ status: string; rows_written: number; download_url: string }>(
    url,
    ({ status }) => status !== 'pending' && status !== 'running',
    async () => {
      if ((await attempts())?.attempt === 1) await letHeartbeatsPass(world.app.database, exportQueue)
    },
  )
  assert.deepEqual([made.status, made.rows_written], ['ready', rows + many])
  assert.equal((await attempts())?.attempt, 2)
  const file = await world.app.request(made.download_url, { token: world.token })
  const codes = file.text.trim().split('\n').slice(1)
  assert.deepEqual([codes.length, new Set(codes).size], [rows + many, rows + many])
})

/** @returns why there is no small disk; null: there is one */
async function mountSmallDisk(disk: string): Promise<string | null> {
  await mkdir(disk)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=320m,mode=755', 'tmpfs', disk])
    mounted.push(disk)
    return null
  } catch (error) {
    return `no small disk can be mounted here: ${(error as Error).message.split('\n')[1] ?? 'mount failed'}`
  }
}

test('the disk is full in the middle of an import: nothing half is there, and it goes on when there is room again', async (t) => {
  const disk = path.join(root, 'disk')
  const reason = await mountSmallDisk(disk)
  if (reason !== null) return t.skip(reason)
  world = new World(root, disk)
  await world.open()
  const rows = 30_000
  const progress = await world.askForImport(rows)
  // What is left is less than the import takes.
  const ballast = path.join(disk, 'ballast')
  const handle = await open(ballast, 'w')
  const room = 6 * 1024 ** 2
  const megabyte = Buffer.alloc(1024 ** 2, 1)
  for (;;) {
    const { bavail, bsize } = await statfs(disk)
    if (bavail * bsize < room) break
    await handle.write(megabyte)
  }
  await handle.close()
  await world.work()
  let hasEnded = false
  world.server.exited.then(
    () => {
      hasEnded = true
    },
    () => {},
  )
  const deadline = performance.now() + 60_000
  while (!hasEnded && !world.app.logs.some((line) => /"code":"53100"|No space left|a job failed/.test(line))) {
    assert.ok(performance.now() < deadline, 'the disk is filled')
    await delay(50)
  }
  const answer = await world.app.request(progress, { token: world.token })
  assert.ok(answer.status === 503 || (answer.body as Progress).status === 'processing', answer.text)
  await rm(ballast)
  if (hasEnded) {
    await world.server.stop()
    await world.startServer()
  }
  await world.finished(progress, rows)
})
