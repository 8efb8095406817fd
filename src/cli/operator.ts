/** The operator at the command line, as operations and audit logs know them. */

import { newUuid } from '#kernel/ids.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Origin } from '#platform/operations/operation.ts'

/** One id for everything that a command does. */
export const commandOrigin: Origin = {
  requestId: newUuid(),
  ipAddress: null,
  userAgent: null,
  via: 'command line',
}

export function operatorOf(tenantId: string): { actor: Actor; origin: Origin } {
  return { actor: { kind: 'system', tenantId, name: 'operator' }, origin: commandOrigin }
}
