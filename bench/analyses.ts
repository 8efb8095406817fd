/**
 * Measures analyses in one run: node bench/analyses.ts [--rounds N] [--analyses N]
 * What the figures mean: docs/performance-profiles.md.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { PgBoss } from 'pg-boss'
import { evaluate } from '#features/scoring/evaluate.ts'
import { builtInScorecard } from '#features/scoring/index.ts'
import { analyse, hide } from '#features/scoring/result.ts'
import { openScoring } from '#features/scoring/scoring.fixture.ts'
import { queueSchema } from '#platform/jobs/queue.ts'
import { masterKeys } from '#platform/operations/services.fixture.ts'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './cpu-time.ts'
import type { Measured } from './processes.ts'
import { launch, stopAll } from './processes.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, analyses: { type: 'string', default: '3000' } },
})
const [rounds, count] = [values.rounds, values.analyses].map(Number) as [number, number]
const inFlight = 16
const batch = 100

type Line = { measurement: string; figure: string; peer?: string; ratio?: string }

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    'worker, PostgreSQL (fsync on) and load share the cores',
)
const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-'))
const scoring = await openScoring()
try {
  const lines = [...measureEvaluation(), ...(await measureQueue()), await measureDelay()]
  console.table(lines)
  console.log(`load at the end ${os.loadavg()[0]?.toFixed(1)}`)
} finally {
  await stopAll()
  await scoring.close()
  await rm(directory, { recursive: true, force: true })
}

/** Judging alone, on one core: the scorecard, and with it what is kept of the result. */
function measureEvaluation(): Line[] {
  const profile = {
    values: new Map(
      Object.entries({
        monthly_income: '2700',
        monthly_charges: '640',
        children_number: '1',
        professional_situation: 'cadre',
        years_in_current_job: '4',
        housing_situation: 'locataire',
      }).map(([name, value]) => [name, [value]]),
    ),
    documents: new Set(['bank_statement']),
  }
  const kept = () => JSON.stringify(hide(builtInScorecard, analyse(builtInScorecard, profile), () => false).open)
  return [
    {
      measurement: 'evaluations of the built-in scorecard',
      figure: `${perCpuSecond(() => evaluate(builtInScorecard, profile))} a CPU second`,
    },
    { measurement: 'the same, with what is kept of it', figure: `${perCpuSecond(kept)} a CPU second` },
  ]
}

/** By CPU time, which others on the machine hardly change. */
function perCpuSecond(work: () => unknown): number {
  const rates = Array.from({ length: rounds }, () => {
    const began = process.cpuUsage()
    let done = 0
    let microseconds = 0
    while (microseconds < 500_000) {
      for (let i = 0; i < 1000; i++) work()
      done += 1000
      const { user, system } = process.cpuUsage(began)
      microseconds = user + system
    }
    return (done * 1e6) / microseconds
  })
  return Math.round(median(rates))
}

function startWorker(name: string): Promise<Measured> {
  return launch({
    command: ['bin/clientele.mjs', 'worker'],
    env: {
      DATABASE_URL: scoring.database.applicationUrl,
      DATABASE_OWNER_URL: scoring.database.ownerUrl,
      CLIENTELE_DATA_DIR: directory,
      CLIENTELE_MASTER_KEYS: masterKeys,
      LOG_LEVEL: 'warn',
    },
    readyPath: null,
    logFile: path.join(directory, `${name}.log`),
  })
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
    }),
  )
}

/** Requests, each with its job in the transaction; then a worker that finds them all; beside it the queue with jobs that do nothing. */
async function measureQueue(): Promise<Line[]> {
  const clientUid = await scoring.client()
  const profiles: number[] = []
  await inParallel(
    Array.from({ length: count }, (_, i) => i),
    async (i) => {
      profiles.push(await scoring.submitted(clientUid, { monthly_income: 1500 + (i % 3000) }))
    },
  )
  const [asked, drained, bare, cpu]: number[][] = [[], [], [], []]
  for (let round = 0; round < rounds; round++) {
    let started = performance.now()
    await inParallel(profiles, (profile) => scoring.request(profile))
    asked?.push((count * 1000) / (performance.now() - started))
    const worker = await startWorker(`worker-${round}`)
    const before = cpuSecondsOf(worker.pid) + cpuSecondsOfPostgres()
    started = performance.now()
    const first = await openAnalyses()
    while ((await openAnalyses()) > 0) await delay(20)
    drained?.push((first * 1000) / (performance.now() - started))
    cpu?.push(((cpuSecondsOf(worker.pid) + cpuSecondsOfPostgres() - before) * 1000) / first)
    await worker.stop()
    bare?.push(await drainBareQueue())
  }
  const of = (rates: number[] | undefined) => median(rates ?? [])
  return [
    { measurement: `requests, ${inFlight} in flight, in process`, figure: `${Math.round(of(asked))}/s` },
    {
      measurement: 'analyses by one worker, waiting jobs to completed, beside no-op jobs of the queue',
      figure: `${Math.round(of(drained))}/s (${of(cpu).toFixed(2)} ms CPU each, PostgreSQL included)`,
      peer: `${Math.round(of(bare))}/s`,
      ratio: (of(drained) / of(bare)).toFixed(2),
    },
  ]
}

async function openAnalyses(): Promise<number> {
  const [row] = await scoring.rows<{ open: number }>(
    `select count(*)::integer as open from analyses where status in ('pending', 'running')`,
  )
  return row?.open ?? 0
}

/** As many jobs, fetched in batches of the same size, that do nothing. */
async function drainBareQueue(): Promise<number> {
  const boss = new PgBoss({
    connectionString: scoring.database.ownerUrl,
    schema: queueSchema,
    max: 4,
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
  })
  await boss.start()
  try {
    await boss.createQueue('bench')
    await boss.insert(
      'bench',
      Array.from({ length: count }, (_, i) => ({ data: { i } })),
    )
    const started = performance.now()
    let done = 0
    await new Promise<void>((resolve) => {
      void boss.work(
        'bench',
        { batchSize: batch, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true },
        async (jobs) => {
          done += jobs.length
          if (done >= count) resolve()
        },
      )
    })
    return (count * 1000) / (performance.now() - started)
  } finally {
    await boss.deleteAllJobs('bench')
    await boss.stop({ graceful: false })
  }
}

/** From the request to the completed analysis where nothing else is to be done: the worker looks twice a second. */
async function measureDelay(): Promise<Line> {
  const worker = await startWorker('worker-delay')
  const clientUid = await scoring.client()
  const delays: number[] = []
  for (let i = 0; i < 20; i++) {
    const profile = await scoring.submitted(clientUid)
    await delay((i * 37) % 500)
    const started = performance.now()
    await scoring.request(profile)
    while ((await openAnalyses()) > 0) await delay(5)
    delays.push(performance.now() - started)
  }
  await worker.stop()
  return {
    measurement: 'from the request to the completed analysis, one at a time',
    figure: `p50 ${Math.round(median(delays))} ms, longest ${Math.round(Math.max(...delays))} ms`,
  }
}
