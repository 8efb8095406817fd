/**
 * Mixed work for a long time, with workers that are killed: node bench/long-run.ts [--minutes N] [--rate N] [--kill-seconds N] [--plot FILE]
 * Says what leaks (memory, handles, connections, disk), whether latency stays, and whether every job ended. docs/performance-growth.md says what to look for.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { formOf } from '#test/support/form.ts'
import { plot } from './plot.ts'
import type { Measured } from './processes.ts'
import { saveResult } from './report.ts'
import type { Stage } from './stage.ts'
import { openStage, signIn } from './stage.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    rate: { type: 'string', default: '60' },
    'kill-seconds': { type: 'string', default: '45' },
    plot: { type: 'string' },
  },
})
const [minutes, rate, killSeconds] = [values.minutes, values.rate, values['kill-seconds']].map(Number) as [
  number,
  number,
  number,
]
/** Beyond a day nobody looks at it, and beyond this rate it would be another measurement. */
if (!(minutes > 0 && minutes <= 24 * 60 && rate > 0 && rate <= 1000))
  throw new Error('--minutes up to 1440, --rate up to 1000')
const sampleSeconds = Math.max(2, Math.round((minutes * 60) / 240))
const importEverySeconds = 10
const rowsOfAnImport = 200

type Sent = { method?: string; body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> }

type Sample = {
  minute: number
  serveMegabytes: number
  workersMegabytes: number
  handles: number
  connections: number
  databaseMegabytes: number
  p50Ms: number
  p99Ms: number
  answers: number
}

const stage = await openStage({
  only: new Set(),
  seconds: 1,
  rounds: 1,
  connections: 8,
  clients: 0,
  idleSeconds: 1,
  pin: 'none',
  json: false,
})
const database = new pg.Client({ connectionString: stage.database.superuserUrl })
await database.connect()
try {
  await run(stage)
} finally {
  await database.end()
  await stage.close()
}

async function run({ launchOurs }: Stage): Promise<void> {
  const serve = await launchOurs('serve')
  const workers = [await launchOurs('worker'), await launchOurs('worker')]
  const end = performance.now() + minutes * 60_000
  const samples: Sample[] = []
  let took: number[] = []
  const failures: string[] = []
  const imports: string[] = []
  let token = await signIn(serve)
  const running = () => performance.now() < end
  // An access token lives for half an hour.
  const renewing = setInterval(() => {
    signIn(serve).then(
      (renewed) => {
        token = renewed
      },
      (error: unknown) => failures.push(`sign-in: ${(error as Error).message}`),
    )
  }, 10 * 60_000)
  const timed = async (path: string, options: Sent = {}): Promise<unknown> => {
    const started = performance.now()
    const answer = await fetch(serve.url + path, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...options.headers },
    })
    const text = await answer.text()
    took.push(performance.now() - started)
    if (answer.status >= 300)
      throw new Error(`${options.method ?? 'GET'} ${path}: ${answer.status} ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  const json = (method: string, body: object) => ({
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  let number = 0
  const turn = async () => {
    const made = (await timed('/api/v1/clients', json('POST', { name: `Long ${++number}` }))) as { uid: string }
    await timed(`/api/v1/clients/${made.uid}`)
    await timed(`/api/v1/clients/${made.uid}`, json('PATCH', { description: 'changed' }))
    await timed('/api/v1/clients?pageSize=20')
    await timed('/api/v1/audit/events?limit=20')
  }
  const requestsOfATurn = 5
  async function work(): Promise<void> {
    while (running()) {
      const began = performance.now()
      await turn().catch((error: unknown) => failures.push((error as Error).message))
      await delay(Math.max(0, (4 * requestsOfATurn * 1000) / rate - (performance.now() - began)))
    }
  }
  async function importFiles(): Promise<void> {
    for (let file = 0; running(); file++) {
      const lines = Array.from({ length: rowsOfAnImport }, (_, row) => `L${file}R${row};Customer ${row}\n`)
      const form = formOf({}, { file: Buffer.from(`code;nom\n${lines.join('')}`) })
      const body = new Uint8Array(form.body)
      try {
        const preview = { method: 'POST', body, headers: { 'content-type': form.type } }
        const { file_id } = (await timed('/api/v1/import/preview', preview)) as { file_id: string }
        const asked = json('POST', { file_id, template_id: 'client_import', options: { on_existing: 'refuse' } })
        imports.push(((await timed('/api/v1/import/execute', asked)) as { import_id: string }).import_id)
      } catch (error) {
        failures.push((error as Error).message)
      }
      await delay(importEverySeconds * 1000)
    }
  }
  let kills = 0
  async function killWorkers(): Promise<void> {
    await delay(killSeconds * 1000)
    while (running()) {
      const which = kills++ % 2
      process.kill((workers[which] as Measured).pid, 'SIGKILL')
      workers[which] = await launchOurs('worker')
      await delay(killSeconds * 1000)
    }
  }
  async function watch(): Promise<void> {
    const began = performance.now()
    while (running()) {
      await delay(sampleSeconds * 1000)
      const sorted = took.sort((a, b) => a - b)
      took = []
      samples.push({
        minute: (performance.now() - began) / 60_000,
        ...(await look(serve, workers)),
        p50Ms: sorted[Math.floor(sorted.length / 2)] ?? 0,
        p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
        answers: sorted.length,
      })
    }
  }
  await Promise.all([...Array.from({ length: 4 }, work), importFiles(), killWorkers(), watch()])
  clearInterval(renewing)
  const open = await openImports(imports)
  report({ samples, failures, kills, imports: imports.length, notEnded: open })
}

async function look(serve: Measured, workers: readonly Measured[]) {
  const { rows } = await database.query<{ connections: number; megabytes: number }>(
    `select (select count(*)::integer from pg_stat_activity where datname = current_database()) as connections,
            (pg_database_size(current_database()) / 1e6)::float8 as megabytes`,
  )
  return {
    serveMegabytes: serve.residentMegabytes(),
    workersMegabytes: workers.reduce((sum, worker) => sum + safely(() => worker.residentMegabytes()), 0),
    handles: readdirSync(`/proc/${serve.pid}/fd`).length,
    connections: rows[0]?.connections ?? 0,
    databaseMegabytes: rows[0]?.megabytes ?? 0,
  }
}

/** A worker may just have been killed. */
function safely(read: () => number): number {
  try {
    return read()
  } catch {
    return 0
  }
}

/** What a killed worker had is taken over within a minute; then every import has ended with all its rows. @returns those that have not */
async function openImports(ids: readonly string[]): Promise<number> {
  for (let waited = 0; ; waited++) {
    const { rows } = await database.query<{ n: number }>(
      `select count(*)::integer as n from imports where id = any($1) and not (status = 'completed' and rows_inserted = $2)`,
      [ids, rowsOfAnImport],
    )
    const open = rows[0]?.n ?? 0
    if (open === 0 || waited > 120) return open
    await delay(1000)
  }
}

type Outcome = { samples: Sample[]; failures: string[]; kills: number; imports: number; notEnded: number }

function report({ samples, failures, kills, imports, notEnded }: Outcome): void {
  const result = {
    at: new Date().toISOString(),
    options: values,
    kills,
    imports,
    notEnded,
    failures: failures.slice(0, 50),
    samples,
  }
  const of = (key: keyof Sample) => samples.map((sample) => sample[key])
  const answers = of('answers').reduce((sum, one) => sum + one, 0)
  console.log(
    `${minutes} minutes: ${answers} answers, ${failures.length} failures, ${kills} workers killed, ${imports} imports, ${notEnded} not ended`,
  )
  const third = Math.max(1, Math.floor(samples.length / 3))
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / (values.length || 1)
  const columns = [
    'serveMegabytes',
    'workersMegabytes',
    'handles',
    'connections',
    'databaseMegabytes',
    'p50Ms',
    'p99Ms',
  ] as const
  console.table(
    columns.map((name) => {
      const [first, last] = [mean(of(name).slice(0, third)), mean(of(name).slice(-third))]
      return {
        what: name,
        'first third': first.toFixed(1),
        'last third': last.toFixed(1),
        growth: (last / first).toFixed(2),
      }
    }),
  )
  console.log(`Kept in ${saveResult(result)}`)
  if (!values.plot) return
  const chart = (title: string, unit: string, curves: [string, keyof Sample][]) => {
    return { title, unit, curves: curves.map(([name, key]) => ({ name, values: of(key) })) }
  }
  const charts = [
    chart('memory', 'MB', [
      ['serve', 'serveMegabytes'],
      ['workers', 'workersMegabytes'],
    ]),
    chart('handles and connections', 'open', [
      ['handles of serve', 'handles'],
      ['connections', 'connections'],
    ]),
    chart('database', 'MB', [['size', 'databaseMegabytes']]),
    chart('latency', 'ms', [
      ['p50', 'p50Ms'],
      ['p99', 'p99Ms'],
    ]),
  ]
  writeFileSync(values.plot, plot(charts, { xs: of('minute'), unit: 'min' }))
}
