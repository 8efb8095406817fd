import { longJobs, worked } from '#platform/jobs/worked-queue.ts'
import type { ReportJob } from './running.ts'
import { failAbandonedReport, reportQueue, runReport } from './running.ts'
import { runDueSchedules } from './scheduling.ts'

export const reportJobs = [
  worked({ queue: 'report-schedules', schedule: '* * * * *', lookSeconds: 5, run: runDueSchedules }),
  ...longJobs<ReportJob>({
    names: [reportQueue],
    abandoned: 'report-abandoned',
    expireInSeconds: 3600,
    lookSeconds: 0.5,
    // Documents are set one after another all the same.
    atOnce: 2,
    run: runReport,
    giveUp: failAbandonedReport,
  }),
]
