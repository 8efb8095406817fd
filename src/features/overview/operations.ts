import { Type } from 'typebox'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { lastDays } from './rules.ts'
import { countDeliveries, countEvents, countFailedExecutions, countInvoices } from './store.ts'

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
    return {
      events: may('audit:view') ? await countEvents(tx, tenantId, days) : null,
      deliveries: may('webhook:view') ? await countDeliveries(tx, tenantId, days) : null,
      failedExecutions: may('workflow:view') ? await countFailedExecutions(tx, tenantId, days) : null,
      invoices: may('invoice:view') ? await countInvoices(tx, tenantId) : null,
    }
  },
})
