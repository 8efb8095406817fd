import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type AuditSettings = { retentionDays: number | null }

export async function findSettings(tx: Tx, tenantId: string): Promise<AuditSettings> {
  const row = await tx
    .selectFrom('audit_settings')
    .select('retention_days')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return { retentionDays: row?.retention_days ?? null }
}

export async function saveSettings(
  tx: Tx,
  tenantId: string,
  { retentionDays, now }: { retentionDays: number | null; now: Date },
): Promise<void> {
  const values = { retention_days: retentionDays, updated_at: now }
  await tx
    .insertInto('audit_settings')
    .values({ tenant_id: tenantId, ...values })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet(values))
    .execute()
}

export type Step = { tenantId: string; olderThan: Date; now: Date }

/** Links of one step: one checkpoint, one transaction. */
const cutAtOnce = 5_000

/** Of each chain the last link before the first event that must stay, within one step. */
export async function findCuts(tx: Tx, { tenantId, olderThan }: Step): Promise<{ category: string; last: string }[]> {
  const found = await sql<{ category: string; last: string }>`
    select h.category, old.last
      from audit_chains h, lateral (
        select max(sequence) filter (where stays = 0) as last from (
          select l.sequence, count(*) filter (where e.occurred_at >= ${olderThan}) over (order by l.sequence) as stays
            from (select * from audit_links l where l.tenant_id = h.tenant_id and l.category = h.category
                   order by l.sequence limit ${cutAtOnce}::integer) l
            left join only audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id) step) old
     where h.tenant_id = ${tenantId} and old.last is not null order by h.category`.execute(tx)
  return found.rows
}

export async function cutChain(tx: Tx, tenantId: string, category: string): Promise<number> {
  const cut = await sql<{ gone: number }>`
    select cut_audit_chain(${tenantId}, ${category}, ${cutAtOnce}::integer) as gone`.execute(tx)
  return cut.rows[0]?.gone ?? 0
}
