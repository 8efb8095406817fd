/** Counts for a glance: every one is bounded, so that a tenant with millions of rows waits no longer than one with hundreds. */
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Day } from './rules.ts'

/** Of a day, or of one status. */
export const mostCounted = 10_000
const mostDeliveries = 20_000

const asRows = (days: readonly Day[]) => ({
  names: days.map((day) => day.name),
  begins: days.map((day) => day.begins.toISOString()),
})
const since = (days: readonly Day[]) => (days[0] as Day).begins

export type EventsOfDay = { day: string; total: number; notable: number }

/** Events of each day; `notable`: warnings and what is worse. Each up to `mostCounted`. */
export async function countEvents(tx: Tx, tenantId: string, days: readonly Day[]): Promise<EventsOfDay[]> {
  const { names, begins } = asRows(days)
  const ofDay = sql`e.tenant_id = ${tenantId} and e.occurred_at >= d.begins and e.occurred_at < d.begins + interval '24 hours'`
  const found = await sql<EventsOfDay>`
    select d.day,
           (select count(*)::integer from (
             select 1 from audit_log e where ${ofDay} limit ${mostCounted}::integer) counted) as total,
           (select count(*)::integer from (
             select 1 from audit_log e where ${ofDay} and e.severity in ('warning', 'critical')
              and e.severity <> 'info' limit ${mostCounted}::integer) counted) as notable
      from unnest(${names}::text[], ${begins}::timestamptz[]) with ordinality as d (day, begins, place)
     order by d.place`.execute(tx)
  return found.rows
}

export type DeliveriesOfDay = { day: string; succeeded: number; failed: number }

/** How webhook deliveries of each day ended, of the newest `mostDeliveries`. */
export async function countDeliveries(
  tx: Tx,
  tenantId: string,
  days: readonly Day[],
): Promise<{ days: DeliveriesOfDay[]; isComplete: boolean }> {
  const { names, begins } = asRows(days)
  const found = await sql<DeliveriesOfDay & { newest: number }>`
    with newest as materialized (
      select status, created_at from webhook_deliveries
       where tenant_id = ${tenantId} order by pk desc limit ${mostDeliveries}::integer)
    select d.day,
           (count(*) filter (where n.status = 'succeeded'))::integer as succeeded,
           (count(*) filter (where n.status = 'failed'))::integer as failed,
           (select count(*)::integer from newest where created_at >= ${since(days)}) as newest
      from unnest(${names}::text[], ${begins}::timestamptz[]) with ordinality as d (day, begins, place)
      left join newest n on n.created_at >= d.begins and n.created_at < d.begins + interval '24 hours'
     group by d.day, d.place order by d.place`.execute(tx)
  const isComplete = (found.rows[0]?.newest ?? 0) < mostDeliveries
  return { days: found.rows.map(({ day, succeeded, failed }) => ({ day, succeeded, failed })), isComplete }
}

/** Executions of workflows that began in these days and failed, up to `mostCounted`. */
export async function countFailedExecutions(tx: Tx, tenantId: string, days: readonly Day[]): Promise<number> {
  const found = await sql<{ n: number }>`
    select count(*)::integer as n from (
      select started_at from workflow_executions
       where tenant_id = ${tenantId} and status = 'failed' order by id desc limit ${mostCounted}::integer) newest
     where started_at >= ${since(days)}`.execute(tx)
  return found.rows[0]?.n ?? 0
}

export type UndeliveredMessages = { failed: number; retrying: number }

/** Messages of these days that were given up, and those that are tried again; each up to `mostCounted`. */
export async function countUndelivered(tx: Tx, tenantId: string, days: readonly Day[]): Promise<UndeliveredMessages> {
  const of = (status: 'failed' | 'retrying') => sql`(
    select count(*)::integer from (
      select created_at from notification_deliveries
       where tenant_id = ${tenantId} and status = ${status} order by id desc limit ${mostCounted}::integer) newest
     where created_at >= ${since(days)})`
  const found = await sql<UndeliveredMessages>`
    select ${of('failed')} as failed, ${of('retrying')} as retrying`.execute(tx)
  return found.rows[0] ?? { failed: 0, retrying: 0 }
}

/** How many invoices are in each status, each up to `mostCounted`; statuses without any are left out. */
export async function countInvoices(tx: Tx, tenantId: string): Promise<{ status: string; count: number }[]> {
  const found = await sql<{ status: string; count: number }>`
    with recursive statuses (status) as (
      select min(status) from invoices where tenant_id = ${tenantId}
      union all
      select (select min(i.status) from invoices i where i.tenant_id = ${tenantId} and i.status > s.status)
        from statuses s where s.status is not null)
    select s.status, (select count(*)::integer from (
             select 1 from invoices i where i.tenant_id = ${tenantId} and i.status = s.status
              limit ${mostCounted}::integer) counted) as count
      from statuses s where s.status is not null`.execute(tx)
  return found.rows
}
