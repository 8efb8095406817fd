/** Runs jobs. Any number of workers on any number of machines share one queue. */
import type { PgBoss } from 'pg-boss'
import { runHourlyAudit, startAuditLoop, verificationChecker } from '#features/audit/index.ts'
import type { CheckJob } from '#features/checks/index.ts'
import { abandonedCheckQueue, checkQueues, failAbandonedCheck, runCheck } from '#features/checks/index.ts'
import type { ExportJob } from '#features/exports/index.ts'
import { abandonedExportQueue, exportQueue, failAbandonedExports, runExport } from '#features/exports/index.ts'
import type { ImportJob } from '#features/imports/index.ts'
import {
  abandonedImportQueue,
  failAbandonedImport,
  importQueue,
  runImport,
  validationChecker,
} from '#features/imports/index.ts'
import type { ErasureJob } from '#features/personal-data/index.ts'
import {
  abandonedErasureQueue,
  erasureQueue,
  failAbandonedErasures,
  runDueTenantErasures,
  runErasure,
  tenantErasureQueue,
} from '#features/personal-data/index.ts'
import type { ReportJob } from '#features/reports/index.ts'
import {
  abandonedReportQueue,
  failAbandonedReports,
  renderer,
  reportQueue,
  reportScheduleQueue,
  runDueSchedules,
  runReport,
} from '#features/reports/index.ts'
import type { AnalysisJob } from '#features/scoring/index.ts'
import { abandonedAnalysisQueue, analysisQueue, failAbandonedAnalyses, runAnalyses } from '#features/scoring/index.ts'
import type { PasswordLinkJob } from '#features/users/index.ts'
import { passwordLinkQueue, sendPasswordLinks } from '#features/users/index.ts'
import type { WebhookNoticeJob } from '#features/webhooks/index.ts'
import { sendWebhookNotice, webhookNoticeQueue } from '#features/webhooks/index.ts'
import type { WorkflowJob } from '#features/workflows/index.ts'
import { runWorkflowJob, workflowQueue } from '#features/workflows/index.ts'
import type { Queue } from '#platform/jobs/queue.ts'
import { openQueue } from '#platform/jobs/queue.ts'
import type { Logger } from '#platform/operations/services.ts'
import { keepHouse } from './housekeeping.ts'
import type { Runtime } from './runtime.ts'
import { startDeliveries, startNotifications, startWorkflows } from './worker-loops.ts'

const housekeeping = 'housekeeping'
const hourlyAudit = 'audit-hourly'
export const queues: readonly Queue[] = [
  housekeeping,
  passwordLinkQueue,
  hourlyAudit,
  webhookNoticeQueue,
  abandonedAnalysisQueue,
  // A batch takes far less than a second: what is not done after this was left behind by a worker that is no more.
  { name: analysisQueue, expireInSeconds: 30, retryLimit: 5, retryDelayMax: 60, deadLetter: abandonedAnalysisQueue },
  abandonedImportQueue,
  // Runs for as long as the file takes; a worker that is no more is missed by its heartbeat.
  {
    name: importQueue,
    expireInSeconds: 23 * 3600,
    heartbeatSeconds: 20,
    retryLimit: 20,
    retryDelayMax: 30,
    deadLetter: abandonedImportQueue,
  },
  abandonedExportQueue,
  // An export may take hours; a worker that lives says so.
  {
    name: exportQueue,
    expireInSeconds: 12 * 3600,
    heartbeatSeconds: 30,
    retryLimit: 3,
    retryDelayMax: 60,
    deadLetter: abandonedExportQueue,
  },
  abandonedCheckQueue,
  // The same for verifications and validations, which begin again from the start.
  ...Object.values(checkQueues).map((name) => ({
    name,
    expireInSeconds: 12 * 3600,
    heartbeatSeconds: 30,
    retryLimit: 3,
    retryDelayMax: 60,
    deadLetter: abandonedCheckQueue,
  })),
  abandonedErasureQueue,
  // Waits for the end of imports; what has been erased stays erased.
  {
    name: erasureQueue,
    expireInSeconds: 12 * 3600,
    heartbeatSeconds: 30,
    retryLimit: 50,
    retryDelayMax: 60,
    deadLetter: abandonedErasureQueue,
  },
  // Looks for what is due, also for what a worker that is no more has left.
  { name: tenantErasureQueue, expireInSeconds: 12 * 3600, heartbeatSeconds: 30, retryLimit: 0 },
  // It only says where to look: what a lost one was about is due again after a minute.
  { name: workflowQueue, expireInSeconds: 120, retryLimit: 0 },
  reportScheduleQueue,
  abandonedReportQueue,
  {
    name: reportQueue,
    expireInSeconds: 3600,
    heartbeatSeconds: 30,
    retryLimit: 3,
    retryDelayMax: 60,
    deadLetter: abandonedReportQueue,
  },
]
const checkers = { audit_verification: verificationChecker, import_validation: validationChecker } as const
/** Jobs of workflows that a worker runs together; each has some executions under way at once. */
const workflowJobsAtOnce = 2

/** Of a worker at a time; each holds two connections. */
const exportsAtOnce = 2

/** Of a worker at a time; documents are set one after another all the same. */
const reportsAtOnce = 2

/** Imports that a worker runs at the same time. */
const importsAtOnce = 2

/** Analyses that a worker takes, and runs, together. */
const analysesAtOnce = 100

/** The queue keeps a failure with its job and tries again; the operator learns of it here. */
async function tellingFailures(logger: Logger, queue: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    logger.error({ err: error, queue }, 'a job failed')
    throw error
  }
}

/** @returns a function that finishes running jobs and stops */
export async function startWorker(runtime: Runtime): Promise<() => Promise<void>> {
  const { logger } = runtime.queueOptions
  const boss: PgBoss = await openQueue(runtime.queueOptions, runtime.config.jobSupervisionSeconds)
  // Every node schedules the same; pg-boss keeps one schedule a queue and sends each run once.
  await boss.schedule(housekeeping, '* * * * *')
  await boss.work(housekeeping, { pollingIntervalSeconds: 5 }, () =>
    tellingFailures(logger, housekeeping, () => keepHouse(runtime)),
  )
  await boss.schedule(hourlyAudit, '7 * * * *')
  await boss.work(hourlyAudit, { pollingIntervalSeconds: 5 }, () =>
    tellingFailures(logger, hourlyAudit, () => runHourlyAudit(runtime.services)),
  )
  await boss.work<PasswordLinkJob>(passwordLinkQueue, { pollingIntervalSeconds: 1 }, (jobs) =>
    tellingFailures(logger, passwordLinkQueue, async () => {
      for (const job of jobs) await sendPasswordLinks(runtime.services, job.data, job.id)
    }),
  )
  await boss.work<AnalysisJob>(
    analysisQueue,
    { pollingIntervalSeconds: 0.5, batchSize: analysesAtOnce, burstWhenBatchFull: true, perJobResults: true },
    (jobs) => runAnalyses(runtime.services, jobs),
  )
  await boss.work<AnalysisJob>(
    abandonedAnalysisQueue,
    { pollingIntervalSeconds: 5, batchSize: analysesAtOnce },
    (jobs) => tellingFailures(logger, abandonedAnalysisQueue, () => failAbandonedAnalyses(runtime.services, jobs)),
  )
  await boss.work<WebhookNoticeJob>(webhookNoticeQueue, { pollingIntervalSeconds: 2 }, (jobs) =>
    tellingFailures(logger, webhookNoticeQueue, async () => {
      for (const job of jobs) await sendWebhookNotice(runtime.services, job.data, job.id)
    }),
  )
  const stopping = new AbortController()
  await boss.work<ImportJob>(
    importQueue,
    { pollingIntervalSeconds: 0.5, batchSize: 1, localConcurrency: importsAtOnce },
    (jobs) =>
      tellingFailures(logger, importQueue, async () => {
        for (const job of jobs)
          await runImport(runtime.services, job.data, AbortSignal.any([job.signal, stopping.signal]))
      }),
  )
  await boss.work<ImportJob>(abandonedImportQueue, { pollingIntervalSeconds: 5 }, (jobs) =>
    tellingFailures(logger, abandonedImportQueue, async () => {
      for (const job of jobs) await failAbandonedImport(runtime.services, job.data)
    }),
  )
  await boss.work<ExportJob>(exportQueue, { pollingIntervalSeconds: 0.5, localConcurrency: exportsAtOnce }, (jobs) =>
    tellingFailures(logger, exportQueue, async () => {
      for (const job of jobs) await runExport(runtime.services, job.data)
    }),
  )
  await boss.work<ExportJob>(abandonedExportQueue, { pollingIntervalSeconds: 5 }, (jobs) =>
    tellingFailures(logger, abandonedExportQueue, () => failAbandonedExports(runtime.services, jobs)),
  )
  await boss.work<WorkflowJob>(
    workflowQueue,
    { pollingIntervalSeconds: 0.5, batchSize: workflowJobsAtOnce, burstWhenBatchFull: true },
    (jobs) =>
      tellingFailures(logger, workflowQueue, async () => {
        await Promise.all(jobs.map((job) => runWorkflowJob(runtime.services, job.data)))
      }),
  )
  const stopWorkflows = startWorkflows(runtime)
  await boss.schedule(reportScheduleQueue, '* * * * *')
  await boss.work(reportScheduleQueue, { pollingIntervalSeconds: 5 }, () =>
    tellingFailures(logger, reportScheduleQueue, async () => {
      await runDueSchedules(runtime.services)
    }),
  )
  await boss.work<ReportJob>(reportQueue, { pollingIntervalSeconds: 0.5, localConcurrency: reportsAtOnce }, (jobs) =>
    tellingFailures(logger, reportQueue, async () => {
      for (const job of jobs) await runReport(runtime.services, job.data)
    }),
  )
  await boss.work<ReportJob>(abandonedReportQueue, { pollingIntervalSeconds: 5 }, (jobs) =>
    tellingFailures(logger, abandonedReportQueue, () => failAbandonedReports(runtime.services, jobs)),
  )
  // Of each kind one at a time: a verification holds two connections, and both of the database's cores.
  for (const queue of Object.values(checkQueues)) {
    await boss.work<CheckJob>(queue, { pollingIntervalSeconds: 1, batchSize: 1 }, (jobs) =>
      tellingFailures(logger, queue, async () => {
        for (const { data, signal } of jobs)
          await runCheck(runtime.services, checkers[data.kind], data, AbortSignal.any([signal, stopping.signal]))
      }),
    )
  }
  await boss.work<CheckJob>(abandonedCheckQueue, { pollingIntervalSeconds: 5 }, (jobs) =>
    tellingFailures(logger, abandonedCheckQueue, async () => {
      for (const { data } of jobs) await failAbandonedCheck(runtime.services, checkers[data.kind], data)
    }),
  )
  await boss.work<ErasureJob>(erasureQueue, { pollingIntervalSeconds: 1, batchSize: 1 }, (jobs) =>
    tellingFailures(logger, erasureQueue, async () => {
      for (const { data } of jobs) await runErasure(runtime.services, data)
    }),
  )
  await boss.work<ErasureJob>(abandonedErasureQueue, { pollingIntervalSeconds: 5 }, (jobs) =>
    tellingFailures(logger, abandonedErasureQueue, () => failAbandonedErasures(runtime.services, jobs)),
  )
  await boss.schedule(tenantErasureQueue, '* * * * *')
  await boss.work(tenantErasureQueue, { pollingIntervalSeconds: 5, batchSize: 1 }, (jobs) =>
    tellingFailures(logger, tenantErasureQueue, async () => {
      for (const { signal } of jobs)
        await runDueTenantErasures(runtime.services, AbortSignal.any([signal, stopping.signal]))
    }),
  )
  const stopAuditLoop = startAuditLoop(runtime.services)
  const stopDeliveries = startDeliveries(runtime)
  const stopNotifications = startNotifications(runtime)
  return async () => {
    stopping.abort(new Error('the worker stops: the job goes on elsewhere, or later'))
    await Promise.all([
      stopAuditLoop(),
      stopDeliveries(),
      stopNotifications(),
      stopWorkflows(),
      boss.stop({ graceful: true, timeout: 10_000 }),
    ])
    await renderer.close()
  }
}
