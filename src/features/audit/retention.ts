/**
 * Retention: how long events are kept. The old end of a chain goes only behind a signed checkpoint, from which verification
 * then starts; the deleting itself is a function of the database's owner (migrations/0010).
 */
import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { jobCall } from '#platform/jobs/job-call.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import { auditStatement } from '#platform/operations/journal.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { checkpointLink } from './checkpoints.ts'
import type { AuditSettings, Step } from './retention-store.ts'
import { cutChain, findCuts, findSettings, saveSettings } from './retention-store.ts'

export const shortestRetentionDays = 30

export const viewAuditSettings = defineOperation({
  name: 'audit.view-settings',
  summary: 'Shows how long events of the audit log are kept.',
  level: 'account',
  permission: 'audit:view',
  effect: 'read',
  input: Type.Object({}),
  run: ({ tx, tenantId }) => findSettings(tx, tenantId),
})

export const configureAudit = defineOperation({
  name: 'audit.configure',
  summary: 'Sets for how many days events of the audit log are kept; null: for ever.',
  level: 'account',
  permission: 'audit:configure',
  effect: 'write',
  input: Type.Object({
    retentionDays: nullable(Type.Integer({ minimum: shortestRetentionDays, maximum: 36_500 })),
  }),
  needsStepUp: () => true,
  run: async ({ tx, tenantId, now }, { retentionDays }): Promise<AuditSettings> => {
    await saveSettings(tx, tenantId, { retentionDays, now })
    return { retentionDays }
  },
  audit: ({ retentionDays }) => ({
    category: 'compliance',
    severity: 'critical',
    description:
      retentionDays === null ? 'Audit events are kept for ever' : `Audit events are kept for ${retentionDays} days`,
    context: { retention_days: retentionDays },
  }),
})

/** Cuts what is older than each tenant's retention. @returns how many events went */
export async function enforceRetention(services: Services, now = services.clock.now()): Promise<number> {
  const tenants = await services.database.platformRead<{ tenant_id: string; retention_days: number }>(
    'select tenant_id, retention_days from audit_tenants_with_retention()',
  )
  let gone = 0
  for (const { tenant_id: tenantId, retention_days: days } of tenants) {
    // Whoever writes into the settings by other ways has nothing younger signed away.
    const keptDays = Math.max(days, shortestRetentionDays)
    const olderThan = new Date(now.getTime() - keptDays * 24 * 3600 * 1000)
    for (;;) {
      const cut = await cutStep(services, { tenantId, olderThan, now })
      gone += cut
      if (cut === 0) break
    }
  }
  return gone
}

/** One step of each chain of the tenant. */
async function cutStep(services: Services, step: Step): Promise<number> {
  const { tenantId, now } = step
  const cut = async (tx: Tx) => {
    const cuts = await findCuts(tx, step)
    let gone = 0
    for (const { category, last } of cuts) {
      await checkpointLink(services, tx, { tenantId, category, sequence: Number(last), now })
      gone += await cutChain(tx, tenantId, category)
    }
    return { cuts, gone }
  }
  const call = jobCall(tenantId, 'retention', 'retention')
  const { gone } = await writeInTenant(services, tenantId, cut, (done) => {
    if (done.gone === 0) return []
    const told = auditStatement({ tenantId, ...call }, 'audit.retention-cut', {
      category: 'compliance',
      severity: 'warning',
      description: `${done.gone} events older than the tenant's retention deleted`,
      context: { cuts: done.cuts.map(({ category, last }) => ({ category, behind: last })) },
    })
    return [told]
  })
  return gone
}
