import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Rate limits: what tenants have adjusted, the windows that nodes lease from, and the nodes that are alive
 * (docs/decisions/0010-rate-limits.md).
 */
export const sql = `
create table tenant_rate_limits (
  tenant_id text not null,
  -- Requests a minute; null = the platform's.
  user_limit integer,
  tenant_limit integer,
  transfer_limit integer,
  updated_at timestamptz not null default now(),
  primary key (tenant_id),
  constraint tenant_rate_limits_tenant foreign key (tenant_id) references tenants (id) on delete cascade
);
${tenantTable('tenant_rate_limits', 'select, insert, update, delete')}

-- Nodes give back what they hold of the tenant's windows when they hear of it, and lease anew under the new limits.
create function announce_rate_limits() returns trigger language plpgsql as $$
begin
  perform pg_notify('rate_limits', json_build_object('adjusted', coalesce(new.tenant_id, old.tenant_id))::text);
  return null;
end $$;
create trigger tenant_rate_limits_are_announced after insert or update or delete on tenant_rate_limits
  for each row execute function announce_rate_limits();

-- Unlogged: no write-ahead log and no flush. After a crash of the database the windows of a minute begin anew.
create unlogged table rate_limit_windows (
  -- '~public' for addresses without a credential
  tenant_id text not null,
  subject text not null,
  window_start timestamptz not null,
  -- At the last lease.
  granted integer not null,
  -- Leased to nodes and not given back: never more than the limit.
  used integer not null,
  -- Nodes that may have some of it left.
  holders text[] not null default '{}',
  -- Somebody found nothing left: holders give back, and from here on nodes lease what they need at once and give back at once.
  recalled_at timestamptz,
  primary key (tenant_id, subject, window_start)
) with (fillfactor = 70);
create index rate_limit_windows_by_start on rate_limit_windows (window_start);
${tenantTable('rate_limit_windows', 'select')}

create unlogged table rate_limit_nodes (
  id text primary key,
  seen_at timestamptz not null
);
${platformTable('rate_limit_nodes', '')}

create function beat_rate_limit_node(p_node text) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into rate_limit_nodes (id, seen_at) values (p_node, clock_timestamp())
    on conflict (id) do update set seen_at = excluded.seen_at;
$$;

-- How much of what is left a node gets. Passing: what it needs at once, since others look for it. Alone: half of what is
-- left, so that a hundred requests take a few writes, and a node that is killed takes no more than half with it.
create function rate_limit_grant(p_left integer, p_wanted integer, p_passing boolean, p_nodes integer) returns integer
language sql immutable as $$
  select greatest(0, least(p_left, case
    when p_passing then p_wanted
    when p_nodes = 1 then greatest(p_wanted, p_left / 2, 5)
    else greatest(p_wanted, p_left / (4 * p_nodes))
  end))
$$;

-- Leases from the present window of each subject, for one tenant. Subjects come in one order from all callers, so that two
-- calls never wait for each other. p_may_hold: the node hears recalls, so it may take more than it needs at once.
-- passing: what is granted and not used at once must be given back at once.
create function lease_rate_limits(
  p_node text, p_may_hold boolean, p_window_seconds integer,
  p_tenant text, p_subjects text[], p_kinds text[], p_limits integer[], p_wanted integer[]
) returns table (
  most integer, granted integer, remaining integer, others_hold boolean, passing boolean,
  database_now_ms double precision, window_start_ms double precision
) language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_start timestamptz := to_timestamp(floor(extract(epoch from v_now) / p_window_seconds) * p_window_seconds);
  v_alive text[] := array(select id from rate_limit_nodes where seen_at > v_now - interval '10 seconds');
  v_nodes integer := greatest(cardinality(v_alive), 1);
  v_adjusted record;
  v_most integer;
  v_window record;
begin
  select user_limit, tenant_limit, transfer_limit into v_adjusted from tenant_rate_limits where tenant_id = p_tenant;
  for i in 1 .. cardinality(p_subjects) loop
    v_most := coalesce(case p_kinds[i]
      when 'user' then v_adjusted.user_limit
      when 'tenant' then v_adjusted.tenant_limit
      when 'transfer' then v_adjusted.transfer_limit
    end, p_limits[i]);
    insert into rate_limit_windows as w (tenant_id, subject, window_start, granted, used, holders)
    select p_tenant, p_subjects[i], v_start, g.granted, g.granted, array[p_node]
      from rate_limit_grant(v_most, p_wanted[i], not p_may_hold, v_nodes) as g (granted)
    on conflict (tenant_id, subject, window_start) do update set
      granted = rate_limit_grant(v_most - w.used, p_wanted[i], not p_may_hold or w.recalled_at is not null, v_nodes),
      used = w.used + rate_limit_grant(v_most - w.used, p_wanted[i], not p_may_hold or w.recalled_at is not null, v_nodes),
      holders = case when w.used < v_most then array_remove(w.holders, p_node) || p_node else array_remove(w.holders, p_node) end,
      recalled_at = case
        when w.recalled_at is null and w.used >= v_most and array_remove(w.holders, p_node) && v_alive then v_now
        else w.recalled_at
      end
    returning granted, used, recalled_at, array_remove(w.holders, p_node) && v_alive as others_hold into v_window;
    return query select v_most, v_window.granted, greatest(v_most - v_window.used, 0), v_window.others_hold,
      v_window.recalled_at is not null or not p_may_hold,
      extract(epoch from v_now)::double precision * 1000, extract(epoch from v_start)::double precision * 1000;
    if v_window.recalled_at = v_now then
      perform pg_notify('rate_limits',
        json_build_object('recalled', json_build_array(p_tenant, p_subjects[i]), 'by', p_node)::text);
    end if;
  end loop;
end $$;

-- What a node has left of its leases goes back; the node holds nothing of these windows afterwards.
create function return_rate_limits(
  p_node text, p_tenants text[], p_subjects text[], p_starts_ms double precision[], p_unused integer[]
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  for i in 1 .. cardinality(p_subjects) loop
    update rate_limit_windows
       set used = greatest(used - p_unused[i], 0), holders = array_remove(holders, p_node)
     where tenant_id = p_tenants[i] and subject = p_subjects[i] and window_start = to_timestamp(p_starts_ms[i] / 1000);
  end loop;
end $$;

create function leave_rate_limits(p_node text) returns void
language sql security definer set search_path = public, pg_temp as $$
  delete from rate_limit_nodes where id = p_node;
$$;

create function delete_expired_rate_limits(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from rate_limit_nodes where seen_at < now() - interval '1 hour';
  delete from rate_limit_windows where ctid = any (array(
    select ctid from rate_limit_windows where window_start < now() - interval '5 minutes' limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array[
    'announce_rate_limits()', 'beat_rate_limit_node(text)', 'leave_rate_limits(text)', 'delete_expired_rate_limits(integer)',
    'rate_limit_grant(integer, integer, boolean, integer)',
    'lease_rate_limits(text, boolean, integer, text, text[], text[], integer[], integer[])',
    'return_rate_limits(text, text[], text[], double precision[], integer[])'
  ]::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
