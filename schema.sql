create schema public;
grant usage on schema public to PUBLIC;
grant usage on schema public to clientele_app;

create sequence public.client_credentials_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.client_credentials.id;

create sequence public.registration_attempts_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.registration_attempts.id;

create sequence public.row_counts_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.row_counts.id;

create table public.api_keys (
  tenant_id text not null,
  id text not null,
  client_id uuid not null,
  name text not null,
  key_hash bytea not null,
  hint text not null,
  is_primary boolean default false not null,
  scopes text[],
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (tenant_id, id),
  constraint api_keys_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_by_client ON public.api_keys USING btree (tenant_id, client_id, created_at);
CREATE INDEX api_keys_by_hash ON public.api_keys USING btree (key_hash);
CREATE UNIQUE INDEX api_keys_name_unique ON public.api_keys USING btree (tenant_id, client_id, name) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX api_keys_one_primary ON public.api_keys USING btree (tenant_id, client_id) WHERE (is_primary AND (revoked_at IS NULL));
alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;
create policy owner_maintenance on public.api_keys as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.api_keys as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.api_keys to clientele_app;

create table public.audit_events (
  tenant_id text not null,
  id text not null,
  occurred_at timestamp with time zone default now() not null,
  category text not null,
  severity text default 'info'::text not null,
  action text not null,
  description text not null,
  actor jsonb not null,
  target_type text,
  target_id text,
  context jsonb default '{}'::jsonb not null,
  request_id text,
  constraint audit_events_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_events_category_known CHECK ((category = ANY (ARRAY['authentication'::text, 'authorization'::text, 'data_access'::text, 'data_modification'::text, 'configuration'::text, 'security'::text, 'compliance'::text]))),
  constraint audit_events_severity_known CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])))
);
CREATE INDEX audit_events_by_time ON public.audit_events USING btree (tenant_id, occurred_at);
alter table public.audit_events enable row level security;
alter table public.audit_events force row level security;
create policy owner_maintenance on public.audit_events as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_events as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_events_are_final BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_events_are_not_truncated BEFORE TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
grant insert, select on table public.audit_events to clientele_app;

create table public.client_credentials (
  tenant_id text not null,
  client_id uuid not null,
  kind text not null,
  id bigint generated always as identity not null,
  flow_service_url text not null,
  token_url text not null,
  oauth_client_id text not null,
  secret_ciphertext text not null,
  encryption_mode text not null,
  is_active boolean default true not null,
  mode_sandbox boolean default false not null,
  last_test_at timestamp with time zone,
  last_test_success boolean,
  last_test_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint client_credentials_pkey PRIMARY KEY (tenant_id, client_id, kind),
  constraint client_credentials_kind_known CHECK ((kind = ANY (ARRAY['pdp'::text, 'chorus'::text]))),
  constraint client_credentials_mode_known CHECK ((encryption_mode = ANY (ARRAY['fernet'::text, 'double'::text]))),
  constraint client_credentials_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.client_credentials enable row level security;
alter table public.client_credentials force row level security;
create policy owner_maintenance on public.client_credentials as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.client_credentials as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.client_credentials to clientele_app;

create table public.clients (
  tenant_id text not null,
  id uuid not null,
  name text not null,
  description text,
  siret text,
  is_active boolean default true not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint clients_pkey PRIMARY KEY (tenant_id, id),
  constraint clients_name_unique UNIQUE (tenant_id, name)
);
alter table public.clients enable row level security;
alter table public.clients force row level security;
create policy owner_maintenance on public.clients as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.clients as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER count_deleted AFTER DELETE ON public.clients REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_deleted_rows();
CREATE TRIGGER count_inserted AFTER INSERT ON public.clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_inserted_rows();
grant delete, insert, select, update on table public.clients to clientele_app;

create table public.domain_events (
  tenant_id text not null,
  id uuid not null,
  type text not null,
  client_id uuid,
  data jsonb not null,
  occurred_at timestamp with time zone default now() not null,
  constraint domain_events_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX domain_events_by_time ON public.domain_events USING btree (occurred_at);
alter table public.domain_events enable row level security;
alter table public.domain_events force row level security;
create policy owner_maintenance on public.domain_events as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.domain_events as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.domain_events to clientele_app;

create table public.email_configs (
  tenant_id text not null,
  client_id uuid not null,
  provider text not null,
  settings jsonb not null,
  secret_ciphertext text not null,
  last_test_at timestamp with time zone,
  last_test_success boolean,
  last_test_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint email_configs_pkey PRIMARY KEY (tenant_id, client_id),
  constraint email_configs_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.email_configs enable row level security;
alter table public.email_configs force row level security;
create policy owner_maintenance on public.email_configs as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.email_configs as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.email_configs to clientele_app;

create table public.idempotency_keys (
  tenant_id text not null,
  caller text not null,
  key text not null,
  operation text not null,
  request_hash bytea not null,
  response_ciphertext text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, caller, key)
);
CREATE INDEX idempotency_keys_by_expiry ON public.idempotency_keys USING btree (expires_at);
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
create policy owner_maintenance on public.idempotency_keys as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.idempotency_keys as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.idempotency_keys to clientele_app;

create table public.refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  session_id text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint refresh_tokens_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint refresh_tokens_session FOREIGN KEY (tenant_id, session_id) REFERENCES public.sessions(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_hash ON public.refresh_tokens USING btree (token_hash);
CREATE INDEX refresh_tokens_by_session ON public.refresh_tokens USING btree (tenant_id, session_id);
alter table public.refresh_tokens enable row level security;
alter table public.refresh_tokens force row level security;
create policy owner_maintenance on public.refresh_tokens as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.refresh_tokens as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.refresh_tokens to clientele_app;

create table public.registration_attempts (
  id bigint generated always as identity not null,
  ip_address text not null,
  attempted_at timestamp with time zone default now() not null,
  constraint registration_attempts_pkey PRIMARY KEY (id)
);
CREATE INDEX registration_attempts_by_ip ON public.registration_attempts USING btree (ip_address, attempted_at);
CREATE INDEX registration_attempts_by_time ON public.registration_attempts USING btree (attempted_at);
grant insert, select on table public.registration_attempts to clientele_app;

create table public.row_counts (
  tenant_id text not null,
  relation text not null,
  id bigint generated always as identity not null,
  difference bigint not null,
  constraint row_counts_pkey PRIMARY KEY (tenant_id, relation, id)
);
alter table public.row_counts enable row level security;
alter table public.row_counts force row level security;
create policy owner_maintenance on public.row_counts as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.row_counts as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.row_counts to clientele_app;

create table public.schema_migrations (
  id text not null,
  checksum text not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migrations_pkey PRIMARY KEY (id)
);
grant select on table public.schema_migrations to clientele_app;

create table public.self_registered_names (
  name text not null,
  tenant_id text not null,
  client_id uuid not null,
  constraint self_registered_names_pkey PRIMARY KEY (name),
  constraint self_registered_names_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX self_registered_names_by_client ON public.self_registered_names USING btree (tenant_id, client_id);
alter table public.self_registered_names enable row level security;
alter table public.self_registered_names force row level security;
create policy claim on public.self_registered_names as permissive for insert to clientele_app with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
create policy own on public.self_registered_names as permissive for select to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
create policy owner_maintenance on public.self_registered_names as permissive for all to OWNER using (true) with check (true);
create policy rename on public.self_registered_names as permissive for update to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.self_registered_names to clientele_app;
grant update (name) on table public.self_registered_names to clientele_app;

create table public.sessions (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  client_id uuid,
  created_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  ip_address text,
  user_agent text,
  revoked_at timestamp with time zone,
  revoked_reason text,
  constraint sessions_pkey PRIMARY KEY (tenant_id, id),
  constraint sessions_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_client ON public.sessions USING btree (tenant_id, client_id) WHERE (client_id IS NOT NULL);
CREATE INDEX sessions_by_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_by_user ON public.sessions USING btree (tenant_id, user_id, created_at);
alter table public.sessions enable row level security;
alter table public.sessions force row level security;
create policy owner_maintenance on public.sessions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.sessions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.sessions to clientele_app;

create table public.signing_keys (
  id text not null,
  algorithm text not null,
  public_jwk jsonb not null,
  private_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  signs_from timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint signing_keys_pkey PRIMARY KEY (id)
);
grant delete, insert, select, update on table public.signing_keys to clientele_app;

create table public.tenants (
  id text not null,
  name text not null,
  status text default 'active'::text not null,
  self_registered boolean default false not null,
  created_at timestamp with time zone default now() not null,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_status_known CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
alter table public.tenants enable row level security;
alter table public.tenants force row level security;
create policy owner_maintenance on public.tenants as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.tenants as permissive for all to clientele_app using ((id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.tenants to clientele_app;

create table public.users (
  tenant_id text not null,
  id text not null,
  email text not null,
  email_key text not null,
  display_name text not null,
  password_hash text not null,
  roles text[] default '{}'::text[] not null,
  status text default 'active'::text not null,
  access_version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint users_pkey PRIMARY KEY (tenant_id, id),
  constraint users_email_unique UNIQUE (tenant_id, email_key),
  constraint users_status_known CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text])))
);
CREATE INDEX users_by_email ON public.users USING btree (email_key);
alter table public.users enable row level security;
alter table public.users force row level security;
create policy owner_maintenance on public.users as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.users as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.users to clientele_app;

create table public.webhook_secrets (
  tenant_id text not null,
  client_id uuid not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  constraint webhook_secrets_pkey PRIMARY KEY (tenant_id, client_id),
  constraint webhook_secrets_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.webhook_secrets enable row level security;
alter table public.webhook_secrets force row level security;
create policy owner_maintenance on public.webhook_secrets as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_secrets as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.webhook_secrets to clientele_app;

CREATE OR REPLACE FUNCTION public.compact_row_counts(threshold integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$;
grant execute on routine public.compact_row_counts(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.count_deleted_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, -count(*) from changed group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_deleted_rows() to clientele_app;

CREATE OR REPLACE FUNCTION public.count_inserted_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, count(*) from changed group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_inserted_rows() to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$;
grant execute on routine public.delete_expired(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_api_key(p_tenant text, p_key text, p_inactive_client_may boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on routine public.enter_api_key(text,text,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_session(p_tenant text, p_session text, p_access_version integer, p_client uuid, p_inactive_client_may boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare v record; v_client_active boolean;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select t.status as tenant_status, u.status as user_status, u.access_version, s.revoked_at, s.expires_at, s.client_id
    into v
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
   where s.tenant_id = p_tenant and s.id = p_session;
  if not found or v.revoked_at is not null or v.expires_at <= now() then
    raise exception 'session ended' using errcode = 'CL001';
  elsif v.client_id is distinct from p_client then
    raise exception 'session of another client' using errcode = 'CL001';
  elsif v.tenant_status <> 'active' then
    raise exception 'tenant suspended' using errcode = 'CL004';
  elsif v.user_status <> 'active' then
    raise exception 'user deactivated' using errcode = 'CL001';
  elsif v.access_version <> p_access_version then
    raise exception 'access changed' using errcode = 'CL005';
  end if;
  if p_client is not null then
    select is_active into v_client_active from clients where tenant_id = p_tenant and id = p_client;
    if not found then
      raise exception 'client deleted' using errcode = 'CL001';
    elsif not v_client_active and not p_inactive_client_may then
      raise exception 'client deactivated' using errcode = 'CL003';
    end if;
  end if;
end $function$;
grant execute on routine public.enter_session(text,text,integer,uuid,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_tenant(p_tenant text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant, true);
end $function$;
grant execute on routine public.enter_tenant(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_api_key(p_hash bytea)
 RETURNS TABLE(tenant_id text, id text, client_id uuid, scopes text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id, client_id, scopes from api_keys where key_hash = p_hash;
$function$;
grant execute on routine public.find_api_key(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_refresh_token(p_hash bytea)
 RETURNS TABLE(tenant_id text, session_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, session_id from refresh_tokens where token_hash = p_hash;
$function$;
grant execute on routine public.find_refresh_token(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_sign_in_candidates(p_email_key text, p_tenant text)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id from users
   where email_key = p_email_key and (p_tenant is null or tenant_id = p_tenant) order by created_at, tenant_id limit 4;
$function$;
grant execute on routine public.find_sign_in_candidates(text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_change_of_audit_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'audit events are never changed or deleted' using errcode = 'insufficient_privilege';
end $function$;
grant execute on routine public.refuse_change_of_audit_events() to clientele_app;
