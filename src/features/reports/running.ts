/** How a report is made: by a job (#platform/jobs/kept-job.ts says what becomes of it). */
import { linkKey } from '#features/notifications/index.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { JobKind } from '#platform/jobs/kept-job.ts'
import { endingWith, giveUpKeptJob, runKeptJob } from '#platform/jobs/kept-job.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { signReportLink } from './link.ts'
import { makeReportFile } from './making.ts'
import type { Ending, Started } from './report-store.ts'
import { endReport, findRequest, noteUnsent, saveProgress, startReport } from './report-store.ts'
import { noteFailedRun } from './schedule-store.ts'
import type { Report } from './schemas.ts'
import { schedulesPage, sendReport, tellFailedRun } from './sending.ts'

export const reportQueue = 'report'
export type ReportJob = { tenantId: string; reportId: string }

const dayMs = 86_400_000
/** Long enough to be looked at. */
const previewMs = 15 * 60_000

export const endReportOperation = defineOperation({
  name: 'report.end',
  summary: 'Records what became of a report that nobody has cancelled or started again meanwhile (for jobs).',
  level: 'account',
  permission: 'report:run',
  effect: 'write',
  input: endingWith<Ending>('ready', 'failed'),
  run: async ({ tx, tenantId, services, now, emit }, { id, attempt, ending }): Promise<Report | null> => {
    const ended = await endReport(tx, tenantId, { id, attempt, ending, now })
    if (!ended) return null
    if (ending.status === 'ready') {
      const kept = await services.files.keep(tx, tenantId, ending.fileId, ending.expiresAt)
      if (!kept) throw new Error('the file of a report went before it was kept')
      if (ended.recipients.length > 0) await tell(tx, tenantId, { report: ended, url: ending.url, now })
    } else if (ended.scheduleId !== null) {
      await failSchedule(tx, tenantId, { report: ended, url: schedulesPage(services), now })
    }
    // Whoever listens for reports has no use for a look at one.
    if (ended.isPreview) return ended
    const data = { id, template_id: ended.templateId, format: ended.format }
    emit({ type: ending.status === 'ready' ? 'report.ready' : 'report.failed', clientId: null, data })
    return ended
  },
  audit: ({ id }, ended) =>
    ended && {
      category: 'data_access',
      action: `report.${ended.status}`,
      severity: ended.status === 'failed' ? 'warning' : 'info',
      description: ended.status === 'failed' ? 'A report failed' : 'A report was made',
      target: { type: 'report', id },
      context: {
        template: ended.templateId,
        format: ended.format,
        recipients: ended.recipients.length,
        failure: ended.failure,
      },
    },
})

type Told = { report: Report; url: string; now: Date }

async function tell(tx: Tx, tenantId: string, { report, url, now }: Told): Promise<void> {
  const found = await findRequest(tx, tenantId, report.id)
  if (!found) return
  const problem = await sendReport(tx, tenantId, { ...found, report, url, now })
  if (problem !== null) await noteUnsent(tx, tenantId, report.id, problem)
}

/** The attempts are over: retries of the queue do not come here. */
async function failSchedule(tx: Tx, tenantId: string, { report, url, now }: Told): Promise<void> {
  const failure = report.failure ?? 'internal'
  const schedule = await noteFailedRun(tx, tenantId, { id: report.scheduleId ?? '', reportId: report.id, failure })
  if (!schedule) return
  const reason = report.failureDetails[0]?.message ?? failure
  await tellFailedRun(tx, tenantId, { schedule, reason, url, key: report.id, now })
}

const kind: JobKind<Started, number, Ending> = {
  name: 'report',
  start: startReport,
  save: saveProgress,
  end: (services, ended, call) => runForResult(services, endReportOperation, ended, call),
  failed: (error, { logger }, id) => {
    logger.warn({ err: error, report: id }, 'a report could not be made')
    return { status: 'failed', failure: error.code, details: [{ message: error.message }] }
  },
  givenUp: {
    status: 'failed',
    failure: 'internal',
    details: [{ message: 'The report could not be made after several attempts: try again later' }],
  },
  drop: async (services, tenantId, ending) => {
    if (ending.status === 'ready') await services.files.discard(tenantId, ending.fileId)
  },
}

export function runReport(services: Services, { tenantId, reportId: id }: ReportJob): Promise<void> {
  return runKeptJob(
    services,
    kind,
    { tenantId, id },
    async ({ report, request, retentionDays }, onProgress): Promise<Ending> => {
      const making = { tenantId, request, now: report.createdAt, onProgress }
      const made = await services.longReads.read('report', (database) =>
        makeReportFile({ database, files: services.files }, making),
      )
      const token = signReportLink(await linkKey(services), { tenantId, reportId: id })
      const url = `${services.settings.publicUrl}/report-files/${token}`
      const keptMs = report.isPreview ? previewMs : retentionDays * dayMs
      const expiresAt = new Date(services.clock.now().getTime() + keptMs)
      return { status: 'ready', ...made, url, expiresAt }
    },
  )
}

/** The queue has given up on this job. */
export function failAbandonedReport(services: Services, { tenantId, reportId: id }: ReportJob): Promise<void> {
  return giveUpKeptJob(services, kind, { tenantId, id })
}
