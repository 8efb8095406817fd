import { Type } from 'typebox'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { lastDays } from './rules.ts'
import { countDeliveries, countEvents, countFailedExecutions, countInvoices, countUndelivered } from './store.ts'

export const mostDays = 31

export const viewOverview = defineOperation({
  name: 'overview.view',
  summary: 'Figures of the last days, of whatever the caller may look at; the rest is null.',
  level: 'account',
  permission: 'tenant:view',
  effect: 'read',
  input: Type.Object({
    days: Type.Integer({ minimum: 1, maximum: mostDays }),
    /** Minutes that the caller's clock is ahead of UTC: where the days begin. */
    offsetMinutes: Type.Integer({ minimum: -840, maximum: 840 }),
  }),
  run: async ({ tx, tenantId, actor, now }, given) => {
    const days = lastDays(now, given)
    const may = (permission: string) => holdsPermission(actor, permission)
    // Issued together they share a round trip.
    const [events, deliveries, failedExecutions, invoices, messages] = await Promise.all([
      may('audit:view') ? countEvents(tx, tenantId, days) : null,
      may('webhook:view') ? countDeliveries(tx, tenantId, days) : null,
      may('workflow:view') ? countFailedExecutions(tx, tenantId, days) : null,
      may('invoice:view') ? countInvoices(tx, tenantId) : null,
      may('notification:view') ? countUndelivered(tx, tenantId, days) : null,
    ])
    return { events, deliveries, failedExecutions, invoices, messages }
  },
})
