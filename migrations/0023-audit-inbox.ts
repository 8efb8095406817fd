import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Writers leave their events in an inbox with one index; the sealer, who writes the links, takes them from there into the log with its
 * ten (docs/decisions/0029-audit-inbox.md).
 */
export const sql = `
-- Whoever is writing ends first; whoever comes waits until this is over.
lock table audit_events in share row exclusive mode;
lock table domain_events in access exclusive mode;
-- From now on what has no link is in the inbox.
select seal_audit_window(null, (select settled from audit_sealing), 9223372036854775807);

-- What is asked of audit_events finds the inbox's rows too. Columns that audit_events gets, the inbox gets.
create table audit_inbox () inherits (audit_events);
alter table audit_inbox add primary key (position);
${tenantTable('audit_inbox', 'select, insert')}
-- Everything that comes goes again: vacuumed by what is gone, and never while that would lock writers out.
alter table audit_inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000, vacuum_truncate = off);

-- The sealer says app.audit_sealing while it moves events; the application has no right to delete, whatever it says.
create trigger audit_inbox_is_final before update or delete on audit_inbox for each row
  when (current_setting('app.audit_sealing', true) is distinct from 'on') execute function refuse_change_of_audit_events();
create trigger audit_inbox_is_not_truncated before truncate on audit_inbox
  for each statement execute function refuse_change_of_audit_events();

-- A process of the version before still writes into the log itself: what it writes goes the way of all others.
create function put_into_audit_inbox() returns trigger language plpgsql as $$
begin
  insert into audit_inbox select new.*;
  return null;
end $$;
create trigger audit_events_come_through_inbox before insert on audit_events for each row
  when (current_setting('app.audit_sealing', true) is distinct from 'on') execute function put_into_audit_inbox();
revoke all on function put_into_audit_inbox() from public;
grant execute on function put_into_audit_inbox() to ${applicationRole};

-- Rows are deleted and changed in the one table that is meant: places (ctid) are each table's own.
do $$
declare v_function text; v_from text; v_to text;
begin
  for v_function, v_from, v_to in values
    ('erase_tenant_rows(text, text, integer)', 'from %1$I where', 'from only %1$I where'),
    ('cut_audit_chain(text, text, integer)', 'from audit_events where', 'from only audit_events where'),
    ('redact_audit_events(text, jsonb, bytea, jsonb)', 'update audit_events e', 'update only audit_events e') loop
    execute replace(pg_get_functiondef(v_function::regprocedure), v_from, v_to);
  end loop;
end $$;

-- Takes what lies between two positions from the inbox into the log, and appends it to its chains; of one tenant or of all.
-- An event whose id or position the log has already stays where it is, and holds up no other: verification names it.
create or replace function seal_audit_window(p_tenant text, p_after bigint, p_upto bigint) returns integer
language plpgsql security definer set search_path = public, pg_temp
set enable_seqscan = off set jit = off set plan_cache_mode = force_custom_plan as $$
declare v_tenants text[]; v_categories text[]; v_sealed integer; v_careful boolean; v_said text;
begin
  with chains as (
    select distinct e.tenant_id, e.category from audit_inbox e
     where e.position > p_after and e.position <= p_upto and (p_tenant is null or e.tenant_id = p_tenant)
  )
  select array_agg(tenant_id order by tenant_id, category), array_agg(category order by tenant_id, category)
    into v_tenants, v_categories from chains;
  if v_tenants is null then
    return 0;
  end if;
  -- Heads in one order for all sealers, before the events are taken: what another one has taken meanwhile is gone then.
  insert into audit_chains (tenant_id, category, sequence, link_hash)
  select t, c, 0, audit_chain_start(t, c) from unnest(v_tenants, v_categories) as chain (t, c) order by t, c
      on conflict do nothing;
  perform from audit_chains h join unnest(v_tenants, v_categories) as chain (t, c) on h.tenant_id = t and h.category = c
    order by h.tenant_id, h.category for update of h;
  v_said := set_config('app.audit_sealing', 'on', true);
  foreach v_careful in array array[false, true] loop
    begin
      with heads as materialized (
        select h.tenant_id, h.category, h.sequence, h.link_hash
          from unnest(v_tenants, v_categories) as chain (t, c) join audit_chains h on h.tenant_id = t and h.category = c
      ), taken as (
        delete from audit_inbox e using heads h
         where e.position > p_after and e.position <= p_upto and (p_tenant is null or e.tenant_id = p_tenant)
           and h.tenant_id = e.tenant_id and h.category = e.category
           and (not v_careful or not exists (select from only audit_events o where o.tenant_id = e.tenant_id and o.id = e.id)
             and not exists (select from only audit_events o where o.position = e.position)
             and not exists (select from audit_inbox o where o.tenant_id = e.tenant_id and o.id = e.id and o.position < e.position))
        returning e.*
      ), kept as (
        insert into audit_events select * from taken
      ), numbered as (
        select t.tenant_id, t.category, t.id, t.position, sha256(convert_to(audit_event_text(row(t.*)::audit_events), 'UTF8')) as hash,
               h.link_hash as start, h.sequence + row_number() over (partition by t.tenant_id, t.category order by t.position) as sequence
          from taken t join heads h on h.tenant_id = t.tenant_id and h.category = t.category
      )
      insert into audit_links (tenant_id, category, sequence, event_id, event_hash, link_hash)
      select tenant_id, category, sequence, id, hash,
             audit_link_chain(start, sequence, hash) over (partition by tenant_id, category order by position)
        from numbered;
      get diagnostics v_sealed = row_count;
      exit;
    exception when unique_violation then
      if v_careful then
        raise;
      end if;
    end;
  end loop;
  v_said := set_config('app.audit_sealing', '', true);
  -- A look into the index for each chain, where sorting what was written once more would be one for each event.
  update audit_chains h set sequence = last.sequence, link_hash = last.link_hash
    from unnest(v_tenants, v_categories) as chain (t, c)
   cross join lateral (select l.sequence, l.link_hash from audit_links l where l.tenant_id = t and l.category = c
                        order by l.sequence desc limit 1) last
   where h.tenant_id = t and h.category = c;
  return v_sealed;
end $$;

-- As in 0010, of the inbox. Below what is settled nothing comes any more: what was taken from there is not walked over again.
create or replace function seal_audit_events(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_newest bigint; v_state audit_sealing; v_settles boolean; v_upto bigint; v_sweeps boolean; v_sealed integer;
begin
  -- The number of this transaction bounds those of all who have taken a position up to the newest one that is visible now,
  -- but only if it is given after that look.
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the sealer''s pass is a transaction of its own';
  end if;
  select max(e.position) into v_newest from audit_inbox e where e.position > (select settled from audit_sealing);
  select * into v_state from audit_sealing for update skip locked;
  if not found then
    return null;
  end if;
  if coalesce(v_newest, v_state.seen) = v_state.settled and v_state.pending is null then
    return 0;
  end if;
  v_newest := greatest(v_newest, v_state.seen);
  -- Numbers above the newest are of another cluster, from which this database was restored: its transactions are over.
  v_settles := v_state.pending_xid <= pg_snapshot_xmin(pg_current_snapshot())
    or v_state.pending_xid >= pg_snapshot_xmax(pg_current_snapshot());
  v_upto := coalesce(
    (select position from audit_inbox where position > v_state.seen order by position offset p_limit - 1 limit 1), v_newest);
  v_upto := least(v_upto, v_newest);
  -- Behind a long transaction the stretch that is not settled grows: then its stragglers are looked for every 5 s only.
  v_sweeps := coalesce(v_settles, false) or v_state.seen - v_state.settled <= 5000
    or v_state.swept_at < clock_timestamp() - interval '5 seconds';
  v_sealed := seal_audit_window(null, case when v_sweeps then v_state.settled else v_state.seen end, v_upto);
  update audit_sealing set
    settled = case when v_settles then v_state.pending else v_state.settled end,
    pending = case when v_state.pending is not null and not v_settles then v_state.pending
                   when v_upto > v_state.pending or v_state.pending is null then v_upto end,
    pending_xid = case when v_state.pending is not null and not v_settles then v_state.pending_xid
                       when v_upto > v_state.pending or v_state.pending is null then pg_current_xact_id() end,
    seen = v_upto,
    swept_at = case when v_sweeps then clock_timestamp() else v_state.swept_at end;
  return v_sealed;
end $$;

-- ---------------------------------------------------------------- what every domain event pays for
-- As in 0009 and 0015, where two triggers asked one after the other, and the second one made ready to start workflows for every
-- event: each tenant has one that waits for invoices. Now one look says whether anything could want this event.
create function domain_event_goes_out() returns trigger language plpgsql as $$
declare v_has_endpoints boolean; v_has_workflows boolean; v_patterns text[]; v_endpoint record;
begin
  select exists (select from webhook_endpoints where tenant_id = new.tenant_id),
         exists (select from workflow_triggers
                  where tenant_id = new.tenant_id and kind = 'event' and (name = new.type or right(name, 2) = '.*'))
    into v_has_endpoints, v_has_workflows;
  if not (v_has_endpoints or v_has_workflows) then return null; end if;
  v_patterns := webhook_event_patterns(new.type);
  -- A test goes to one endpoint, which whoever asks for it knows.
  if v_has_endpoints and new.type <> 'webhook.test' then
    for v_endpoint in
      select e.pk, e.status from webhook_endpoints e
       where e.tenant_id = new.tenant_id
         and (e.client_id = new.client_id or e.client_id is null and (new.client_id is null or e.of_all_clients))
         and (e.event_types is null or e.event_types && v_patterns)
         -- Nobody is told of his own end.
         and (new.type <> 'webhook.disabled' or e.pk::text <> new.data ->> 'pk')
    loop
      if v_endpoint.status = 'disabled' then
        insert into webhook_deliveries (tenant_id, endpoint_pk, event_id, event_type, status, finished_at)
        values (new.tenant_id, v_endpoint.pk, new.id, new.type, 'skipped', now());
      else
        insert into webhook_queue (tenant_id, endpoint_pk, event_id, event_type)
        values (new.tenant_id, v_endpoint.pk, new.id, new.type);
      end if;
    end loop;
  end if;
  if v_has_workflows then
    insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, event_id, entity_type, entity_id,
                                     entity_reference, submitted_by, depth, scope, due_at)
    select distinct on (t.workflow_id) t.tenant_id, new_workflow_execution_id(), t.workflow_id, t.version, 'event:' || new.type, new.id,
           split_part(new.type, '.', 1), coalesce(new.data ->> 'id', new.data ->> 'uid', new.data ->> 'pk'),
           coalesce(new.data ->> 'number', new.data ->> 'code'), new.user_id,
           coalesce(nullif(current_setting('app.workflow_depth', true), '')::smallint, 0) + 1,
           json_build_object('variables', '{}'::json, 'event', new.data, 'steps', '{}'::json), now()
      from workflow_triggers t
     where t.tenant_id = new.tenant_id and t.kind = 'event' and t.name = any (v_patterns);
  end if;
  return null;
end $$;
revoke all on function domain_event_goes_out() from public;
grant execute on function domain_event_goes_out() to ${applicationRole};
drop trigger domain_events_reach_webhooks on domain_events;
drop trigger domain_events_start_workflows on domain_events;
create trigger domain_events_go_out after insert on domain_events for each row execute function domain_event_goes_out();
drop function fan_out_domain_event();
drop function start_workflows();
`
