import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Tenants, users, sessions, clients and what a client entrusts, the journal (audit events and domain events),
 * idempotency keys, and the entrances: the functions that begin every unit of work.
 */
export const sql = `
-- ---------------------------------------------------------------- tenants and people
create table tenants (
  id text primary key,
  name text not null,
  status text not null default 'active' constraint tenants_status_known check (status in ('active', 'suspended')),
  self_registered boolean not null default false,
  created_at timestamptz not null default now()
);
${tenantTable('tenants', 'select, insert, update', { tenantColumn: 'id' })}

create table users (
  tenant_id text not null,
  id text not null,
  email text not null,
  email_key text not null,
  display_name text not null,
  password_hash text not null,
  roles text[] not null default '{}',
  status text not null default 'active' constraint users_status_known check (status in ('active', 'deactivated')),
  -- Goes up with every change of roles, status or password; a cached actor with another one is loaded anew.
  access_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint users_email_unique unique (tenant_id, email_key)
);
create index users_by_email on users (email_key);
${tenantTable('users', 'select, insert, update, delete')}

create table sessions (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  client_id uuid,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  revoked_at timestamptz,
  revoked_reason text,
  primary key (tenant_id, id),
  constraint sessions_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sessions_by_user on sessions (tenant_id, user_id, created_at);
create index sessions_by_client on sessions (tenant_id, client_id) where client_id is not null;
create index sessions_by_expiry on sessions (expires_at);
${tenantTable('sessions', 'select, insert, update, delete')}

create table refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  session_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, token_hash),
  constraint refresh_tokens_session foreign key (tenant_id, session_id) references sessions (tenant_id, id) on delete cascade
);
create index refresh_tokens_by_hash on refresh_tokens (token_hash);
create index refresh_tokens_by_session on refresh_tokens (tenant_id, session_id);
${tenantTable('refresh_tokens', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- clients and what they entrust
create table clients (
  tenant_id text not null,
  id uuid not null,
  name text not null,
  description text,
  siret text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint clients_name_unique unique (tenant_id, name)
);
${tenantTable('clients', 'select, insert, update, delete')}

-- Names of clients that registered themselves, each in a tenant of its own: unique among all of them.
create table self_registered_names (
  name text primary key,
  tenant_id text not null,
  client_id uuid not null,
  constraint self_registered_names_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
create index self_registered_names_by_client on self_registered_names (tenant_id, client_id);
${platformTable('self_registered_names', 'insert')}
-- The application may claim a name (a conflict tells no more than "taken") and move its own; it never reads others'.
alter table self_registered_names enable row level security;
alter table self_registered_names force row level security;
create policy claim on self_registered_names for insert to ${applicationRole}
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
create policy own on self_registered_names for select to ${applicationRole}
  using (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
create policy rename on self_registered_names for update to ${applicationRole}
  using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
create policy owner_maintenance on self_registered_names to current_user using (true) with check (true);
grant select, update (name) on self_registered_names to ${applicationRole};

create table api_keys (
  tenant_id text not null,
  id text not null,
  client_id uuid not null,
  name text not null,
  key_hash bytea not null,
  hint text not null,
  -- The key that registration shows and regeneration replaces; named keys stand beside it.
  is_primary boolean not null default false,
  -- null = everything a client may do
  scopes text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  constraint api_keys_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
create index api_keys_by_hash on api_keys (key_hash);
create index api_keys_by_client on api_keys (tenant_id, client_id, created_at);
create unique index api_keys_one_primary on api_keys (tenant_id, client_id) where is_primary and revoked_at is null;
create unique index api_keys_name_unique on api_keys (tenant_id, client_id, name) where revoked_at is null;
${tenantTable('api_keys', 'select, insert, update, delete')}

create table client_credentials (
  tenant_id text not null,
  client_id uuid not null,
  kind text not null constraint client_credentials_kind_known check (kind in ('pdp', 'chorus')),
  id bigint generated always as identity,
  flow_service_url text not null,
  token_url text not null,
  oauth_client_id text not null,
  secret_ciphertext text not null,
  encryption_mode text not null constraint client_credentials_mode_known check (encryption_mode in ('fernet', 'double')),
  is_active boolean not null default true,
  mode_sandbox boolean not null default false,
  last_test_at timestamptz,
  last_test_success boolean,
  last_test_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, client_id, kind),
  constraint client_credentials_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
${tenantTable('client_credentials', 'select, insert, update, delete')}

create table webhook_secrets (
  tenant_id text not null,
  client_id uuid not null,
  secret_ciphertext text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, client_id),
  constraint webhook_secrets_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
${tenantTable('webhook_secrets', 'select, insert, update, delete')}

create table email_configs (
  tenant_id text not null,
  client_id uuid not null,
  provider text not null,
  settings jsonb not null,
  secret_ciphertext text not null,
  last_test_at timestamptz,
  last_test_success boolean,
  last_test_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, client_id),
  constraint email_configs_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
${tenantTable('email_configs', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- the journal
create table audit_events (
  tenant_id text not null,
  id text not null,
  occurred_at timestamptz not null default now(),
  category text not null constraint audit_events_category_known check (category in
    ('authentication', 'authorization', 'data_access', 'data_modification', 'configuration', 'security', 'compliance')),
  severity text not null default 'info' constraint audit_events_severity_known check (severity in ('info', 'warning', 'critical')),
  action text not null,
  description text not null,
  actor jsonb not null,
  target_type text,
  target_id text,
  context jsonb not null default '{}',
  request_id text,
  primary key (tenant_id, id)
);
create index audit_events_by_time on audit_events (tenant_id, occurred_at);
${tenantTable('audit_events', 'select, insert')}
-- Grants already refuse it to the application; the trigger refuses it to everybody who is not set to maintain the table.
create function refuse_change_of_audit_events() returns trigger language plpgsql as $$
begin
  raise exception 'audit events are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_are_final before update or delete on audit_events
  for each row execute function refuse_change_of_audit_events();
create trigger audit_events_are_not_truncated before truncate on audit_events
  for each statement execute function refuse_change_of_audit_events();

create table domain_events (
  tenant_id text not null,
  id uuid not null,
  type text not null,
  client_id uuid,
  data jsonb not null,
  occurred_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index domain_events_by_time on domain_events (occurred_at);
${tenantTable('domain_events', 'select, insert, delete')}

-- ---------------------------------------------------------------- idempotency
create table idempotency_keys (
  tenant_id text not null,
  -- Who sent the key: the same key of another caller is another key.
  caller text not null,
  key text not null,
  operation text not null,
  request_hash bytea not null,
  -- null while the operation that claimed the key is under way. Encrypted: an answer may show a secret.
  response_ciphertext text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, caller, key)
);
create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
${tenantTable('idempotency_keys', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- counts of rows
-- Every insert and delete of counted tables leaves its difference here, the worker adds them up: a list's total costs the
-- same for ten rows and for ten million, and writers never wait for one another as they would for one counter.
create table row_counts (
  tenant_id text not null,
  relation text not null,
  id bigint generated always as identity,
  difference bigint not null,
  primary key (tenant_id, relation, id)
);
${tenantTable('row_counts', 'select, insert')}
create function count_inserted_rows() returns trigger language plpgsql as $$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, count(*) from changed group by tenant_id;
  return null;
end $$;
create function count_deleted_rows() returns trigger language plpgsql as $$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, -count(*) from changed group by tenant_id;
  return null;
end $$;
create trigger count_inserted after insert on clients referencing new table as changed
  for each statement execute function count_inserted_rows();
create trigger count_deleted after delete on clients referencing old table as changed
  for each statement execute function count_deleted_rows();

-- Adds up the differences of tables and tenants that have many. Two at once: the second finds the rows gone and adds nothing.
create function compact_row_counts(threshold integer) returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare compacted integer := 0; one record;
begin
  for one in select tenant_id, relation from row_counts group by tenant_id, relation having count(*) > threshold loop
    with gone as (
      delete from row_counts where tenant_id = one.tenant_id and relation = one.relation returning difference
    )
    insert into row_counts (tenant_id, relation, difference)
    select one.tenant_id, one.relation, sum(difference) from gone having count(*) > 0;
    compacted := compacted + 1;
  end loop;
  return compacted;
end $$;

-- ---------------------------------------------------------------- the platform's own
create table signing_keys (
  id text primary key,
  algorithm text not null,
  public_jwk jsonb not null,
  private_ciphertext text not null,
  created_at timestamptz not null default now(),
  -- Published from creation on, signs from here on, so that every verifier has seen it before its first signature.
  signs_from timestamptz not null,
  -- Verifies until here, published until here.
  expires_at timestamptz not null
);
${platformTable('signing_keys', 'select, insert, update, delete')}

create table registration_attempts (
  id bigint generated always as identity primary key,
  ip_address text not null,
  attempted_at timestamptz not null default now(),
  -- Each attempt leaves a row that stays whatever becomes of it, and a registration a second one with its own commit.
  registered boolean not null
);
create index registration_attempts_by_ip on registration_attempts (ip_address, attempted_at);
create index registration_attempts_by_time on registration_attempts (attempted_at);
${platformTable('registration_attempts', 'select, insert')}

-- ---------------------------------------------------------------- entrances: how every unit of work begins
create function enter_tenant(p_tenant text) returns void language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant, true);
end $$;

-- Entrances look at rows of the tenant that they are told only; with the owner's rights, since they run before everything
-- else and the application's policies would be asked for each of their rows.
create function enter_api_key(p_tenant text, p_key text, p_inactive_client_may boolean) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare v record;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select t.status as tenant_status, c.is_active, k.revoked_at, k.expires_at
    into v
    from api_keys k
    join clients c on c.tenant_id = k.tenant_id and c.id = k.client_id
    join tenants t on t.id = k.tenant_id
   where k.tenant_id = p_tenant and k.id = p_key;
  if not found or v.revoked_at is not null or v.expires_at <= now() then
    raise exception 'api key ended' using errcode = 'CL002';
  elsif v.tenant_status <> 'active' then
    raise exception 'tenant suspended' using errcode = 'CL004';
  elsif not v.is_active and not p_inactive_client_may then
    raise exception 'client deactivated' using errcode = 'CL003';
  end if;
end $$;

-- ---------------------------------------------------------------- looks across tenants: by proof of possession only
create function find_api_key(p_hash bytea) returns table (tenant_id text, id text, client_id uuid, scopes text[])
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, id, client_id, scopes from api_keys where key_hash = p_hash;
$$;
create function find_refresh_token(p_hash bytea) returns table (tenant_id text, session_id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, session_id from refresh_tokens where token_hash = p_hash;
$$;
-- Without a tenant, the oldest few: each costs a comparison of passwords.
create function find_sign_in_candidates(p_email_key text, p_tenant text) returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, id from users
   where email_key = p_email_key and (p_tenant is null or tenant_id = p_tenant) order by created_at, tenant_id limit 4;
$$;

-- What has expired really goes. Returns how many rows went, for the metrics.
create function delete_expired(p_limit integer) returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer; total integer := 0;
begin
  delete from idempotency_keys where ctid = any (array(select ctid from idempotency_keys where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from sessions where ctid = any (array(select ctid from sessions where expires_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from registration_attempts where ctid = any (array(select ctid from registration_attempts where attempted_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from domain_events where ctid = any (array(select ctid from domain_events where occurred_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from signing_keys where expires_at < now();
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;

do $$
declare f regprocedure;
begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
