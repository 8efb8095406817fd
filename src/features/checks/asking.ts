/** A check that is too large for its request is written down, and a job runs it. */
import { newId } from '#kernel/ids.ts'
import { describeActor } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { CheckJob } from './running.ts'
import { checkQueues } from './running.ts'
import type { Check, CheckKind } from './schemas.ts'
import { insertCheck } from './store.ts'

const prefixes = { audit_verification: 'ver', import_validation: 'val' } as const

/** In the transaction of the operation that asks for it. */
export async function askForCheck<Request, Result>(
  { tx, tenantId, actor, services, now }: OperationContext,
  { kind, request, expected }: { kind: CheckKind; request: Request; expected: number },
): Promise<Check<Request, Result>> {
  const id = newId(prefixes[kind])
  const given = { kind, id, request, requestedBy: describeActor(actor), expected, now }
  const asked = await insertCheck<Request, Result>(tx, tenantId, given)
  const job: CheckJob = { tenantId, checkId: id, kind }
  await services.jobs.enqueue(tx, checkQueues[kind], job)
  return asked
}
