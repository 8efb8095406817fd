import { newUuid } from '#kernel/ids.ts'
import type { SystemActor } from '../operations/actor.ts'
import type { Origin } from '../operations/operation.ts'

export type JobCall = { actor: SystemActor; origin: Origin }

/**
 * Who calls an operation where a job does.
 * @param name of the kind of jobs, as the audit log shows it
 * @param requestId what the audit events of one job have in common; else each call has one of its own
 */
export function jobCall(tenantId: string, name: string, requestId: string = newUuid()): JobCall {
  return {
    actor: { kind: 'system', tenantId, name },
    origin: { requestId, ipAddress: null, userAgent: null, via: 'job' },
  }
}
