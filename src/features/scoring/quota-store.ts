/** How many analyses a client may have. Months are those of UTC, by the database's clock. */
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Quota } from './schemas.ts'

const thisMonth = sql`date_trunc('month', now() at time zone 'UTC')::date`

/**
 * Takes one analysis from the client's quota. The row's lock makes requests of one client follow one another, so that the
 * count holds however many come at once; a client without limits has no row and nobody waits.
 * @returns false: it was the last one already. The caller must then undo the transaction.
 */
export async function takeFromQuota(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const taken = await sql<{ is_within: boolean }>`
    update analysis_quotas
       set month = ${thisMonth}, used_in_month = case when month = ${thisMonth} then used_in_month else 0 end + 1,
           used_in_total = used_in_total + 1
     where tenant_id = ${tenantId} and client_id = ${clientUid}
    returning coalesce(used_in_month <= per_month, true) and coalesce(used_in_total <= in_total, true) as is_within`.execute(
    tx,
  )
  return taken.rows[0]?.is_within ?? true
}

/** A failed analysis does not count; those of a month that has passed only in the total. */
export async function giveBackToQuotas(tx: Tx, tenantId: string, analysisPks: readonly number[]): Promise<void> {
  if (analysisPks.length === 0) return
  await sql`
    with failed as (
      select client_id, quota_month, count(*)::integer as number from analyses
       where tenant_id = ${tenantId} and pk = any (${analysisPks.map(String)}::bigint[]) and quota_month is not null
       group by client_id, quota_month
    ), back as (
      select q.client_id, sum(f.number)::integer as in_total,
             coalesce(sum(f.number) filter (where f.quota_month = q.month), 0)::integer as in_month
        from failed f join analysis_quotas q on q.tenant_id = ${tenantId} and q.client_id = f.client_id
       group by q.client_id
    )
    update analysis_quotas q
       set used_in_month = greatest(q.used_in_month - b.in_month, 0), used_in_total = greatest(q.used_in_total - b.in_total, 0)
      from back b where q.tenant_id = ${tenantId} and q.client_id = b.client_id`.execute(tx)
}

type QuotaRow = { per_month: number | null; in_total: number | null; in_month: number; total: number }

/** @returns null: the tenant has no such client */
export async function findQuota(tx: Tx, tenantId: string, clientUid: string): Promise<Quota | null> {
  const found = await sql<QuotaRow>`
    select q.per_month, q.in_total,
           case when q.month is null then counted.in_month when q.month = ${thisMonth} then q.used_in_month else 0 end as in_month,
           coalesce(q.used_in_total, counted.total) as total
      from clients c
      left join analysis_quotas q on q.tenant_id = c.tenant_id and q.client_id = c.id
      -- Only without a row there is something to count.
      left join lateral (
        select count(*)::integer as total,
               (count(*) filter (where created_at at time zone 'UTC' >= ${thisMonth}))::integer as in_month
          from analyses where q.client_id is null and tenant_id = c.tenant_id and client_id = c.id and status <> 'failed'
      ) as counted on true
     where c.tenant_id = ${tenantId} and c.id = ${clientUid}`.execute(tx)
  const row = found.rows[0]
  if (!row) return null
  return { perMonth: row.per_month, inTotal: row.in_total, usedInMonth: row.in_month, usedInTotal: row.total }
}

/** From here on nothing is requested for the client until the end of the transaction. @returns whether there is one */
export async function lockClientForQuota(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const found = await sql`
    select 1 from clients where tenant_id = ${tenantId} and id = ${clientUid} for update`.execute(tx)
  return found.rows.length > 0
}

/** Sets the limits; what is used was counted until now, or is counted from the analyses. The caller has locked the client. */
export async function saveQuota(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  { perMonth, inTotal, now }: { perMonth: number | null; inTotal: number | null; now: Date },
): Promise<void> {
  if (perMonth === null && inTotal === null) {
    await sql`delete from analysis_quotas where tenant_id = ${tenantId} and client_id = ${clientUid}`.execute(tx)
    return
  }
  // Counted from now on: when they fail, they give their share back.
  await sql`
    update analyses set quota_month = date_trunc('month', created_at at time zone 'UTC')::date
     where tenant_id = ${tenantId} and client_id = ${clientUid} and status in ('pending', 'running') and quota_month is null`.execute(
    tx,
  )
  await sql`
    insert into analysis_quotas (tenant_id, client_id, per_month, in_total, month, used_in_month, used_in_total, updated_at)
    select ${tenantId}, ${clientUid}, ${perMonth}::integer, ${inTotal}::integer, ${thisMonth},
           count(*) filter (where created_at at time zone 'UTC' >= ${thisMonth}), count(*), ${now}
      from analyses where tenant_id = ${tenantId} and client_id = ${clientUid} and status <> 'failed'
    on conflict (tenant_id, client_id) do update
      set per_month = excluded.per_month, in_total = excluded.in_total, updated_at = excluded.updated_at`.execute(tx)
}
