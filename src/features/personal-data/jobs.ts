import { longJobs, worked } from '#platform/jobs/worked-queue.ts'
import type { ErasureJob } from './erasing.ts'
import { erasureQueue, failAbandonedErasure, runErasure } from './erasing.ts'
import { runDueTenantErasures } from './tenant-erasing.ts'

export const erasureJobs = [
  ...longJobs<ErasureJob>({
    names: [erasureQueue],
    abandoned: 'erasure-abandoned',
    // Waits for the end of imports; what has been erased stays erased.
    retryLimit: 50,
    lookSeconds: 1,
    run: runErasure,
    giveUp: failAbandonedErasure,
  }),
  worked({
    // Looks for what is due, also for what a worker that is no more has left.
    queue: { name: 'tenant-erasure', expireInSeconds: 12 * 3600, heartbeatSeconds: 30, retryLimit: 0 },
    schedule: '* * * * *',
    lookSeconds: 5,
    run: (services, _data, { signal }) => runDueTenantErasures(services, signal),
  }),
]
