import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Webhooks: endpoints and their secrets, deliveries, attempts, the queue of what is to be sent, replays
 * (docs/decisions/0011-webhooks.md).
 */
export const sql = `
-- Rises with every event of the platform: of two events of one object, the later one has the greater number, since
-- whoever changes an object holds its row until his transaction ends. Numbers in between are other objects'.
alter table domain_events add column sequence bigint generated always as identity;

create table webhook_endpoints (
  tenant_id text not null,
  pk bigint generated always as identity,
  -- null: the tenant's own, for events that concern no client.
  client_id uuid,
  url text not null,
  description text,
  -- 'profile.created' or 'profile.*'; null = all.
  event_types text[],
  -- Of the tenant's own ones: gets the events of all its clients too.
  of_all_clients boolean not null default false,
  -- paused: deliveries wait until somebody resumes it. disabled: by the platform; nothing waits.
  status text not null default 'enabled' constraint webhook_endpoints_status_known check (status in ('enabled', 'paused', 'disabled')),
  disabled_reason text constraint webhook_endpoints_reason_known check (disabled_reason in ('gone', 'failing')),
  disabled_at timestamptz,
  -- Since the first failed attempt after the last successful one; null = the last attempt succeeded.
  failing_since timestamptz,
  -- Rises with every change of what a sender must know.
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, pk),
  constraint webhook_endpoints_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade,
  constraint webhook_endpoints_url_unique unique nulls not distinct (tenant_id, client_id, url),
  constraint webhook_endpoints_scope check (client_id is null or not of_all_clients)
);
create index webhook_endpoints_disabled on webhook_endpoints (pk) where status = 'disabled';
${tenantTable('webhook_endpoints', 'select, insert, update, delete')}

-- Several during a rotation: each delivery is signed with all that have not expired.
create table webhook_endpoint_secrets (
  tenant_id text not null,
  endpoint_pk bigint not null,
  pk bigint generated always as identity,
  secret_ciphertext text not null,
  created_at timestamptz not null default now(),
  -- null: the one in force.
  expires_at timestamptz,
  primary key (tenant_id, endpoint_pk, pk),
  constraint webhook_endpoint_secrets_endpoint foreign key (tenant_id, endpoint_pk)
    references webhook_endpoints (tenant_id, pk) on delete cascade
);
create unique index webhook_endpoint_secrets_one_in_force on webhook_endpoint_secrets (tenant_id, endpoint_pk) where expires_at is null;
create index webhook_endpoint_secrets_by_expiry on webhook_endpoint_secrets (expires_at) where expires_at is not null;
${tenantTable('webhook_endpoint_secrets', 'select, insert, update, delete')}

-- The server's global key: signs X-Webhook-Signature for clients without a webhook secret of their own.
create table webhook_server_keys (
  id text primary key,
  secret_ciphertext text not null,
  created_at timestamptz not null default now()
);
${platformTable('webhook_server_keys', 'select, insert')}

-- One event for one endpoint is a delivery. While it is pending, it stands in the queue; once it has been tried, or never
-- will be, here. Neither has a foreign key: the check would lock the endpoint's row in every transaction that changes
-- anything. A trigger deletes them with the endpoint.
create sequence webhook_delivery_pks as bigint;
grant usage on sequence webhook_delivery_pks to ${applicationRole};

create table webhook_deliveries (
  tenant_id text not null,
  pk bigint not null default nextval('webhook_delivery_pks'),
  endpoint_pk bigint not null,
  event_id uuid not null,
  event_type text not null,
  -- pending: its next attempt is queued. skipped: the endpoint was disabled when the event happened.
  status text not null constraint webhook_deliveries_status_known check (status in ('pending', 'succeeded', 'failed', 'skipped')),
  attempts integer not null default 0,
  last_status_code integer,
  last_error_code text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, pk)
);
create index webhook_deliveries_by_endpoint on webhook_deliveries (tenant_id, endpoint_pk, status, pk);
create index webhook_deliveries_by_time on webhook_deliveries (created_at);
${tenantTable('webhook_deliveries', 'select, insert, update, delete')}

create table webhook_attempts (
  tenant_id text not null,
  delivery_pk bigint not null,
  number integer not null,
  attempted_at timestamptz not null,
  url text not null,
  request_headers json not null,
  request_body text not null,
  -- null: there was no answer.
  status_code integer,
  response_headers json,
  -- The beginning of it.
  response_body text,
  response_truncated boolean not null default false,
  -- Milliseconds. Looking up and connecting: null where a connection was used again.
  dns_ms real,
  connect_ms real,
  first_byte_ms real,
  total_ms real not null,
  -- null: it succeeded.
  error_code text,
  error text,
  primary key (tenant_id, delivery_pk, number)
);
${tenantTable('webhook_attempts', 'select, insert, delete')}

-- What is to be sent. A claim changes leased_until only, which is in no index and fits on the same page (a HOT update).
create table webhook_queue (
  tenant_id text not null,
  delivery_pk bigint not null default nextval('webhook_delivery_pks'),
  endpoint_pk bigint not null,
  event_id uuid not null,
  event_type text not null,
  created_at timestamptz not null default now(),
  -- For its next attempt, until due_at.
  waiting boolean not null default false,
  due_at timestamptz not null default now(),
  -- Somebody is sending it.
  leased_until timestamptz,
  -- Attempts since the schedule began.
  tries integer not null default 0,
  primary key (tenant_id, delivery_pk)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index webhook_queue_by_endpoint on webhook_queue (waiting, endpoint_pk, delivery_pk);
create index webhook_queue_due on webhook_queue (due_at) where waiting;
${tenantTable('webhook_queue', 'select, insert, update, delete')}

-- All failed ones of an endpoint since a time, sent again in the background.
create table webhook_replays (
  tenant_id text not null,
  pk bigint generated always as identity,
  endpoint_pk bigint not null,
  since timestamptz not null,
  status text not null default 'running' constraint webhook_replays_status_known check (status in ('running', 'done')),
  -- How many there were when it began, and how many of them are queued again.
  found integer not null,
  queued integer not null default 0,
  -- Deliveries up to here have been looked at; none beyond the last one that there was when it began.
  cursor_pk bigint not null default 0,
  last_pk bigint not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, pk),
  constraint webhook_replays_endpoint foreign key (tenant_id, endpoint_pk)
    references webhook_endpoints (tenant_id, pk) on delete cascade
);
create index webhook_replays_by_endpoint on webhook_replays (tenant_id, endpoint_pk, pk);
create unique index webhook_replays_one_running on webhook_replays (tenant_id, endpoint_pk) where status = 'running';
${tenantTable('webhook_replays', 'select, insert, update')}

-- ---------------------------------------------------------------- from the outbox to the queue
-- 'client.pdp_config.updated' -> {client.*, client.pdp_config.*, client.pdp_config.updated}
create function webhook_event_patterns(p_type text) returns text[] language plpgsql immutable as $$
declare
  v_words text[] := string_to_array(p_type, '.');
  v_patterns text[] := array[p_type];
begin
  for i in 1 .. cardinality(v_words) - 1 loop
    v_patterns := v_patterns || (array_to_string(v_words[1:i], '.') || '.*');
  end loop;
  return v_patterns;
end $$;

-- In the transaction of the event itself: there is no moment at which an event is kept and its deliveries are not.
-- It only reads endpoints and adds rows, so no transaction waits for another one here.
create function fan_out_domain_event() returns trigger language plpgsql as $$
declare v_patterns text[]; v_endpoint record;
begin
  perform 1 from webhook_endpoints where tenant_id = new.tenant_id limit 1;
  -- A test goes to one endpoint, which whoever asks for it knows.
  if not found or new.type = 'webhook.test' then return null; end if;
  v_patterns := webhook_event_patterns(new.type);
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
  return null;
end $$;
create trigger domain_events_reach_webhooks after insert on domain_events for each row execute function fan_out_domain_event();

create function delete_webhook_deliveries() returns trigger language plpgsql as $$
begin
  delete from webhook_queue q using gone g
   where q.waiting in (true, false) and q.endpoint_pk = g.pk and q.tenant_id = g.tenant_id;
  with delivery as (
    delete from webhook_deliveries d using gone g where d.tenant_id = g.tenant_id and d.endpoint_pk = g.pk
    returning d.tenant_id, d.pk
  )
  delete from webhook_attempts a using delivery d where a.tenant_id = d.tenant_id and a.delivery_pk = d.pk;
  return null;
end $$;
create trigger webhook_endpoints_take_deliveries_along after delete on webhook_endpoints
  referencing old table as gone for each statement execute function delete_webhook_deliveries();

-- ---------------------------------------------------------------- what senders do, for all tenants
-- Claims what is to be sent, for p_lease_seconds: whoever dies meanwhile leaves it to the others.
--
-- Endpoints take turns, beginning behind p_after: none can fill the room that others need. Endpoints whose last attempt
-- failed share a room of their own (p_failing_room). p_allowances: {"endpoint": how many more it may have under way here};
-- others p_first, failing ones 1. stamp: changes with everything a sender must know of the endpoint.
--
-- The plan is fixed to index scans: the queue is empty most of the time, and a plan made for an empty table reads all of a full one.
create function take_webhook_deliveries(
  p_room integer, p_failing_room integer, p_after bigint, p_first integer, p_allowances jsonb, p_lease_seconds integer
) returns table (
  tenant_id text, delivery_pk bigint, endpoint_pk bigint, stamp text, failing boolean, tries integer,
  due_ms double precision, created_ms double precision, event_id uuid, type text, client_id uuid, data jsonb, sequence bigint,
  occurred_ms double precision
) language plpgsql security definer
  set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
#variable_conflict use_column
begin
  -- A claim that a crash of the database undoes is claimed again: nothing waits for it to be on disk.
  perform set_config('synchronous_commit', 'off', true);
  update webhook_queue q set waiting = false
    from (select w.tenant_id, w.delivery_pk from webhook_queue w
           where w.waiting and w.due_at <= now() order by w.due_at limit 1000 for update skip locked) due
   where q.tenant_id = due.tenant_id and q.delivery_pk = due.delivery_pk;
  return query
  with recursive beyond (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q
      where not q.waiting and q.endpoint_pk > p_after order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, b.steps + 1 from beyond b cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > b.endpoint_pk order by q.endpoint_pk, q.delivery_pk limit 1) n
     where b.steps < 500
  ), before (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q
      where not q.waiting and q.endpoint_pk <= p_after order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, b.steps + 1 from before b cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > b.endpoint_pk and q.endpoint_pk <= p_after
       order by q.endpoint_pk, q.delivery_pk limit 1) n
     where b.steps < 500
  ), turn as materialized (
    select t.tenant_id, t.endpoint_pk, e.failing_since is not null as failing,
           e.version || ' ' || coalesce(extract(epoch from s.created_at)::text, '') as stamp,
           coalesce((p_allowances -> t.endpoint_pk::text)::integer,
                    case when e.failing_since is null then p_first else 1 end) as allowance
      from (select * from beyond union all select * from before) t
      join webhook_endpoints e on e.tenant_id = t.tenant_id and e.pk = t.endpoint_pk and e.status = 'enabled'
      join tenants n on n.id = e.tenant_id and n.status = 'active'
      left join webhook_secrets s on s.tenant_id = e.tenant_id and s.client_id = e.client_id
  ), chosen as materialized (
    (select t.*, c.delivery_pk
       from (select * from turn where not turn.failing and turn.allowance > 0) t cross join lateral (
         select q.delivery_pk from webhook_queue q
          where not q.waiting and q.endpoint_pk = t.endpoint_pk and (q.leased_until is null or q.leased_until < now())
          order by q.delivery_pk limit t.allowance for update skip locked) c
      limit p_room)
    union all
    (select t.*, c.delivery_pk
       from (select * from turn where turn.failing and turn.allowance > 0) t cross join lateral (
         select q.delivery_pk from webhook_queue q
          where not q.waiting and q.endpoint_pk = t.endpoint_pk and (q.leased_until is null or q.leased_until < now())
          order by q.delivery_pk limit t.allowance for update skip locked) c
      limit p_failing_room)
  ), claimed as (
    update webhook_queue q set leased_until = now() + make_interval(secs => p_lease_seconds)
      from chosen c where q.tenant_id = c.tenant_id and q.delivery_pk = c.delivery_pk
    returning q.tenant_id, q.delivery_pk, q.endpoint_pk, c.stamp, c.failing, q.tries, q.due_at, q.created_at, q.event_id
  )
  select c.tenant_id, c.delivery_pk, c.endpoint_pk, c.stamp, c.failing, c.tries, extract(epoch from c.due_at)::double precision * 1000,
         extract(epoch from c.created_at)::double precision * 1000, c.event_id, v.type, v.client_id, v.data, v.sequence,
         extract(epoch from v.occurred_at)::double precision * 1000
    from claimed c left join domain_events v on v.tenant_id = c.tenant_id and v.id = c.event_id
   order by c.delivery_pk;
end $$;

-- What a sender must know of endpoints; secrets stay encrypted.
create function webhook_sender_settings(p_endpoints bigint[]) returns table (
  tenant_id text, endpoint_pk bigint, stamp text, url text, client_secret text, secrets json
) language sql stable security definer set search_path = public, pg_temp as $$
  select e.tenant_id, e.pk, e.version || ' ' || coalesce(extract(epoch from s.created_at)::text, ''), e.url, s.secret_ciphertext,
         k.secrets
    from webhook_endpoints e
    left join webhook_secrets s on s.tenant_id = e.tenant_id and s.client_id = e.client_id
    cross join lateral (
      select json_agg(json_build_object('ciphertext', k.secret_ciphertext, 'expires_at', k.expires_at) order by k.pk desc) as secrets
        from webhook_endpoint_secrets k where k.tenant_id = e.tenant_id and k.endpoint_pk = e.pk) k
   where e.pk = any(p_endpoints);
$$;

-- Keeps attempts with their outcome. A delivery that is pending afterwards is tried again at due_at; others leave the queue.
-- Returns the endpoints that have failed for five days.
create function record_webhook_attempts(p_attempts json) returns table (tenant_id text, endpoint_pk bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with attempt as materialized (
    select * from json_to_recordset(p_attempts) as a (
      tenant_id text, delivery_pk bigint, endpoint_pk bigint, event_id uuid, event_type text, created_at timestamptz,
      status text, due_at timestamptz, attempted_at timestamptz, url text, request_headers json, request_body text,
      status_code integer, response_headers json, response_body text, response_truncated boolean,
      dns_ms real, connect_ms real, first_byte_ms real, total_ms real, error_code text, error text)
  ), health as (
    select a.tenant_id, a.endpoint_pk, bool_or(a.error_code is null) as well from attempt a group by 1, 2
  ), endpoint as materialized (
    -- Held until the end: one that is being deleted takes these along, or there is nothing to record.
    select e.tenant_id, e.pk, e.status, e.failing_since, h.well
      from webhook_endpoints e join health h on h.tenant_id = e.tenant_id and h.endpoint_pk = e.pk for key share of e
  ), delivery as (
    insert into webhook_deliveries as d (tenant_id, pk, endpoint_pk, event_id, event_type, status, attempts, last_status_code,
      last_error_code, created_at, finished_at)
    select a.tenant_id, a.delivery_pk, a.endpoint_pk, a.event_id, a.event_type, a.status, 1, a.status_code, a.error_code,
      a.created_at, case when a.status <> 'pending' then now() end
      from attempt a join endpoint e on e.tenant_id = a.tenant_id and e.pk = a.endpoint_pk
    on conflict (tenant_id, pk) do update
      set status = excluded.status, attempts = d.attempts + 1, last_status_code = excluded.last_status_code,
          last_error_code = excluded.last_error_code, finished_at = excluded.finished_at
    returning d.tenant_id, d.pk, d.attempts as number
  ), kept as (
    insert into webhook_attempts (tenant_id, delivery_pk, number, attempted_at, url, request_headers, request_body, status_code,
      response_headers, response_body, response_truncated, dns_ms, connect_ms, first_byte_ms, total_ms, error_code, error)
    select a.tenant_id, a.delivery_pk, d.number, a.attempted_at, a.url, a.request_headers, a.request_body, a.status_code,
      a.response_headers, a.response_body, a.response_truncated, a.dns_ms, a.connect_ms, a.first_byte_ms, a.total_ms,
      a.error_code, a.error
      from attempt a join delivery d on d.tenant_id = a.tenant_id and d.pk = a.delivery_pk
  ), finished as (
    delete from webhook_queue q using attempt a
     where a.status <> 'pending' and q.tenant_id = a.tenant_id and q.delivery_pk = a.delivery_pk
  ), again as (
    update webhook_queue q set waiting = true, due_at = a.due_at, leased_until = null, tries = q.tries + 1
      from attempt a where a.status = 'pending' and q.tenant_id = a.tenant_id and q.delivery_pk = a.delivery_pk
  ), turned as (
    update webhook_endpoints e set failing_since = case when h.well then null else now() end
      from endpoint h where e.tenant_id = h.tenant_id and e.pk = h.pk and h.well = (h.failing_since is not null)
  )
  select e.tenant_id, e.pk from endpoint e
   where not e.well and e.status = 'enabled' and e.failing_since < now() - interval '5 days';
end $$;

-- Gives back what was claimed and not sent.
create function release_webhook_deliveries(p_tenants text[], p_deliveries bigint[]) returns void
language sql security definer set search_path = public, pg_temp as $$
  update webhook_queue q set leased_until = null from unnest(p_tenants, p_deliveries) as r (tenant_id, delivery_pk)
   where q.tenant_id = r.tenant_id and q.delivery_pk = r.delivery_pk;
$$;

-- Takes out of the queue what is never sent: of disabled endpoints, and of ones that were deleted while an event came in.
create function sweep_webhook_queue(p_limit integer) returns integer language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
declare v_swept integer; v_orphans integer;
begin
  with gone as (
    delete from webhook_queue q using (
      select w.tenant_id, w.delivery_pk from webhook_endpoints e
        cross join lateral (
          select c.tenant_id, c.delivery_pk from webhook_queue c
           where c.waiting in (true, false) and c.endpoint_pk = e.pk limit p_limit for update skip locked) w
       where e.status = 'disabled' limit p_limit) s
     where q.tenant_id = s.tenant_id and q.delivery_pk = s.delivery_pk
    returning q.*
  )
  insert into webhook_deliveries (tenant_id, pk, endpoint_pk, event_id, event_type, status, last_error_code, created_at, finished_at)
  select tenant_id, delivery_pk, endpoint_pk, event_id, event_type, 'failed', 'endpoint_disabled', created_at, now() from gone
  on conflict (tenant_id, pk) do update set status = 'failed', last_error_code = 'endpoint_disabled', finished_at = now();
  get diagnostics v_swept = row_count;
  with recursive lane (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q where not q.waiting order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, l.steps + 1 from lane l cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > l.endpoint_pk order by q.endpoint_pk, q.delivery_pk limit 1) n
     where l.steps < 1000
  )
  delete from webhook_queue q using lane l
   where not q.waiting and q.endpoint_pk = l.endpoint_pk and q.tenant_id = l.tenant_id
     and not exists (select from webhook_endpoints e where e.tenant_id = l.tenant_id and e.pk = l.endpoint_pk);
  get diagnostics v_orphans = row_count;
  return v_swept + v_orphans;
end $$;

-- One portion of each running replay. Those with much left to send wait, so that a replay does not fill the queue.
create function advance_webhook_replays(p_portion integer, p_most_waiting integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_replay record; v_last bigint; v_looked integer; v_queued integer; v_total integer := 0;
begin
  for v_replay in
    select r.* from webhook_replays r join webhook_endpoints e on e.tenant_id = r.tenant_id and e.pk = r.endpoint_pk
     where r.status = 'running' and e.status = 'enabled' order by r.created_at limit 20 for update of r skip locked
  loop
    continue when p_most_waiting <= (
      select count(*) from (select from webhook_queue q
        where not q.waiting and q.endpoint_pk = v_replay.endpoint_pk limit p_most_waiting) as waiting);
    with found as (
      (select d.pk from webhook_deliveries d
        where d.tenant_id = v_replay.tenant_id and d.endpoint_pk = v_replay.endpoint_pk and d.status = 'failed'
          and d.pk > v_replay.cursor_pk and d.pk <= v_replay.last_pk and d.created_at >= v_replay.since
        order by d.pk limit p_portion)
      union all
      (select d.pk from webhook_deliveries d
        where d.tenant_id = v_replay.tenant_id and d.endpoint_pk = v_replay.endpoint_pk and d.status = 'skipped'
          and d.pk > v_replay.cursor_pk and d.pk <= v_replay.last_pk and d.created_at >= v_replay.since
        order by d.pk limit p_portion)
    ), portion as materialized (
      select pk from found order by pk limit p_portion
    ), pending as (
      update webhook_deliveries d set status = 'pending', finished_at = null from portion p
       where d.tenant_id = v_replay.tenant_id and d.pk = p.pk and d.status in ('failed', 'skipped')
         and exists (select from domain_events v where v.tenant_id = d.tenant_id and v.id = d.event_id)
      returning d.pk, d.event_id, d.event_type, d.created_at
    ), queued as (
      insert into webhook_queue (tenant_id, delivery_pk, endpoint_pk, event_id, event_type, created_at)
      select v_replay.tenant_id, pk, v_replay.endpoint_pk, event_id, event_type, created_at from pending
      on conflict do nothing returning 1
    )
    select (select count(*) from portion), (select count(*) from queued), (select max(pk) from portion)
      into v_looked, v_queued, v_last;
    update webhook_replays set queued = queued + v_queued, cursor_pk = coalesce(v_last, cursor_pk),
           status = case when v_looked < p_portion then 'done' else 'running' end,
           finished_at = case when v_looked < p_portion then now() end
     where tenant_id = v_replay.tenant_id and pk = v_replay.pk;
    v_total := v_total + v_queued;
  end loop;
  return v_total;
end $$;

-- For the metrics: how much waits, counted up to p_most, and how long the oldest of what is to be sent now has waited.
create function webhook_backlog(p_most integer) returns table (ready integer, waiting integer, oldest_ready_seconds double precision)
language sql stable security definer set search_path = public, pg_temp as $$
  select (select count(*)::integer from (select from webhook_queue where not waiting limit p_most) as r),
         (select count(*)::integer from (select from webhook_queue where waiting limit p_most) as w),
         coalesce((select extract(epoch from now() - min(q.due_at))::double precision
                     from (select due_at from webhook_queue where not waiting order by endpoint_pk, delivery_pk limit p_most) as q), 0);
$$;

-- What is over and older than p_days goes, and expired secrets; then events that no delivery can need any more. What is
-- still to be sent stays, however old.
create function delete_expired_webhooks(p_limit integer, p_days integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer; total integer := 0;
begin
  delete from webhook_endpoint_secrets where ctid = any (array(
    select ctid from webhook_endpoint_secrets where expires_at < now() limit p_limit));
  with delivery as (
    delete from webhook_deliveries where ctid = any (array(
      select ctid from webhook_deliveries
       where created_at < now() - make_interval(days => p_days) and status <> 'pending' limit p_limit))
    returning tenant_id, pk
  )
  delete from webhook_attempts a using delivery d where a.tenant_id = d.tenant_id and a.delivery_pk = d.pk;
  get diagnostics gone = row_count; total := total + gone;
  delete from webhook_replays where status = 'done' and created_at < now() - make_interval(days => p_days);
  delete from domain_events where ctid = any (array(
    select v.ctid from domain_events v
     where v.occurred_at < now() - make_interval(days => greatest(p_days, 30))
       and not exists (select from webhook_queue q where q.tenant_id = v.tenant_id and q.event_id = v.id)
     limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;

-- As before, without domain events, which go with the deliveries of them (above).
create or replace function delete_expired(p_limit integer) returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer; total integer := 0;
begin
  delete from idempotency_keys where ctid = any (array(select ctid from idempotency_keys where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from sessions where ctid = any (array(select ctid from sessions where expires_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from registration_attempts where ctid = any (array(select ctid from registration_attempts where attempted_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from signing_keys where expires_at < now();
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array[
    'webhook_event_patterns(text)', 'fan_out_domain_event()', 'delete_webhook_deliveries()',
    'take_webhook_deliveries(integer, integer, bigint, integer, jsonb, integer)',
    'webhook_sender_settings(bigint[])', 'record_webhook_attempts(json)', 'release_webhook_deliveries(text[], bigint[])',
    'sweep_webhook_queue(integer)', 'advance_webhook_replays(integer, integer)', 'webhook_backlog(integer)',
    'delete_expired_webhooks(integer, integer)'
  ]::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
