/**
 * Retention: how long events are kept. The old end of a chain goes only behind a signed checkpoint, from which verification
 * then starts; the deleting itself is a function of the database's owner (migrations/0010).
 */
import { sql } from 'kysely'
import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import { auditStatement } from '#platform/operations/journal.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { checkpointLink } from './checkpoints.ts'

export const shortestRetentionDays = 30

export type AuditSettings = { retentionDays: number | null }

async function findSettings(tx: Tx, tenantId: string): Promise<AuditSettings> {
  const row = await tx
    .selectFrom('audit_settings')
    .select('retention_days')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return { retentionDays: row?.retention_days ?? null }
}

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
    const values = { retention_days: retentionDays, updated_at: now }
    await tx
      .insertInto('audit_settings')
      .values({ tenant_id: tenantId, ...values })
      .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet(values))
      .execute()
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

/** Links of one step: one checkpoint, one transaction. */
const cutAtOnce = 5_000

/** Cuts what is older than each tenant's retention. @returns how many events went */
export async function enforceRetention(services: Services, now = new Date()): Promise<number> {
  const tenants = await services.database.platformRead<{ tenant_id: string; retention_days: number }>(
    'select tenant_id, retention_days from audit_tenants_with_retention()',
  )
  let gone = 0
  for (const { tenant_id: tenantId, retention_days: days } of tenants) {
    const olderThan = new Date(now.getTime() - days * 24 * 3600 * 1000)
    for (;;) {
      const cut = await cutStep(services, { tenantId, olderThan, now })
      gone += cut
      if (cut === 0) break
    }
  }
  return gone
}

type Step = { tenantId: string; olderThan: Date; now: Date }

/** One step of each chain of the tenant. */
async function cutStep(services: Services, step: Step): Promise<number> {
  const { tenantId, now } = step
  const unit = new UnitOfWork(services.database, 'write', { text: 'select enter_tenant($1)', values: [tenantId] })
  try {
    const cuts = await findCuts(unit.tx, step)
    let gone = 0
    for (const { category, last } of cuts) {
      await checkpointLink(services, unit.tx, { tenantId, category, sequence: Number(last), now })
      gone += await cutChain(unit.tx, tenantId, category)
    }
    const origin = { requestId: 'retention', ipAddress: null, userAgent: null, via: 'job' }
    const actor = { kind: 'system', tenantId, name: 'retention' } as const
    const told = auditStatement({ tenantId, actor, origin }, 'audit.retention-cut', {
      category: 'compliance',
      severity: 'warning',
      description: `${gone} events older than the tenant's retention deleted`,
      context: { cuts: cuts.map(({ category, last }) => ({ category, behind: last })) },
    })
    await unit.complete(gone > 0 ? [told] : [])
    return gone
  } catch (error) {
    await unit.abandon()
    throw error
  }
}

/** Of each chain the last link before the first event that must stay, within one step. */
async function findCuts(tx: Tx, { tenantId, olderThan }: Step): Promise<{ category: string; last: string }[]> {
  const found = await sql<{ category: string; last: string }>`
    select h.category, old.last
      from audit_chains h, lateral (
        select max(sequence) filter (where stays = 0) as last from (
          select l.sequence, count(*) filter (where e.occurred_at >= ${olderThan}) over (order by l.sequence) as stays
            from (select * from audit_links l where l.tenant_id = h.tenant_id and l.category = h.category
                   order by l.sequence limit ${cutAtOnce}::integer) l
            left join audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id) step) old
     where h.tenant_id = ${tenantId} and old.last is not null order by h.category`.execute(tx)
  return found.rows
}

async function cutChain(tx: Tx, tenantId: string, category: string): Promise<number> {
  const cut = await sql<{ gone: number }>`
    select cut_audit_chain(${tenantId}, ${category}, ${cutAtOnce}::integer) as gone`.execute(tx)
  return cut.rows[0]?.gone ?? 0
}
