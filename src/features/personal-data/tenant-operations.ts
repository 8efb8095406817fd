/** Erasure of a whole tenant, in two steps: scheduled with a delay in which it can be cancelled, then done by a job. Operators only. */
import { Type } from 'typebox'
import { newId } from '#kernel/ids.ts'
import { lineOfText } from '#kernel/schemas.ts'
import { describeActor } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { personalDataError } from './errors.ts'
import { cancelScheduled, insertTenantErasure, listTenantErasures } from './tenant-store.ts'

export const shortestDelayDays = 1
const dayMs = 24 * 3600 * 1000

export const scheduleTenantErasure = defineOperation({
  name: 'tenant.schedule-erasure',
  summary: 'Schedules the erasure of the whole tenant; until it begins it can be cancelled.',
  level: 'account',
  permission: 'tenant:erase',
  effect: 'write',
  input: Type.Object({ reason: lineOfText(500), days: Type.Integer({ minimum: shortestDelayDays, maximum: 365 }) }),
  needsStepUp: () => true,
  run: async ({ tx, tenantId, actor }, { reason, days }) => {
    const id = newId('ers')
    // The database compares it with its own clock, a little later.
    const dueAt = new Date(Date.now() + days * dayMs + 60_000)
    await insertTenantErasure(tx, tenantId, { id, reason, requestedBy: describeActor(actor), dueAt })
    return { id, dueAt }
  },
  audit: ({ reason }, { id, dueAt }) => ({
    category: 'compliance',
    severity: 'critical',
    description: 'Erasure of the tenant scheduled',
    target: { type: 'tenant-erasure', id },
    context: { due_at: dueAt.toISOString(), reason },
  }),
})

export const cancelTenantErasure = defineOperation({
  name: 'tenant.cancel-erasure',
  summary: 'Cancels the erasure of the tenant that has not begun.',
  level: 'account',
  permission: 'tenant:erase',
  effect: 'write',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    const id = await cancelScheduled(tx, tenantId)
    if (id === null) throw personalDataError('tenant_erasure_not_scheduled')
    return { id }
  },
  audit: (_input, { id }) => ({
    category: 'compliance',
    severity: 'critical',
    description: 'Erasure of the tenant cancelled',
    target: { type: 'tenant-erasure', id },
  }),
})

export const noteTenantExport = defineOperation({
  name: 'tenant.export',
  summary: "Records that the operator takes away everything of the tenant (the command's file is written beside it).",
  level: 'account',
  permission: 'tenant:erase',
  effect: 'write',
  input: Type.Object({}),
  run: async ({ tenantId }) => ({ tenantId }),
  audit: () => ({ category: 'compliance', severity: 'critical', description: 'Whole tenant exported by the operator' }),
})

export const viewTenantErasures = defineOperation({
  name: 'tenant.list-erasures',
  summary: 'Lists the erasures of the tenant: scheduled, cancelled, or done, with their signed receipts.',
  level: 'account',
  permission: 'tenant:erase',
  effect: 'read',
  input: Type.Object({}),
  run: ({ tx, tenantId }) => listTenantErasures(tx, tenantId),
})
