/** What an operation is given to work with, and what it leaves behind for the end of its unit. */

import type { DomainError } from '#kernel/errors.ts'
import type { Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'
import type { UnitOfWork } from '../db/unit-of-work.ts'
import type { Actor } from './actor.ts'
import { requirePublic } from './actor.ts'
import { onConstraint } from './database-errors.ts'
import type { DomainEvent } from './journal.ts'
import type { OperationContext, Origin } from './operation.ts'
import type { Services } from './services.ts'

export type RunContext = {
  context: OperationContext
  events: DomainEvent[]
  tenantId: () => string | null
}

/** @param writes takes those that nothing waits for */
export function contextOf(
  services: Services,
  call: { actor: Actor; origin: Origin },
  unit: UnitOfWork,
  writes: Promise<unknown>[] = [],
): RunContext {
  const { actor, origin } = call
  const events: DomainEvent[] = []
  let tenant = actor.kind === 'anonymous' ? null : actor.tenantId
  const atEnd = (statement: Statement, meanings: Record<string, () => DomainError> = {}) => {
    const written = onConstraint(unit.enqueue(statement), meanings)
    // Looked at when the unit ends; until then its failure is nobody's.
    written.catch(() => {})
    writes.push(written)
  }
  const context: OperationContext = {
    tx: unit.tx,
    actor,
    origin,
    services,
    now: services.clock.now(),
    get tenantId() {
      if (tenant === null) throw new Error('a public operation enters a tenant before it uses one')
      return tenant
    },
    enterTenant: async (tenantId) => {
      requirePublic(actor)
      await unit.enter(tenantEntrance(tenantId))
      tenant = tenantId
    },
    enterTenantAtEnd: (tenantId) => {
      requirePublic(actor)
      atEnd(tenantEntrance(tenantId))
      tenant = tenantId
    },
    write: (query, meanings = {}) => {
      const { sql, parameters } = query.compile()
      atEnd({ text: sql, values: parameters }, meanings)
    },
    emit: (event) => {
      events.push(event)
    },
  }
  return { context, events, tenantId: () => tenant }
}
