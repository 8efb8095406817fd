import { applicationRole } from '#platform/db/tenant-table.ts'

/** A look at the queue of webhooks goes through so many endpoints and no more: where the next one begins, if there are more. */
export const sql = `
-- The endpoint that stands so many behind this one in the queue; null: there are fewer. By the index, one step for each.
create function webhook_lane_beyond(p_after bigint, p_steps integer) returns bigint
language sql stable security definer set search_path = public, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off as $$
  with recursive lane (endpoint_pk, steps) as (
    (select q.endpoint_pk, 1 from webhook_queue q
      where not q.waiting and q.endpoint_pk > p_after order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.endpoint_pk, l.steps + 1 from lane l cross join lateral (
      select q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > l.endpoint_pk order by q.endpoint_pk, q.delivery_pk limit 1) n
     where l.steps < p_steps
  )
  select endpoint_pk from lane where steps = p_steps;
$$;
revoke all on function webhook_lane_beyond(bigint, integer) from public;
grant execute on function webhook_lane_beyond(bigint, integer) to ${applicationRole};
`
