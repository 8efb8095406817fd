/**
 * How a report is made, as exports are: a job names it; whoever takes the job starts it (with the next number of attempt), makes
 * the file, and ends it, if the attempt is still its own. A worker that was killed leaves it running: the queue misses its
 * heartbeat and gives the job to another one. Cancelling takes it away from its worker, who learns of it with the next progress.
 */
import { Type } from 'typebox'
import { inTenant } from '#features/exports/index.ts'
import { linkKey } from '#features/notifications/index.ts'
import { DomainError } from '#kernel/errors.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { signReportLink } from './link.ts'
import { makeReportFile } from './making.ts'
import type { Ending } from './report-store.ts'
import { endReport, findRequest, noteUnsent, saveProgress, startReport } from './report-store.ts'
import { noteFailedRun } from './schedule-store.ts'
import type { Report } from './schemas.ts'
import { schedulesPage, sendReport, tellFailedRun } from './sending.ts'

export const reportQueue = 'report'
/** Jobs that were tried as often as they may be. */
export const abandonedReportQueue = 'report-abandoned'
export type ReportJob = { tenantId: string; reportId: string }

const progressEveryMs = 500
const dayMs = 86_400_000

export const endReportOperation = defineOperation({
  name: 'report.end',
  summary: 'Records what became of a report that nobody has cancelled or started again meanwhile (for jobs).',
  level: 'account',
  permission: 'report:run',
  effect: 'write',
  input: Type.Object({
    id: Type.String({ maxLength: 64 }),
    attempt: Type.Union([Type.Integer(), Type.Null()]),
    ending: Type.Unsafe<Ending>(Type.Object({ status: Type.Enum(['ready', 'failed']) })),
  }),
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

class TakenAwayError extends Error {
  override readonly name = 'TakenAwayError'
}

export async function runReport(services: Services, { tenantId, reportId: id }: ReportJob): Promise<void> {
  const started = await inTenant(services, tenantId, (tx) => startReport(tx, tenantId, id, services.clock.now()))
  if (!started) return
  const { attempt, request, retentionDays, report } = started
  let toldAtMs = 0
  const onProgress = async (percent: number) => {
    if (Math.abs(Date.now() - toldAtMs) < progressEveryMs) return
    toldAtMs = Date.now()
    const isOurs = await inTenant(services, tenantId, (tx) => saveProgress(tx, tenantId, { id, attempt, percent }))
    if (!isOurs) throw new TakenAwayError('the report was cancelled, or another worker has it')
  }
  try {
    const made = await makeReportFile(services, { tenantId, request, now: report.createdAt, onProgress })
    const token = signReportLink(await linkKey(services), { tenantId, reportId: id })
    const url = `${services.settings.publicUrl}/report-files/${token}`
    const ending: Ending = {
      status: 'ready',
      ...made,
      url,
      expiresAt: new Date(services.clock.now().getTime() + retentionDays * dayMs),
    }
    const ended = await end(services, tenantId, { id, attempt, ending }).catch(async (error: unknown) => {
      await services.files.discard(tenantId, made.fileId)
      throw error
    })
    if (!ended) await services.files.discard(tenantId, made.fileId)
  } catch (error) {
    if (error instanceof TakenAwayError) return
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    services.logger.warn({ err: error, report: id }, 'a report could not be made')
    await end(services, tenantId, { id, attempt, ending: failureOf(error) })
  }
}

function failureOf(error: DomainError): Ending {
  return { status: 'failed', failure: error.code, details: [{ message: error.message }] }
}

/** The queue has given up on these jobs. */
export async function failAbandonedReports(services: Services, jobs: readonly { data: ReportJob }[]): Promise<void> {
  for (const { data } of jobs) {
    const ending: Ending = {
      status: 'failed',
      failure: 'internal',
      details: [{ message: 'The report could not be made after several attempts: try again later' }],
    }
    await end(services, data.tenantId, { id: data.reportId, attempt: null, ending })
  }
}

function end(services: Services, tenantId: string, input: { id: string; attempt: number | null; ending: Ending }) {
  const actor = { kind: 'system', tenantId, name: 'report' } as const
  const origin = { requestId: newUuid(), ipAddress: null, userAgent: null, via: 'job' }
  return runForResult(services, endReportOperation, input, { actor, origin })
}
