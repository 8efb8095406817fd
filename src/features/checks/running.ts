/**
 * How a check runs that is too large for its request. A job names it; whoever takes the job starts it (with the next number
 * of attempt), and ends it, if the attempt is still its own. A worker that was killed leaves it running: the queue misses its
 * heartbeat and gives the job to another one, who starts again from the beginning (nothing was written). Cancelling takes it
 * away from its worker, who learns of it with the next progress.
 */
import { DomainError } from '#kernel/errors.ts'
import { newUuid } from '#kernel/ids.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { EndOperation } from './operations.ts'
import type { CheckEnding, CheckKind } from './schemas.ts'
import { saveProgress, startCheck } from './store.ts'
import { inTenant } from './unit-store.ts'

/** One queue a kind: long verifications of one account keep nobody's file waiting. */
export const checkQueues: Readonly<Record<CheckKind, string>> = {
  audit_verification: 'audit-verification',
  import_validation: 'import-validation',
}
/** Jobs that were tried as often as they may be. */
export const abandonedCheckQueue = 'check-abandoned'
export type CheckJob = { tenantId: string; checkId: string; kind: CheckKind }

/** To be told how far the work is; what it throws ends the work. */
export type Watch = (checked: number) => Promise<void>
export type Found = Omit<Extract<CheckEnding<unknown>, { status: 'completed' }>, 'status'>

/** How checks of one kind are made. */
export type Checker = {
  end: EndOperation
  work(services: Services, given: { tenantId: string; request: unknown; watch: Watch }): Promise<Found>
}

const progressEveryMs = 500

class TakenAwayError extends Error {
  override readonly name = 'TakenAwayError'
}

/** Runs the job's check to its end. @throws for a fault that another attempt may not meet */
export async function runCheck(
  services: Services,
  checker: Checker,
  { tenantId, checkId: id }: CheckJob,
  signal: AbortSignal,
): Promise<void> {
  const started = await inTenant(services, tenantId, (tx) => startCheck(tx, tenantId, id, services.clock.now()))
  if (!started) return
  const { attempt, request } = started
  let toldAtMs = 0
  const watch: Watch = async (checked) => {
    signal.throwIfAborted()
    if (Math.abs(Date.now() - toldAtMs) < progressEveryMs) return
    toldAtMs = Date.now()
    const isOurs = await inTenant(services, tenantId, (tx) => saveProgress(tx, tenantId, { id, attempt }, checked))
    if (!isOurs) throw new TakenAwayError('it was cancelled, or another worker has it')
  }
  try {
    const found = await checker.work(services, { tenantId, request, watch })
    await end(services, checker, tenantId, { id, attempt, ending: { status: 'completed', ...found } })
  } catch (error) {
    if (error instanceof TakenAwayError) return
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    const ending = { status: 'failed', failure: error.code, message: error.message } as const
    await end(services, checker, tenantId, { id, attempt, ending })
  }
}

/** The queue has given up: the check has failed, if it has not ended after all. */
export async function failAbandonedCheck(services: Services, checker: Checker, job: CheckJob): Promise<void> {
  const message = 'It could not be brought to its end after several attempts: try again later'
  const ending = { status: 'failed', failure: 'internal', message } as const
  services.logger.error({ queue: checkQueues[job.kind], check: job.checkId }, 'a check was given up')
  await end(services, checker, job.tenantId, { id: job.checkId, attempt: null, ending })
}

type Ended = { id: string; attempt: number | null; ending: CheckEnding<unknown> }

async function end(services: Services, checker: Checker, tenantId: string, ended: Ended): Promise<void> {
  const actor = { kind: 'system', tenantId, name: 'check' } as const
  const origin = { requestId: newUuid(), ipAddress: null, userAgent: null, via: 'job' }
  await runForResult(services, checker.end, ended, { actor, origin })
}
