/** The operator at the command line, as operations and audit logs know them. */
import type { Static, TSchema } from 'typebox'
import { newUuid } from '#kernel/ids.ts'
import type { Operation, Origin } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'

/** One id for everything that a command does. */
export const commandOrigin: Origin = {
  requestId: newUuid(),
  ipAddress: null,
  userAgent: null,
  via: 'command line',
}

/** Runs an operation in the tenant, with every permission. */
export async function runAsOperator<Input extends TSchema, Result>(
  services: Services,
  tenantId: string,
  operation: Operation<Input, Result>,
  input: Static<Input>,
): Promise<Result> {
  // Loaded when needed: the compiler of schemas takes as long as the rest of a command together.
  const { runForResult } = await import('#platform/operations/run-operation.ts')
  const actor = { kind: 'system', tenantId, name: 'operator' } as const
  return runForResult(services, operation, input, { actor, origin: commandOrigin })
}
