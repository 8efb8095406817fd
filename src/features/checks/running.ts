/**
 * How a check runs that is too large for its request: by a job (#platform/jobs/kept-job.ts says what becomes of it). Nothing is
 * written before its end, so another attempt starts from the beginning.
 */
import type { JobKind } from '#platform/jobs/kept-job.ts'
import { giveUpKeptJob, runKeptJob } from '#platform/jobs/kept-job.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { EndOperation } from './operations.ts'
import type { CheckEnding, CheckKind } from './schemas.ts'
import { saveProgress, startCheck } from './store.ts'

/** One queue a kind: long verifications of one account keep nobody's file waiting. */
export const checkQueues: Readonly<Record<CheckKind, string>> = {
  audit_verification: 'audit-verification',
  import_validation: 'import-validation',
}
export type CheckJob = { tenantId: string; checkId: string; kind: CheckKind }

/** To be told how far the work is; what it throws ends the work. */
export type Watch = (checked: number) => Promise<void>
export type Found = Omit<Extract<CheckEnding<unknown>, { status: 'completed' }>, 'status'>

/** How checks of one kind are made. */
export type Checker = {
  end: EndOperation
  work(services: Services, given: { tenantId: string; request: unknown; watch: Watch }): Promise<Found>
}

const message = 'It could not be brought to its end after several attempts: try again later'

const kindOf = ({ end }: Checker): JobKind<{ attempt: number; request: unknown }, number, CheckEnding<unknown>> => ({
  name: 'check',
  start: startCheck,
  save: saveProgress,
  end: (services, ended, call) => runForResult(services, end, ended, call),
  failed: (error) => ({ status: 'failed', failure: error.code, message: error.message }),
  givenUp: { status: 'failed', failure: 'internal', message },
})

/** Runs the job's check to its end. @throws for a fault that another attempt may not meet */
export function runCheck(
  services: Services,
  checker: Checker,
  { tenantId, checkId: id }: CheckJob,
  signal: AbortSignal,
): Promise<void> {
  return runKeptJob(
    services,
    kindOf(checker),
    { tenantId, id },
    async ({ request }, tell): Promise<CheckEnding<unknown>> => {
      const watch: Watch = async (checked) => {
        signal.throwIfAborted()
        await tell(checked)
      }
      return { status: 'completed', ...(await checker.work(services, { tenantId, request, watch })) }
    },
  )
}

/** The queue has given up: the check has failed, if it has not ended after all. */
export function failAbandonedCheck(services: Services, checker: Checker, job: CheckJob): Promise<void> {
  return giveUpKeptJob(services, kindOf(checker), { tenantId: job.tenantId, id: job.checkId })
}
