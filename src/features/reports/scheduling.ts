/** Looks once a minute for schedules whose moment has come. Any number of workers may look: each run happens once. */
import { jobCall } from '#platform/jobs/job-call.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { runSchedule } from './schedule-run.ts'
import { dueSchedules } from './schedule-store.ts'

const mostAtOnce = 100

/** @returns how many reports were asked for */
export async function runDueSchedules(services: Services): Promise<number> {
  let asked = 0
  const failed = new Set<string>()
  for (;;) {
    const due = (await dueSchedules(services.database, mostAtOnce)).filter(({ id }) => !failed.has(id))
    if (due.length === 0) return asked
    for (const { tenant_id: tenantId, id } of due) {
      try {
        const run = await runForResult(services, runSchedule, { id }, jobCall(tenantId, 'report-schedule'))
        if (run?.reportId) asked += 1
        // Not due for us any more: whoever was faster has moved it on.
        if (!run) failed.add(id)
      } catch (error) {
        // One schedule's fault must not hold up the others; it is tried again in a minute.
        failed.add(id)
        services.logger.error({ err: error, schedule: id, tenant: tenantId }, 'a schedule could not be run')
      }
    }
  }
}
