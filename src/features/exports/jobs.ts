import { longJobs } from '#platform/jobs/worked-queue.ts'
import type { ExportJob } from './running.ts'
import { exportQueue, failAbandonedExport, runExport } from './running.ts'

export const exportJobs = longJobs<ExportJob>({
  names: [exportQueue],
  abandoned: 'export-abandoned',
  lookSeconds: 0.5,
  // Each holds two connections.
  atOnce: 2,
  run: runExport,
  giveUp: failAbandonedExport,
})
