/**
 * Measures an import of customers from CSV against psql's COPY FROM STDIN of the same rows into the same table:
 *   node bench/import.ts [--rows 1000000] [--batch 2000] [--stop-on-error]
 * The file goes in by HTTP, a worker process of its own imports it; its peak memory is read when it has ended. COPY gets the
 * rows as the import writes them, with tenant and id. What the figures mean: docs/performance-imports.md.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, openAsBlob, readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import { newUuids } from '#kernel/ids.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '2000' },
    'stop-on-error': { type: 'boolean', default: false },
  },
})
const [rows, batch] = [Number(values.rows), Number(values.batch)]
const program = path.join(import.meta.dirname, '../bin/clientele.mjs')
const masterKeys = generateFernetKey()

const fieldsOf = (n: number) => [
  `CLI${String(n).padStart(8, '0')}`,
  `Client n° ${n} de la Société Générale d'Essais`,
  `client${n}@example.com`,
  '73282932000074',
  '69001',
  'Lyon',
  'FR',
]
const inPieces = 5_000

function* importLines(): Generator<string> {
  yield 'code;nom;e-mail;siret;code postal;ville;pays\r\n'
  for (let n = 0; n < rows; n += inPieces) {
    yield Array.from({ length: Math.min(inPieces, rows - n) }, (_, i) => `${fieldsOf(n + i).join(';')}\r\n`).join('')
  }
}

function* copyLines(): Generator<string> {
  for (let n = 0; n < rows; n += inPieces) {
    const ids = newUuids(Math.min(inPieces, rows - n))
    yield ids.map((id, i) => `tenant_copy;${id};${fieldsOf(n + i).join(';')}\n`).join('')
  }
}

console.log(
  `${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ${rows} customers`,
)
const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-import-'))
const app = await startTestApp({ config: { masterKeys } })
const superuser = new pg.Client({ connectionString: app.database.superuserUrl })
await superuser.connect()
try {
  const [csv, copied] = [path.join(directory, 'customers.csv'), path.join(directory, 'copy.csv')]
  await pipeline(Readable.from(importLines()), createWriteStream(csv))
  await pipeline(Readable.from(copyLines()), createWriteStream(copied))
  const size = (await stat(csv)).size / 1e6
  await superuser.query('truncate customers, row_counts')
  await superuser.query('checkpoint')
  const copySeconds = await copy(copied)
  await superuser.query('truncate customers, row_counts')
  await superuser.query('checkpoint')
  const imported = await importFile(app, csv)
  console.table({
    'COPY FROM STDIN (psql)': { seconds: copySeconds.toFixed(1), 'rows/s': Math.round(rows / copySeconds) },
    import: { seconds: imported.seconds.toFixed(1), 'rows/s': Math.round(rows / imported.seconds) },
  })
  console.log(`ratio ${(copySeconds / imported.seconds).toFixed(2)} (target 0.25)`)
  console.log(
    `worker: peak memory ${imported.peakMegabytes.toFixed(0)} MB (target 300), CPU ${imported.cpuSeconds.toFixed(1)} s`,
  )
  console.log(
    `file ${size.toFixed(0)} MB, upload with preview ${imported.uploadSeconds.toFixed(1)} s, load ${os.loadavg()[0]?.toFixed(1)}`,
  )
} finally {
  await superuser.end()
  await app.close()
  await rm(directory, { recursive: true, force: true })
}

async function copy(file: string): Promise<number> {
  const columns = 'tenant_id, id, code, name, email, siret, postal_code, city, country_code'
  const started = performance.now()
  const command = `copy customers (${columns}) from stdin with (format csv, delimiter ';')`
  const psql = spawn('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-c', command, app.database.superuserUrl], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const ended = once(psql, 'exit')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), psql.stdin)
  const [code] = (await ended) as [number]
  if (code !== 0) throw new Error(`psql ended with ${code}`)
  return (performance.now() - started) / 1000
}

type Imported = { seconds: number; uploadSeconds: number; peakMegabytes: number; cpuSeconds: number }

async function importFile(server: TestApp, file: string): Promise<Imported> {
  const token = await server.signIn()
  const authorization = { authorization: `Bearer ${token}` }
  const uploading = performance.now()
  const form = new FormData()
  form.append('file', await openAsBlob(file), 'customers.csv')
  const preview = await fetch(`${server.url}/api/v1/import/preview`, {
    method: 'POST',
    headers: authorization,
    body: form,
  })
  const { file_id } = (await preview.json()) as { file_id: string }
  const uploadSeconds = (performance.now() - uploading) / 1000
  const worker = spawn(process.execPath, [program, 'worker'], {
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      ...(process.env.NODE_OPTIONS ? { NODE_OPTIONS: process.env.NODE_OPTIONS } : {}),
      DATABASE_URL: server.database.applicationUrl,
      DATABASE_OWNER_URL: server.database.ownerUrl,
      CLIENTELE_DATA_DIR: directory,
      CLIENTELE_MASTER_KEYS: masterKeys,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const options = { batch_size: batch, stop_on_error: values['stop-on-error'] }
    const body = { file_id, template_id: 'customer_import', options }
    const asked = await server.request('/api/v1/import/execute', { method: 'POST', token, body })
    if (asked.status !== 202) throw new Error(asked.text)
    const { progress_url } = asked.body as { progress_url: string }
    await superuser.query('analyze imports')
    for (;;) {
      const { status, error } = (await server.request(progress_url, { token })).body as {
        status: string
        error: string
      }
      if (status === 'completed') break
      if (status !== 'processing') throw new Error(`${status}: ${error}`)
      await delay(100)
    }
    const found = await superuser.query<{ seconds: number; there: number }>(
      `select extract(epoch from finished_at - started_at)::float8 as seconds,
         (select count(*)::int from customers where tenant_id = $1) as there from imports`,
      [firstTenant],
    )
    if (found.rows[0]?.there !== rows) throw new Error(`${found.rows[0]?.there} rows are there`)
    return { seconds: found.rows[0].seconds, uploadSeconds, ...usageOf(worker.pid ?? 0) }
  } finally {
    const ended = once(worker, 'exit')
    worker.kill('SIGKILL')
    await ended
  }
}

/** Resident memory at its highest, and processor time, of a process of Linux. */
function usageOf(pid: number): { peakMegabytes: number; cpuSeconds: number } {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const [utime = 0, stime = 0] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? []
  return { peakMegabytes: Number(peak) / 1000, cpuSeconds: (utime + stime) / 100 }
}
