import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Erasure of persons and tenants, and the audit log's proof of it (docs/decisions/0025-personal-data.md). */
export const sql = `
-- ---------------------------------------------------------------- what was erased from the audit log
-- Each names events, the hash that the chain has of each (it stays), and the hash of what is left of it. Signed: whoever owns
-- the database cannot make one.
create table audit_redactions (
  tenant_id text not null,
  id text not null,
  category text not null,
  erasure_id text not null,
  redacted_at timestamptz not null,
  key_id text not null,
  -- RFC 8785
  payload text not null,
  signature bytea not null,
  primary key (tenant_id, id)
);
${tenantTable('audit_redactions', 'select')}

-- Deletes: the old end of a chain, and everything of a tenant that is erased. Changes: what a signed redaction names.
create or replace function refuse_change_of_audit_events() returns trigger language plpgsql as $$
begin
  if current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name) then
    if tg_op = 'DELETE' and (current_setting('app.audit_cut', true) = 'on'
        or current_setting('app.tenant_erasure', true) = to_jsonb(old) ->> 'tenant_id') then
      return old;
    end if;
    if tg_op = 'UPDATE' and tg_table_name = 'audit_events' and current_setting('app.audit_redaction', true) = 'on' then
      return new;
    end if;
  end if;
  raise exception 'audit events are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_redactions_are_final before update or delete on audit_redactions
  for each row execute function refuse_change_of_audit_events();
create trigger audit_redactions_are_not_truncated before truncate on audit_redactions
  for each statement execute function refuse_change_of_audit_events();

-- The record and the change of the events that it names, together. What happened, when, to what and by whom stays.
-- Whether the record is signed, verification judges: one that is not leaves the events "altered".
create function redact_audit_events(p_tenant text, p_record jsonb, p_signature bytea, p_events jsonb) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_changed integer;
begin
  if p_tenant is distinct from nullif(current_setting('app.tenant_id', true), '') then
    raise exception 'not the tenant that was entered' using errcode = 'insufficient_privilege';
  end if;
  insert into audit_redactions (tenant_id, id, category, erasure_id, redacted_at, key_id, payload, signature)
  select p_tenant, r.id, r.category, r.erasure_id, r.redacted_at, r.key_id, r.payload, p_signature
    from jsonb_to_record(p_record) as r
         (id text, category text, erasure_id text, redacted_at timestamptz, key_id text, payload text);
  perform set_config('app.audit_redaction', 'on', true);
  update audit_events e
     set description = r.description, actor = r.actor::json, context = r.context::json, target_id = r.target_id,
         user_id = coalesce(r.actor::json ->> 'user_id',
           case when e.target_type = 'user' and r.actor::json ->> 'type' = 'anonymous' then r.target_id end),
         client_id = coalesce(r.actor::json ->> 'client_id', case when e.target_type = 'client' then r.target_id end)
    from jsonb_to_recordset(p_events) as r (id text, description text, actor text, context text, target_id text)
   where e.tenant_id = p_tenant and e.category = p_record ->> 'category' and e.id = r.id;
  get diagnostics v_changed = row_count;
  perform set_config('app.audit_redaction', '', true);
  return v_changed;
end $$;
revoke all on function redact_audit_events(text, jsonb, bytea, jsonb) from public;
grant execute on function redact_audit_events(text, jsonb, bytea, jsonb) to ${applicationRole};

-- ---------------------------------------------------------------- erasure of a person
create table erasures (
  tenant_id text not null,
  id text not null,
  subject_type text not null constraint erasures_subject_known check (subject_type in ('user', 'customer', 'profile')),
  subject_id text not null,
  requested_by jsonb not null,
  status text not null default 'pending'
    constraint erasures_status_known check (status in ('pending', 'running', 'completed', 'failed')),
  attempt integer not null default 0,
  -- What the person is recognised by, until the end: a worker that takes over must know it.
  marks_ciphertext text,
  -- Numbers of rows by what was done and where.
  outcome jsonb not null default '{}',
  failure text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, id),
  constraint erasures_failed_why check ((status = 'failed') = (failure is not null)),
  constraint erasures_forget check (status in ('pending', 'running') or marks_ciphertext is null)
);
create index erasures_newest on erasures (tenant_id, created_at desc, id desc);
create unique index erasures_one_open on erasures (tenant_id, subject_type, subject_id) where status in ('pending', 'running');
${tenantTable('erasures', 'select, insert, update')}

-- Who the customer of an invoice was, apart from the books, for as long as the law wants to know it.
create table retained_identities (
  tenant_id text not null,
  customer_id uuid not null,
  identity_ciphertext text not null,
  keep_until date not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, customer_id)
);
create index retained_identities_by_end on retained_identities (keep_until);
${tenantTable('retained_identities', 'select, insert, update')}

create function delete_expired_retained_identities(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from retained_identities where (tenant_id, customer_id) in (
    select tenant_id, customer_id from retained_identities where keep_until < current_date order by keep_until limit p_limit);
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function delete_expired_retained_identities(integer) from public;
grant execute on function delete_expired_retained_identities(integer) to ${applicationRole};

-- What an erasure deletes and changes beyond what operations do.
grant delete on notifications, notification_deliveries, notification_attempts to ${applicationRole};
grant update (response) on notification_attempts to ${applicationRole};
grant update (data) on domain_events to ${applicationRole};
grant update (request_body, response_body, response_headers, error) on webhook_attempts to ${applicationRole};
grant update (rows_ciphertext) on import_refusals to ${applicationRole};

-- ---------------------------------------------------------------- erasure of a tenant
-- Its row outlives the tenant: it is the proof. Nobody but the owner sets the times: not even the application can erase
-- a tenant before a day has passed.
create table tenant_erasures (
  tenant_id text not null,
  id text not null,
  status text not null default 'scheduled'
    constraint tenant_erasures_status_known check (status in ('scheduled', 'cancelled', 'running', 'completed')),
  reason text not null,
  requested_by jsonb not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  -- The heads of the audit log's chains when it began.
  audit_heads jsonb,
  -- Rows that went, by table.
  removed jsonb not null default '{}',
  -- RFC 8785, signed with the audit key.
  receipt text,
  key_id text,
  signature bytea,
  primary key (tenant_id, id),
  constraint tenant_erasures_delay check (due_at >= created_at + interval '1 day'),
  constraint tenant_erasures_whole check ((status = 'completed') = (num_nulls(ended_at, receipt, key_id, signature) = 0))
);
create unique index tenant_erasures_one_open on tenant_erasures (tenant_id) where status in ('scheduled', 'running');
create index tenant_erasures_due on tenant_erasures (due_at) where status in ('scheduled', 'running');
${tenantTable('tenant_erasures', 'select')}
grant insert (tenant_id, id, reason, requested_by, due_at) on tenant_erasures to ${applicationRole};
grant update (status, started_at, ended_at, audit_heads, receipt, key_id, signature) on tenant_erasures to ${applicationRole};

create function due_tenant_erasures() returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select e.tenant_id, e.id from tenant_erasures e
   where e.status in ('scheduled', 'running') and e.due_at <= now() order by e.due_at limit 100
$$;
revoke all on function due_tenant_erasures() from public;
grant execute on function due_tenant_erasures() to ${applicationRole};

-- Deletes at most so many rows of a tenant whose erasure runs: of every table that has a tenant_id, what points to others
-- first, so that nothing goes by a cascade of any size. @returns the rows that went, by table; null: it does not run
create function erase_tenant_rows(p_tenant text, p_id text, p_limit integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare v_table text; v_column text; v_rows bigint; v_left bigint := p_limit; v_gone jsonb := '{}';
begin
  perform from tenant_erasures where tenant_id = p_tenant and id = p_id and status = 'running' and due_at <= now() for update;
  if not found then
    return null;
  end if;
  perform set_config('app.tenant_erasure', p_tenant, true);
  delete from oidc_payloads p using oauth_clients c where c.tenant_id = p_tenant and p.client_id = c.client_id;
  get diagnostics v_rows = row_count;
  if v_rows > 0 then v_gone := jsonb_build_object('oidc_payloads', v_rows); end if;
  for v_table, v_column in
    with recursive tables as (
      select c.oid, c.relname, a.attname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'tenant_erasures'
    ), depths (oid, depth) as (
      select oid, 0 from tables
      union
      select k.conrelid, d.depth + 1 from depths d
        join pg_constraint k on k.contype = 'f' and k.confrelid = d.oid and k.conrelid <> d.oid
    )
    select t.relname, t.attname from tables t join depths d on d.oid = t.oid
     group by t.relname, t.attname
     -- Triggers of other deletes add to the counts; clients and endpoints take along what stands without a key behind them.
     order by t.relname = 'tenants', t.relname = 'row_counts', max(d.depth) desc,
              t.relname in ('clients', 'webhook_endpoints'), t.relname
  loop
    execute format('delete from %1$I where ctid = any (array(select ctid from %1$I where %2$I = $1 limit $2))', v_table, v_column)
      using p_tenant, v_left;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then
      v_gone := v_gone || jsonb_build_object(v_table, v_rows);
      v_left := v_left - v_rows;
    end if;
    exit when v_left <= 0;
  end loop;
  if v_left > 0 and to_regclass('pgboss.job') is not null then
    execute 'delete from pgboss.job where data ->> ''tenantId'' = $1' using p_tenant;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then v_gone := v_gone || jsonb_build_object('pgboss.job', v_rows); end if;
  end if;
  update tenant_erasures e
     set removed = (select coalesce(jsonb_object_agg(key, coalesce((e.removed ->> key)::bigint, 0) + coalesce((v_gone ->> key)::bigint, 0)), '{}')
                      from (select jsonb_object_keys(e.removed || v_gone) as key) k)
   where e.tenant_id = p_tenant and e.id = p_id;
  return v_gone;
end $$;
revoke all on function erase_tenant_rows(text, text, integer) from public;
grant execute on function erase_tenant_rows(text, text, integer) to ${applicationRole};

-- Books are kept for ten years, unless the whole tenant goes.
create or replace function refuse_change_of_validated_entries() returns trigger language plpgsql as $$
declare compared accounting_entries;
begin
  if tg_op = 'UPDATE' then
    compared := new;
    compared.lettering := old.lettering;
    compared.lettering_date := old.lettering_date;
    if compared is not distinct from old then
      return new;
    end if;
  elsif current_setting('app.tenant_erasure', true) = old.tenant_id
     and current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name) then
    return old;
  end if;
  raise exception 'validated accounting entries are never changed or deleted'
    using errcode = 'integrity_constraint_violation', constraint = 'accounting_entries_validated_are_final';
end $$;
`
