import { longJobs } from '#platform/jobs/worked-queue.ts'
import type { ImportJob } from './queue.ts'
import { abandonedImportQueue, importQueue } from './queue.ts'
import { failAbandonedImport, runImport } from './running.ts'

export const importJobs = longJobs<ImportJob>({
  names: [importQueue],
  abandoned: abandonedImportQueue,
  // Runs for as long as the file takes, and goes on where it was.
  expireInSeconds: 23 * 3600,
  heartbeatSeconds: 20,
  retryLimit: 20,
  retryDelayMax: 30,
  lookSeconds: 0.5,
  atOnce: 2,
  run: (services, data, { signal }) => runImport(services, data, signal),
  giveUp: failAbandonedImport,
})
