import { applicationRole } from '#platform/db/tenant-table.ts'

/** The last one that a look behind a place goes through, by the index, one step for each; null: there are fewer. */
const lanes = (name: string, type: string, { table, column, open, order }: Record<string, string>) => `
create function ${name}(p_after ${type}, p_steps integer) returns ${type}
language sql stable security definer set search_path = public, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off as $$
  with recursive lane (place, steps) as (
    (select ${column}, 1 from ${table} where ${open} and ${column} > p_after order by ${column}, ${order} limit 1)
    union all
    select n.place, l.steps + 1 from lane l cross join lateral (
      select ${column} as place from ${table} where ${open} and ${column} > l.place order by ${column}, ${order} limit 1) n
     where l.steps < p_steps
  )
  select place from lane where steps = p_steps;
$$;
revoke all on function ${name}(${type}, integer) from public;
grant execute on function ${name}(${type}, integer) to ${applicationRole};
`

/**
 * Those who look for what is due (webhooks, e-mails, executions of workflows) go through so many endpoints or tenants and no
 * more. Where the next look begins, if there are more.
 */
export const sql = [
  lanes('webhook_lane_beyond', 'bigint', {
    table: 'webhook_queue',
    column: 'endpoint_pk',
    open: 'not waiting',
    order: 'delivery_pk',
  }),
  lanes('notification_lane_beyond', 'text', {
    table: 'notification_deliveries',
    column: 'tenant_id',
    open: 'due_at is not null',
    order: 'due_at',
  }),
  lanes('workflow_lane_beyond', 'text', {
    table: 'workflow_executions',
    column: 'tenant_id',
    open: 'due_at is not null',
    order: 'due_at',
  }),
].join('')
