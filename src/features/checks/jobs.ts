import type { WorkedQueue } from '#platform/jobs/worked-queue.ts'
import { longJobs } from '#platform/jobs/worked-queue.ts'
import type { Checker, CheckJob } from './running.ts'
import { checkQueues, failAbandonedCheck, runCheck } from './running.ts'
import type { CheckKind } from './schemas.ts'

/** Of each kind one at a time: a verification holds two connections, and both of the database's cores. */
export const checkJobs = (checkers: Readonly<Record<CheckKind, Checker>>): readonly WorkedQueue[] =>
  longJobs<CheckJob>({
    names: Object.values(checkQueues),
    abandoned: 'check-abandoned',
    lookSeconds: 1,
    run: (services, data, { signal }) => runCheck(services, checkers[data.kind], data, signal),
    giveUp: (services, data) => failAbandonedCheck(services, checkers[data.kind], data),
  })
