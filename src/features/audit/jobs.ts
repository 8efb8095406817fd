import { worked } from '#platform/jobs/worked-queue.ts'
import { runHourlyAudit } from './background.ts'

export const auditJobs = [worked({ queue: 'audit-hourly', schedule: '7 * * * *', lookSeconds: 5, run: runHourlyAudit })]
