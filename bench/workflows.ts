/**
 * Measures workflows in one run: node bench/workflows.ts [--rounds N] [--executions N] [--waiting N] [--approvals N]
 * What the figures mean: docs/performance-workflows.md.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { actorOfAccessToken } from '#features/sessions/index.ts'
import type { WorkflowJob } from '#features/workflows/index.ts'
import {
  configureWorkflows,
  createWorkflow,
  decideApproval,
  listPendingApprovals,
  runWorkflowJob,
  WorkflowDispatcher,
  workflowQueue,
} from '#features/workflows/index.ts'
import { Database } from '#platform/db/database.ts'
import { openQueue } from '#platform/jobs/queue.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { createUser, signInAs } from '#test/support/identity.ts'
import { median, pairedRatio } from './statistics.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    executions: { type: 'string', default: '2000' },
    waiting: { type: 'string', default: '100000' },
    approvals: { type: 'string', default: '10000' },
  },
})
const [rounds, executions, waiting, approvals] = [
  values.rounds,
  values.executions,
  values.waiting,
  values.approvals,
].map(Number) as [number, number, number, number]
const bare = 'housekeeping'
const as = {
  actor: { kind: 'system', tenantId: firstTenant, name: 'bench' },
  origin: { requestId: 'bench', ipAddress: null, userAgent: null, via: 'bench' },
} as const

const app = await startTestApp({ config: { logLevel: 'error' } })
const { services, queueOptions } = app.runtime
const { connection, logger } = queueOptions
const owner = new pg.Client({ connectionString: app.database.superuserUrl })
await owner.connect()
const count = async (text: string, params: unknown[] = []) =>
  Number((await owner.query<{ n: string }>(`select (select ${text}) as n`, params)).rows[0]?.n)
const boss = await openQueue({ connection, logger }, 20)
let dispatcher: WorkflowDispatcher | null = null
const database = new Database({ connection: app.database.application, poolSize: 1 })

async function reached(text: string, wanted: number): Promise<void> {
  while ((await count(text)) < wanted) await new Promise((resolve) => setTimeout(resolve, 20))
}

const definition = (actions: object[]) => ({ name: 'Bench', triggers: ['event:bench.happened'], actions })
const check = (n: number) => ({
  id: `check_${n}`,
  type: 'condition',
  expression: 'event.amount > 100.0 && event.amount < 1000000.0',
})
const steps = [...[1, 2, 3, 4].map(check), { id: 'wait', type: 'delay', until: 'now' }]

async function useWorkflow(actions: object[]): Promise<string> {
  await owner.query('update workflows set active_version = null; delete from workflow_triggers')
  const input = { definition: definition(actions), activate: true }
  return (await runForResult(services, createWorkflow, input, as)).id
}

/** As events of the outbox bring them. */
async function happen(number: number): Promise<void> {
  await owner.query(
    `insert into domain_events (tenant_id, id, type, client_id, data)
     select $1, gen_random_uuid(), 'bench.happened', null, json_build_object('id', 'b' || n, 'amount', 500 + n) from generate_series(1, $2::integer) n`,
    [firstTenant, number],
  )
}

/** No-op jobs of the queue that executions go through, a second. */
async function runBare(number: number): Promise<number> {
  let done = 0
  const started = performance.now()
  await boss.insert(
    bare,
    Array.from({ length: number }, (_, n) => ({ data: { n } })),
  )
  await new Promise<void>((resolve) => {
    void boss.work(bare, { pollingIntervalSeconds: 0.5, batchSize: 500, burstWhenBatchFull: true }, async (jobs) => {
      done += jobs.length
      if (done >= number) resolve()
    })
  })
  const rate = number / ((performance.now() - started) / 1000)
  await boss.offWork(bare)
  return rate
}

/** Steps a second, from the event to the end of its execution. */
async function runSteps(id: string, number: number): Promise<number> {
  const before = await count(`count(*) from workflow_executions where workflow_id = '${id}' and status = 'completed'`)
  const started = performance.now()
  await happen(number)
  await reached(
    `count(*) from workflow_executions where workflow_id = '${id}' and status = 'completed'`,
    before + number,
  )
  return (number * steps.length) / ((performance.now() - started) / 1000)
}

const cpuOf = async () => process.cpuUsage()

try {
  await runForResult(services, configureWorkflows, { dailyLimit: 10_000_000, retentionDays: null }, as)
  await boss.work<WorkflowJob>(
    workflowQueue,
    { pollingIntervalSeconds: 0.5, batchSize: 4, burstWhenBatchFull: true },
    (jobs) => Promise.all(jobs.map((job) => runWorkflowJob(services, job.data))),
  )
  dispatcher = new WorkflowDispatcher({ services, database })
  console.log(
    `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; worker and PostgreSQL share the cores`,
  )
  const id = await useWorkflow(steps)
  await runSteps(id, 100)
  const [peers, ours]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    peers.push(await runBare(executions * 5))
    ours.push(await runSteps(id, executions))
  }
  const figures = [
    {
      measurement: 'steps/s, event to end, 5 steps an execution',
      figure: `${Math.round(median(ours))}/s`,
      peer: `bare queue: ${Math.round(median(peers))} jobs/s`,
      ratio: pairedRatio(ours, peers),
      target: '>= 0.25',
    },
  ]
  console.table(figures)

  await owner.query(
    `insert into workflow_executions (tenant_id, id, workflow_id, version, status, current_action, trigger, scope, wait_until, due_at, step_count, attempt)
     select $1, new_workflow_execution_id(), $2, 1, 'waiting', 'wait', 'manual', '{"variables":{},"event":{},"steps":{}}',
            now() + interval '1 day' + n * interval '1 s', now() + interval '1 day' + n * interval '1 s', 1, 1 from generate_series(1, $3::integer) n`,
    [firstTenant, id, waiting],
  )
  for (const [what, clear] of [
    [`${waiting} waiting`, false],
    ['none waiting', true],
  ] as const) {
    if (clear) await owner.query(`delete from workflow_executions where status = 'waiting'`)
    // Else autovacuum's reading would be measured with it.
    await owner.query('vacuum analyze workflow_executions')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const from = await cpuOf()
    const begun = performance.now()
    const reads = await count('sum(blks_hit + blks_read) from pg_stat_database')
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    const used = process.cpuUsage(from)
    const blocks = (await count('sum(blks_hit + blks_read) from pg_stat_database')) - reads
    const seconds = (performance.now() - begun) / 1000
    console.log(
      `${what}: worker ${(((used.user + used.system) / 1e6 / seconds) * 100).toFixed(1)} % of a core, ` +
        `${Math.round(blocks / seconds)} blocks/s read, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
    )
  }

  const people: Awaited<ReturnType<typeof createUser>>[] = []
  for (let i = 0; i < 8; i++) people.push(await createUser(app, ['approver']))
  const actors = await Promise.all(
    people.map(async (one) => actorOfAccessToken(services, (await signInAs(app, one)).access_token)),
  )
  const asking = await useWorkflow([
    { id: 'ask', type: 'approval', approvers: people.map((one) => one.id), on_approved: 'end' },
  ])
  // Without messages: this measures deciding.
  await owner.query('update workflow_executions set due_at = null where due_at is not null')
  await dispatcher.stop()
  await happen(approvals)
  await owner.query(
    `with made as (
       insert into workflow_approvals (tenant_id, id, execution_id, action_id, workflow_name, entity_summary, approvers, required, expires_at)
       select tenant_id, replace(id, 'exec_', 'apr_'), id, 'ask', 'Bench', 'Bench', array['role:approver'], 1, now() + interval '1 day'
         from workflow_executions where workflow_id = $1 returning tenant_id, id
     ) insert into workflow_approvers (tenant_id, approver, approval_id) select tenant_id, 'role:approver', id from made`,
    [asking],
  )
  await owner.query(
    `update workflow_executions set status = 'waiting', current_action = 'ask', step_count = 1, attempt = 1, wait_until = now() + interval '1 day',
            due_at = now() + interval '1 day' where workflow_id = $1`,
    [asking],
  )
  await owner.query('analyze workflow_approvers; analyze workflow_approvals; analyze workflow_executions')
  dispatcher = new WorkflowDispatcher({ services, database })
  const started = performance.now()
  let [decided, lost] = [0, 0]
  const latencies: number[] = []
  await Promise.all(
    actors.map(async (actor) => {
      const call = { actor, origin: as.origin }
      for (;;) {
        const { approvals: open } = await runForResult(
          services,
          listPendingApprovals,
          { after: null, limit: 100 },
          call,
        )
        if (open.length === 0) return
        for (const { id: approvalId } of open.sort(() => Math.random() - 0.5)) {
          const at = performance.now()
          const input = { approvalId, approved: true, comment: null }
          await runForResult(services, decideApproval, input, call).then(
            () => {
              decided++
            },
            () => {
              lost++
            },
          )
          latencies.push(performance.now() - at)
        }
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await reached(`count(*) from workflow_executions where workflow_id = '${asking}' and status = 'completed'`, approvals)
  const ended = (performance.now() - started) / 1000
  latencies.sort((a, b) => a - b)
  console.log(
    `${approvals} approvals, 8 people: ${decided} decided, ${lost} came too late (409), in ${seconds.toFixed(1)} s ` +
      `(${Math.round(decided / seconds)}/s); p50 ${latencies[Math.floor(latencies.length / 2)]?.toFixed(1)} ms, ` +
      `p99 ${latencies[Math.floor(latencies.length * 0.99)]?.toFixed(1)} ms; all executions ended after ${ended.toFixed(1)} s`,
  )
} finally {
  await dispatcher?.stop()
  await boss.stop({ graceful: true, timeout: 5_000 })
  await database.end()
  await owner.end()
  await app.close()
}
