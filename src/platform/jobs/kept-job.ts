/**
 * How a job runs that is kept as a row (job-table.ts). The queue's job names it; whoever takes that starts it (with the next
 * number of attempt), works, and ends it, if the attempt is still its own. A worker that was killed leaves it running: the queue
 * misses its heartbeat and gives the job to another one, who starts again. Cancelling takes it away from its worker, who learns
 * of it with the next progress.
 */
import { Type } from 'typebox'
import { DomainError } from '#kernel/errors.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { writeInTenant } from '../operations/in-tenant.ts'
import type { Services } from '../operations/services.ts'
import type { JobCall } from './job-call.ts'
import { jobCall } from './job-call.ts'
import type { Attempt, LastAttempt } from './job-table.ts'

export type KeptJob = { tenantId: string; id: string }
export type Ended<Ending> = LastAttempt & { ending: Ending }

/** What one kind of jobs has of its own. */
export type JobKind<Started extends { attempt: number }, Progress, Ending> = {
  /** Who acts, as the audit log and the log of the server show it. */
  readonly name: string
  /** @returns null when it has ended meanwhile */
  start(tx: Tx, tenantId: string, given: { id: string; now: Date; services: Services }): Promise<Started | null>
  /** @returns false when it is another attempt's, or has ended */
  save(tx: Tx, tenantId: string, running: Attempt, progress: Progress): Promise<boolean>
  /** By its operation. @returns null when it is another attempt's, or has ended */
  end(services: Services, ended: Ended<Ending>, call: JobCall): Promise<unknown>
  /** What an error that another attempt would meet as well means for it. Absent: each is tried again. */
  failed?(error: DomainError, services: Services, id: string): Ending
  /** The queue has tried it as often as it may. */
  readonly givenUp: Ending
  /** Nobody gets what was made: the job was another one's by then. */
  drop?(services: Services, tenantId: string, ending: Ending): Promise<void>
}

/** Thrown where the job is somebody else's by now, or has been cancelled: this attempt ends without a trace. */
export class TakenAwayError extends Error {
  override readonly name = 'TakenAwayError'
}

/** The input of the operation that ends a job. */
export const endingWith = <Ending>(...statuses: readonly string[]) =>
  Type.Object({
    id: Type.String({ maxLength: 64 }),
    attempt: Type.Union([Type.Integer(), Type.Null()]),
    ending: Type.Unsafe<Ending>(Type.Object({ status: Type.Enum([...statuses]) })),
  })

const tellEveryMs = 500

/**
 * Runs a job to its end. `work` tells how far it is as often as it likes: what that throws ends it.
 * @throws for a fault that another attempt may not meet
 */
export async function runKeptJob<Started extends { attempt: number }, Progress, Ending>(
  services: Services,
  kind: JobKind<Started, Progress, Ending>,
  { tenantId, id }: KeptJob,
  work: (started: Started, tell: (progress: Progress) => Promise<void>) => Promise<Ending>,
): Promise<void> {
  const now = services.clock.now()
  const started = await writeInTenant(services, tenantId, (tx) => kind.start(tx, tenantId, { id, now, services }))
  if (!started) return
  const running = { id, attempt: started.attempt }
  let toldAtMs = 0
  const tell = async (progress: Progress) => {
    if (Math.abs(Date.now() - toldAtMs) < tellEveryMs) return
    toldAtMs = Date.now()
    const isOurs = await writeInTenant(services, tenantId, (tx) => kind.save(tx, tenantId, running, progress))
    if (!isOurs) throw new TakenAwayError('it was cancelled, or another worker has it')
  }
  const end = async (ending: Ending) => {
    let ended: unknown = null
    try {
      ended = await kind.end(services, { ...running, ending }, jobCall(tenantId, kind.name))
    } catch (error) {
      // Else it may have been committed, and only its answer was lost: what was made belongs to the row then.
      if (isFinal(error)) await kind.drop?.(services, tenantId, ending)
      throw error
    }
    if (ended === null) await kind.drop?.(services, tenantId, ending)
  }
  try {
    await end(await work(started, tell))
  } catch (error) {
    if (error instanceof TakenAwayError) return
    if (!isFinal(error) || !kind.failed) throw error
    await end(kind.failed(error, services, id))
  }
}

/** A refusal, which another attempt would meet as well. */
function isFinal(error: unknown): error is DomainError {
  return error instanceof DomainError && error.kind !== 'unavailable'
}

/** The queue has given up: it has failed, if it has not ended after all. */
export async function giveUpKeptJob<Started extends { attempt: number }, Progress, Ending>(
  services: Services,
  kind: JobKind<Started, Progress, Ending>,
  { tenantId, id }: KeptJob,
): Promise<void> {
  services.logger.error({ [kind.name]: id }, 'a job was given up')
  await kind.end(services, { id, attempt: null, ending: kind.givenUp }, jobCall(tenantId, kind.name))
}
