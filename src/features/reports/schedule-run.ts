/** A run of a schedule, in the name of whoever answers for it: with what he may now, not with what he might when he made it. */
import { Type } from 'typebox'
import { stillMay } from '#features/users/index.ts'
import { nextRuns } from '#kernel/cron.ts'
import { DomainError } from '#kernel/errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { builderOf } from './builders.ts'
import { reportError } from './errors.ts'
import { generateReport, requireTemplate } from './generate.ts'
import * as store from './schedule-store.ts'
import type { Report, Schedule } from './schemas.ts'
import { schedulesPage, tellFailedRun } from './sending.ts'

/** @throws report_schedule_rights_lost, and what generateReport throws */
async function askFor(context: OperationContext, schedule: Schedule, ownerId: string | null): Promise<Report> {
  const { tx, tenantId, services, now } = context
  const { id } = schedule
  if (ownerId !== null) {
    const { content } = await requireTemplate(tx, tenantId, schedule.templateId)
    const needed = ['report:schedule', ...builderOf(content.builder).permissions]
    if (!(await stillMay(tx, tenantId, ownerId, needed))) throw reportError('report_schedule_rights_lost')
  }
  const requestedBy = { type: 'schedule', schedule_id: id }
  return generateReport(tx, services, { ...schedule, tenantId, scheduleId: id, requestedBy, now })
}

/**
 * One run of a schedule whose moment has come. The next one is computed from now: however many were missed, while no worker ran
 * say, they are caught up by this one. A schedule whose owner has lost his rights is paused; whoever resumes it takes it over.
 */
export const runSchedule = defineOperation({
  name: 'report-schedule.run',
  summary: 'Asks for the report of a schedule that is due (for jobs).',
  level: 'account',
  permission: 'report:run',
  effect: 'write',
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }),
  run: async (context, { id }) => {
    const { tx, tenantId, services, now } = context
    const schedule = await store.findSchedule(tx, tenantId, id, { forUpdate: true })
    // Another worker was faster, or somebody has paused it.
    if (!schedule?.isActive || schedule.nextRunAt === null || schedule.nextRunAt > now) return null
    const { cron, timeZone } = schedule
    const ownerId = await store.ownerOfSchedule(tx, tenantId, id)
    const outcome = await askFor(context, schedule, ownerId).catch((error: unknown) => {
      // What the next run may not meet any more, such as a limit; statements that failed have ended the transaction.
      if (!(error instanceof DomainError)) throw error
      return error
    })
    const failure = outcome instanceof DomainError ? outcome.code : null
    const reportId = outcome instanceof DomainError ? null : outcome.id
    const isOrphan = failure === 'report_schedule_rights_lost'
    if (isOrphan) await store.pauseSchedule(tx, tenantId, { id, at: now, failure })
    else {
      const [next] = nextRuns(cron, { timeZone, after: now, count: 1 })
      await store.recordRun(tx, tenantId, { id, at: now, nextRunAt: next ?? null, reportId, failure })
    }
    if (outcome instanceof DomainError) {
      const key = `${id}:${schedule.nextRunAt.toISOString()}`
      // Its addresses were chosen by somebody who no longer may: the tenant's owners hear of it, and nobody else.
      const told = isOrphan ? { ...schedule, recipients: [], ownerId: null } : { ...schedule, ownerId }
      await tellFailedRun(tx, tenantId, {
        schedule: told,
        reason: outcome.message,
        url: schedulesPage(services),
        key,
        now,
      })
    }
    return { schedule, reportId, failure, missedMs: now.getTime() - schedule.nextRunAt.getTime() }
  },
  audit: ({ id }, run) =>
    run && {
      category: 'data_access',
      severity: run.failure === null ? 'info' : 'warning',
      description: run.failure === null ? 'Scheduled report asked for' : 'A scheduled report could not be asked for',
      target: { type: 'report_schedule', id },
      context: { report: run.reportId, failure: run.failure, late_seconds: Math.floor(run.missedMs / 1000) },
    },
})
