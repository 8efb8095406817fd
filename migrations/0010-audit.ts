import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/** What refuses every change of a table of the audit chain but the cutting of its old end. */
const finalTable = (table: string) => `
create trigger ${table}_are_final before update or delete on ${table}
  for each row execute function refuse_change_of_audit_events();
create trigger ${table}_are_not_truncated before truncate on ${table}
  for each statement execute function refuse_change_of_audit_events();`

/**
 * The audit chain (docs/decisions/0013-audit-chain.md): events, the links that a sealer appends behind them, signed
 * checkpoints, retention, and what is forwarded to a SIEM.
 */
export const sql = `
-- ---------------------------------------------------------------- events as canonical text
-- RFC 8785 for values that are in the database already; the application writes this form itself (kernel/canonical-json.ts).
create function audit_canonical_json(p_value jsonb) returns text language sql immutable as $$
  select case jsonb_typeof(p_value)
    when 'object' then '{' || coalesce((
      select string_agg(to_json(key)::text || ':' || audit_canonical_json(value), ',' order by key collate "C")
        from jsonb_each(p_value)), '') || '}'
    when 'array' then '[' || coalesce((
      select string_agg(audit_canonical_json(value), ',' order by number)
        from jsonb_array_elements(p_value) with ordinality as element (value, number)), '') || ']'
    when 'number' then trim_scale((p_value #>> '{}')::numeric)::text
    else p_value::text
  end
$$;

-- json keeps the text as it was written: its bytes are hashed, by the sealer and by everybody who verifies.
alter table audit_events
  alter column context drop default,
  alter column context type json using audit_canonical_json(context)::json,
  alter column context set default '{}',
  alter column actor type json using audit_canonical_json(actor)::json;

create sequence audit_event_positions;
grant usage on sequence audit_event_positions to ${applicationRole};
alter table audit_events
  -- Ascending by insertion, not by commit. The transaction has its number before it takes a position: the sealer relies on it
  -- (CASE evaluates its condition first).
  add column position bigint not null
    default case when pg_current_xact_id() is not null then nextval('audit_event_positions') end,
  -- Who acted, or in whose name somebody without a credential tried to.
  add column user_id text generated always as (coalesce(actor ->> 'user_id',
    case when target_type = 'user' and actor ->> 'type' = 'anonymous' then target_id end)) stored,
  -- The client that acted, or that was acted on.
  add column client_id text generated always as
    (coalesce(actor ->> 'client_id', case when target_type = 'client' then target_id end)) stored;
alter sequence audit_event_positions owned by audit_events.position;

create unique index audit_events_by_position on audit_events (position);
create index audit_events_by_category on audit_events (tenant_id, category, occurred_at);
create index audit_events_by_action on audit_events (tenant_id, action, occurred_at);
create index audit_events_by_user on audit_events (tenant_id, user_id, occurred_at) where user_id is not null;
create index audit_events_by_client on audit_events (tenant_id, client_id, occurred_at) where client_id is not null;
create index audit_events_by_target on audit_events (tenant_id, target_id, occurred_at) where target_id is not null;
create index audit_events_by_request on audit_events (tenant_id, request_id) where request_id is not null;
create index audit_events_by_severity on audit_events (tenant_id, severity, occurred_at) where severity <> 'info';

-- What an event's hash is taken of: RFC 8785 of the event, members in order, times in microseconds UTC.
create function audit_event_text(e audit_events) returns text language sql stable as $$
  select concat('{"action":', to_json(e.action), ',"actor":', e.actor, ',"category":', to_json(e.category),
    ',"context":', e.context, ',"description":', to_json(e.description), ',"id":', to_json(e.id),
    ',"request_id":', coalesce(to_json(e.request_id)::text, 'null'), ',"severity":', to_json(e.severity),
    ',"target":', case when e.target_type is null and e.target_id is null then 'null'
       else concat('{"entity_id":', coalesce(to_json(e.target_id)::text, 'null'),
         ',"entity_type":', coalesce(to_json(e.target_type)::text, 'null'), '}') end,
    ',"tenant_id":', to_json(e.tenant_id),
    ',"timestamp":"', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}')
$$;

-- ---------------------------------------------------------------- what changes nothing that was written
-- Only the function that cuts a chain's old end may delete, and it runs as the owner.
create or replace function refuse_change_of_audit_events() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('app.audit_cut', true) = 'on'
     and current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name) then
    return old;
  end if;
  raise exception 'audit events are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;

-- ---------------------------------------------------------------- chains
-- One chain a tenant and category: link = SHA-256(previous link || sequence, 8 bytes || event hash).
create table audit_links (
  tenant_id text not null,
  category text not null,
  sequence bigint not null,
  event_id text not null,
  event_hash bytea not null,
  link_hash bytea not null,
  primary key (tenant_id, category, sequence),
  constraint audit_links_event unique (tenant_id, event_id)
);
${tenantTable('audit_links', 'select')}
${finalTable('audit_links')}

-- The head of each chain. Who seals holds its row; who writes events never touches it.
create table audit_chains (
  tenant_id text not null,
  category text not null,
  -- Of the last link; 0 = none yet.
  sequence bigint not null,
  link_hash bytea not null,
  -- Of the oldest link that retention has left.
  first_sequence bigint not null default 1,
  primary key (tenant_id, category)
);
${tenantTable('audit_chains', 'select')}

-- How far the sealer has come in the order of positions, over all tenants. One row.
create table audit_sealing (
  id boolean primary key default true constraint audit_sealing_is_one check (id),
  -- Every transaction that has taken a position up to here is over, and what it committed is sealed.
  settled bigint not null default 0,
  -- What was visible up to here is sealed; a transaction under way may still hold positions below.
  seen bigint not null default 0,
  -- Becomes settled once every transaction numbered below pending_xid is over.
  pending bigint,
  pending_xid xid8,
  swept_at timestamptz not null default now()
);
insert into audit_sealing default values;
${platformTable('audit_sealing', '')}

create function audit_chain_start(p_tenant text, p_category text) returns bytea language sql immutable as $$
  select sha256(convert_to('clientele-audit-chain-v1' || chr(10) || p_tenant || chr(10) || p_category, 'UTF8'))
$$;

create function audit_next_link(p_link bytea, p_start bytea, p_sequence bigint, p_hash bytea) returns bytea
language plpgsql immutable as $$
begin
  return sha256(coalesce(p_link, p_start) || int8send(p_sequence) || p_hash);
end $$;
-- The links of rows in order: start is the link before the first one.
create aggregate audit_link_chain(start bytea, sequence bigint, hash bytea) (sfunc = audit_next_link, stype = bytea);

-- Appends to the chains whatever is committed, has no link yet, and lies between two positions; of one tenant or of all.
-- Nested loops: a plan that reads all links to find those that are missing would be a disaster that statistics can cause.
create function seal_audit_window(p_tenant text, p_after bigint, p_upto bigint) returns integer
language plpgsql security definer set search_path = public, pg_temp
set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_custom_plan as $$
declare v_positions bigint[]; v_tenants text[]; v_categories text[]; v_sealed integer;
begin
  with unsealed as materialized (
    select e.position, e.tenant_id, e.category from audit_events e
     where e.position > p_after and e.position <= p_upto and (p_tenant is null or e.tenant_id = p_tenant)
       and not exists (select from audit_links l where l.tenant_id = e.tenant_id and l.event_id = e.id)
  ), chains as (select distinct tenant_id, category from unsealed)
  select (select array_agg(position) from unsealed),
         (select array_agg(tenant_id order by tenant_id, category) from chains),
         (select array_agg(category order by tenant_id, category) from chains)
    into v_positions, v_tenants, v_categories;
  if v_positions is null then
    return 0;
  end if;
  -- Heads in one order for all sealers, before the events are read: what another one has sealed meanwhile is then seen.
  insert into audit_chains (tenant_id, category, sequence, link_hash)
  select t, c, 0, audit_chain_start(t, c) from unnest(v_tenants, v_categories) as chain (t, c) order by t, c
      on conflict do nothing;
  perform from audit_chains h join unnest(v_tenants, v_categories) as chain (t, c) on h.tenant_id = t and h.category = c
    order by h.tenant_id, h.category for update of h;
  with unsealed as materialized (
    select e.tenant_id, e.category, e.id, e.position, sha256(convert_to(audit_event_text(e), 'UTF8')) as hash
      from audit_events e
     where e.position = any (v_positions)
       and not exists (select from audit_links l where l.tenant_id = e.tenant_id and l.event_id = e.id)
  ), numbered as (
    select u.*, h.link_hash as start, h.sequence + row_number() over (
             partition by u.tenant_id, u.category order by u.position) as sequence
      from unsealed u join audit_chains h on h.tenant_id = u.tenant_id and h.category = u.category
  ), sealed as (
    insert into audit_links (tenant_id, category, sequence, event_id, event_hash, link_hash)
    select tenant_id, category, sequence, id, hash,
           audit_link_chain(start, sequence, hash) over (partition by tenant_id, category order by sequence)
      from numbered
    returning tenant_id, category, sequence, link_hash
  ), moved as (
    update audit_chains h set sequence = last.sequence, link_hash = last.link_hash
      from (select distinct on (tenant_id, category) * from sealed order by tenant_id, category, sequence desc) last
     where h.tenant_id = last.tenant_id and h.category = last.category
  )
  select count(*) into v_sealed from sealed;
  return v_sealed;
end $$;

-- On demand, for one tenant: everything of it that is committed. Moves no mark.
create function seal_audit_events_of(p_tenant text) returns integer
language sql security definer set search_path = public, pg_temp as $$
  select seal_audit_window(p_tenant, s.settled, 9223372036854775807) from audit_sealing s
$$;

-- Below it every event has its link.
create function audit_settled_position() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select settled from audit_sealing
$$;

-- One pass over what is new, of all tenants; two at once: the second returns null.
-- @returns how many events were sealed
create function seal_audit_events(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_newest bigint; v_state audit_sealing; v_settles boolean; v_upto bigint; v_sweeps boolean; v_sealed integer;
begin
  -- The number of this transaction bounds those of all who have taken a position up to the newest one that is visible now,
  -- but only if it is given after that look.
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the sealer''s pass is a transaction of its own';
  end if;
  select max(position) into v_newest from audit_events;
  select * into v_state from audit_sealing for update skip locked;
  if not found then
    return null;
  end if;
  if v_newest is null or (v_newest = v_state.settled and v_state.pending is null) then
    return 0;
  end if;
  v_newest := greatest(v_newest, v_state.seen);
  -- Numbers above the newest are of another cluster, from which this database was restored: its transactions are over.
  v_settles := v_state.pending_xid <= pg_snapshot_xmin(pg_current_snapshot())
    or v_state.pending_xid >= pg_snapshot_xmax(pg_current_snapshot());
  v_upto := coalesce(
    (select position from audit_events where position > v_state.seen order by position offset p_limit - 1 limit 1), v_newest);
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

-- ---------------------------------------------------------------- checkpoints
create table audit_keys (
  id text primary key,
  -- SubjectPublicKeyInfo, base64
  public_key text not null,
  private_ciphertext text not null,
  created_at timestamptz not null default now()
);
${platformTable('audit_keys', 'select, insert')}

-- What is signed stands in payload; the columns are copies of it to look for.
create table audit_checkpoints (
  tenant_id text not null,
  id text not null,
  category text not null,
  -- Without gaps in its chain; each payload holds the hash of the one before.
  number integer not null,
  sequence bigint not null,
  kind text not null constraint audit_checkpoints_kind_known check (kind in ('hourly', 'demand', 'export', 'retention')),
  created_at timestamptz not null,
  key_id text not null,
  payload text not null,
  signature bytea not null,
  primary key (tenant_id, id),
  constraint audit_checkpoints_number unique (tenant_id, category, number)
);
create index audit_checkpoints_by_time on audit_checkpoints (tenant_id, created_at);
${tenantTable('audit_checkpoints', 'select, insert')}
${finalTable('audit_checkpoints')}

-- Tenants whose chains have grown since their last checkpoint.
create function audit_tenants_without_checkpoint() returns setof text
language sql stable security definer set search_path = public, pg_temp as $$
  select distinct h.tenant_id from audit_chains h
   where h.sequence > coalesce((select max(sequence) from audit_checkpoints c
     where c.tenant_id = h.tenant_id and c.category = h.category), 0)
$$;

-- ---------------------------------------------------------------- retention
create table audit_settings (
  tenant_id text not null,
  -- null = for ever
  retention_days integer constraint audit_settings_retention_long check (retention_days between 30 and 36500),
  updated_at timestamptz not null default now(),
  primary key (tenant_id),
  constraint audit_settings_tenant foreign key (tenant_id) references tenants (id) on delete cascade
);
${tenantTable('audit_settings', 'select, insert, update')}

create function audit_tenants_with_retention() returns table (tenant_id text, retention_days integer)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, retention_days from audit_settings where retention_days is not null
$$;

-- Deletes the oldest links and their events, as far as a retention checkpoint allows, and only what is old enough by the
-- tenant's own setting. @returns how many
create function cut_audit_chain(p_tenant text, p_category text, p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_days integer; v_behind bigint; v_last bigint; v_events text[];
begin
  perform from audit_chains where tenant_id = p_tenant and category = p_category for update;
  select retention_days into v_days from audit_settings where tenant_id = p_tenant;
  select max(sequence) into v_behind from audit_checkpoints
   where tenant_id = p_tenant and category = p_category and kind = 'retention';
  if v_days is null or v_behind is null then
    return 0;
  end if;
  select max(sequence), array_agg(event_id) into v_last, v_events
    from (select sequence, event_id from audit_links
           where tenant_id = p_tenant and category = p_category and sequence <= v_behind order by sequence limit p_limit) old;
  if v_last is null then
    return 0;
  end if;
  if exists (select from audit_events where tenant_id = p_tenant and id = any (v_events)
      and occurred_at >= now() - make_interval(days => v_days)) then
    raise exception 'an event is younger than the tenant''s retention' using errcode = 'insufficient_privilege';
  end if;
  perform set_config('app.audit_cut', 'on', true);
  delete from audit_events where tenant_id = p_tenant and id = any (v_events);
  delete from audit_links where tenant_id = p_tenant and category = p_category and sequence <= v_last;
  perform set_config('app.audit_cut', '', true);
  update audit_chains set first_sequence = v_last + 1 where tenant_id = p_tenant and category = p_category;
  return cardinality(v_events);
end $$;

-- ---------------------------------------------------------------- forwarding
create table audit_forwardings (
  tenant_id text not null,
  id text not null,
  -- platform: the operator's own, by setting; the tenant does not see it
  kind text not null constraint audit_forwardings_kind_known check (kind in ('syslog', 'webhook', 'platform')),
  settings jsonb not null,
  secret_ciphertext text,
  categories text[],
  created_at timestamptz not null default now(),
  failures integer not null default 0,
  last_error text,
  last_success_at timestamptz,
  next_attempt_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint audit_forwardings_tenant foreign key (tenant_id) references tenants (id) on delete cascade
);
create index audit_forwardings_by_attempt on audit_forwardings (next_attempt_at);
${tenantTable('audit_forwardings', 'select, insert, update, delete')}

-- Sent up to here; no row = nothing yet.
create table audit_forwarding_cursors (
  tenant_id text not null,
  forwarding_id text not null,
  category text not null,
  sequence bigint not null,
  primary key (tenant_id, forwarding_id, category),
  constraint audit_forwarding_cursors_forwarding foreign key (tenant_id, forwarding_id)
    references audit_forwardings (tenant_id, id) on delete cascade
);
${tenantTable('audit_forwarding_cursors', 'select, insert, update')}

-- The operator's forwarding follows the chains of every tenant from their beginning.
create function ensure_platform_forwardings() returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into audit_forwardings (tenant_id, id, kind, settings)
  select id, 'platform', 'platform', '{}' from tenants t
   where not exists (select from audit_forwardings f where f.tenant_id = t.id and f.id = 'platform')
      on conflict do nothing
$$;

-- Those that have something to send, each leased to the caller for a minute: nobody else gets it until then.
create function claim_audit_forwardings(p_platform boolean, p_limit integer) returns table (tenant_id text, id text)
language sql security definer set search_path = public, pg_temp as $$
  update audit_forwardings f set next_attempt_at = now() + interval '1 minute'
    from (select d.tenant_id, d.id from audit_forwardings d
           where d.next_attempt_at <= now() and (p_platform or d.kind <> 'platform')
             and exists (select from audit_chains h
                    left join audit_forwarding_cursors c
                      on c.tenant_id = d.tenant_id and c.forwarding_id = d.id and c.category = h.category
                   where h.tenant_id = d.tenant_id and (d.categories is null or h.category = any (d.categories))
                     and h.sequence > coalesce(c.sequence, 0))
           order by d.next_attempt_at limit p_limit for update of d skip locked) due
   where f.tenant_id = due.tenant_id and f.id = due.id
  returning f.tenant_id, f.id
$$;

do $$
declare f regprocedure;
begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and (p.proname like '%audit%' or p.proname = 'ensure_platform_forwardings') loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
revoke execute on function seal_audit_window(text, bigint, bigint) from ${applicationRole};
`
