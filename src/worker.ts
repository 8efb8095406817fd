/** Runs jobs. Any number of workers on any number of machines share one queue. */
import type { PgBoss } from 'pg-boss'
import { auditJobs, startAuditLoop, verificationChecker } from '#features/audit/index.ts'
import { checkJobs } from '#features/checks/index.ts'
import { exportJobs } from '#features/exports/index.ts'
import { importJobs, validationChecker } from '#features/imports/index.ts'
import { erasureJobs } from '#features/personal-data/index.ts'
import { renderer, reportJobs } from '#features/reports/index.ts'
import { analysisJobs } from '#features/scoring/index.ts'
import { userJobs } from '#features/users/index.ts'
import { webhookJobs } from '#features/webhooks/index.ts'
import { workflowJobs } from '#features/workflows/index.ts'
import type { Queue } from '#platform/jobs/queue.ts'
import { openQueue } from '#platform/jobs/queue.ts'
import type { AnyQueue } from '#platform/jobs/worked-queue.ts'
import type { Logger } from '#platform/operations/services.ts'
import { keepHouse } from './housekeeping.ts'
import type { Runtime } from './runtime.ts'
import { startDeliveries, startNotifications, startWorkflows } from './worker-loops.ts'

const housekeeping = 'housekeeping'
/** A dead letter queue stands before those that name it. */
const ofFeatures: readonly AnyQueue[] = [
  ...userJobs,
  ...auditJobs,
  ...webhookJobs,
  ...analysisJobs,
  ...importJobs,
  ...exportJobs,
  ...checkJobs({ audit_verification: verificationChecker, import_validation: validationChecker }),
  ...erasureJobs,
  ...workflowJobs,
  ...reportJobs,
]
export const queues: readonly Queue[] = [housekeeping, ...ofFeatures.map(({ queue }) => queue)]

/** The queue keeps a failure with its job and tries again; the operator learns of it here. */
async function tellingFailures<T>(logger: Logger, queue: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    logger.error({ err: error, queue }, 'a job failed')
    throw error
  }
}

const nameOf = ({ queue }: AnyQueue) => (typeof queue === 'string' ? queue : queue.name)

/** @param stopping ends what runs when the worker stops */
async function work(boss: PgBoss, one: AnyQueue, { services, queueOptions }: Runtime, stopping: AbortSignal) {
  const { logger } = queueOptions
  const name = nameOf(one)
  const looking = { pollingIntervalSeconds: one.lookSeconds }
  if ('runTogether' in one) {
    const { batchSize, burst = false } = one
    const options = { ...looking, batchSize, burstWhenBatchFull: burst, perJobResults: one.tellsOfEach ?? false }
    await boss.work<object, unknown>(name, options, (jobs) =>
      tellingFailures(logger, name, async () => {
        const outcomes = await one.runTogether(services, jobs)
        return one.tellsOfEach ? outcomes : undefined
      }),
    )
    return
  }
  const { atOnce = 1 } = one
  const together = { localConcurrency: atOnce, ...(atOnce > 1 ? { localGroupConcurrency: atOnce - 1 } : {}) }
  await boss.work<object>(name, { ...looking, ...together, batchSize: 1 }, (jobs) =>
    tellingFailures(logger, name, async () => {
      for (const { id, data, signal } of jobs)
        await one.run(services, data, { id, signal: AbortSignal.any([signal, stopping]) })
    }),
  )
}

/** @returns a function that finishes running jobs and stops */
export async function startWorker(runtime: Runtime): Promise<() => Promise<void>> {
  const boss = await openQueue(runtime.queueOptions, runtime.config.jobSupervisionSeconds)
  const stopping = new AbortController()
  try {
    await startQueues(boss, runtime, stopping.signal)
  } catch (error) {
    stopping.abort(error)
    await boss.stop({ graceful: false })
    throw error
  }
  const stopLoops = [
    startAuditLoop(runtime.services),
    ...[startDeliveries, startNotifications, startWorkflows].map((start) => start(runtime)),
  ]
  return async () => {
    stopping.abort(new Error('the worker stops: the job goes on elsewhere, or later'))
    await Promise.all([...stopLoops.map((stop) => stop()), boss.stop({ graceful: true, timeout: 10_000 })])
    await renderer.close()
  }
}

async function startQueues(boss: PgBoss, runtime: Runtime, stopping: AbortSignal): Promise<void> {
  const keeping: AnyQueue = {
    queue: housekeeping,
    schedule: '* * * * *',
    lookSeconds: 5,
    run: () => keepHouse(runtime),
  }
  const all = [keeping, ...ofFeatures]
  // Every node schedules the same; pg-boss keeps one schedule a queue and sends each run once. All of them before the first look
  // for jobs: where looking waits for a lock, it takes the few connections, and the start would give up.
  for (const one of all)
    if ('schedule' in one && one.schedule !== undefined) await boss.schedule(nameOf(one), one.schedule)
  for (const one of all) await work(boss, one, runtime, stopping)
}
