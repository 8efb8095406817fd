import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/** Registered OAuth2 clients, what the authorization server keeps between requests, and the entrances of its tokens. */
export const sql = `
create table oauth_clients (
  tenant_id text not null,
  id uuid not null,
  client_id text not null,
  client_name text,
  -- {argon2id}$argon2id$... or {bcrypt}$2b$...; null = a client without a secret
  secret_hash text,
  secret_expires_at timestamptz,
  authentication_methods text[] not null,
  grant_types text[] not null,
  redirect_uris text[] not null,
  post_logout_redirect_uris text[] not null,
  scopes text[] not null,
  -- JSON as it came: keys that this version does not understand are kept as well.
  client_settings text not null,
  token_settings text not null,
  -- Goes up with every change; an actor of an earlier one is loaded anew.
  version integer not null default 1,
  issued_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  -- Whoever asks for a token names the client only, so the name is unique in the whole server.
  constraint oauth_clients_client_id_unique unique (client_id)
);
create index oauth_clients_by_time on oauth_clients (tenant_id, issued_at, id);
${tenantTable('oauth_clients', 'select, insert, update, delete')}

-- Codes, tokens, grants, browser sessions and interactions of the authorization server. Whoever looks one up has its
-- random id, which is kept as a hash only; the content is encrypted.
create table oidc_payloads (
  model text not null,
  id_hash bytea not null,
  grant_hash bytea,
  uid_hash bytea,
  client_id text,
  payload_ciphertext text not null,
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (model, id_hash)
);
create index oidc_payloads_by_grant on oidc_payloads (grant_hash) where grant_hash is not null;
create index oidc_payloads_by_uid on oidc_payloads (uid_hash) where uid_hash is not null;
create index oidc_payloads_by_client on oidc_payloads (client_id) where client_id is not null;
create index oidc_payloads_by_expiry on oidc_payloads (expires_at);
${platformTable('oidc_payloads', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- looks across tenants: by the client's own name
create function find_oauth_clients(p_client_ids text[]) returns setof oauth_clients
language sql stable security definer set search_path = public, pg_temp as $$
  select c.* from oauth_clients c join tenants t on t.id = c.tenant_id and t.status = 'active'
   where c.client_id = any (p_client_ids);
$$;

-- ---------------------------------------------------------------- entrances
-- Whether access that a user gave in a session may go on after it. Offline access outlives a session that simply ended,
-- but not one that was ended because something was wrong with it.
create function oauth_session_holds(p_tenant text, p_session text, p_offline boolean) returns boolean
language sql stable as $$
  select case
    when p_offline then not exists (
      select from sessions where tenant_id = p_tenant and id = p_session and revoked_at is not null
         and coalesce(revoked_reason, '') not in ('signed_out', 'too_many_sessions', 'idle', 'expired'))
    else exists (select from sessions where tenant_id = p_tenant and id = p_session and revoked_at is null)
  end;
$$;

create function enter_oauth_client(p_tenant text, p_client uuid, p_version integer, p_token bytea) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare v record;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select c.version, t.status as tenant_status into v
    from oauth_clients c join tenants t on t.id = c.tenant_id
   where c.tenant_id = p_tenant and c.id = p_client;
  if not found then
    raise exception 'registered client deleted' using errcode = 'CL008';
  elsif v.tenant_status <> 'active' then
    raise exception 'tenant suspended' using errcode = 'CL004';
  elsif not exists (select from oidc_payloads where model in ('AccessToken', 'ClientCredentials')
                       and id_hash = p_token and expires_at > now()) then
    raise exception 'token revoked' using errcode = 'CL008';
  elsif v.version <> p_version then
    raise exception 'registered client changed' using errcode = 'CL005';
  end if;
end $$;

create function enter_oauth_user(
  p_tenant text, p_client uuid, p_version integer, p_token bytea,
  p_user text, p_access_version integer, p_session text, p_offline boolean, p_needs_step_up boolean
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare v record;
begin
  perform enter_oauth_client(p_tenant, p_client, p_version, p_token);
  select u.status, u.access_version, u.mfa_enabled, t.mfa_required into v
    from users u join tenants t on t.id = u.tenant_id where u.tenant_id = p_tenant and u.id = p_user;
  if not found or v.status <> 'active' then
    raise exception 'user deactivated' using errcode = 'CL008';
  elsif not oauth_session_holds(p_tenant, p_session, p_offline) then
    raise exception 'session ended' using errcode = 'CL008';
  elsif v.access_version <> p_access_version then
    raise exception 'access changed' using errcode = 'CL005';
  elsif v.mfa_required and not v.mfa_enabled then
    raise exception 'MFA must be set up' using errcode = 'CL006';
  elsif p_needs_step_up and v.mfa_enabled and not exists (select from sessions where tenant_id = p_tenant
        and id = p_session and revoked_at is null and stepped_up_at > now() - interval '10 minutes') then
    raise exception 'step-up required' using errcode = 'CL007';
  end if;
end $$;

-- Single sign-on goes on while the session does; a visit counts as its use. False: sign in again.
create function use_session_for_sign_on(p_tenant text, p_session text, p_user text) returns boolean
language plpgsql as $$
begin
  perform set_config('app.tenant_id', p_tenant, true);
  update sessions set last_seen_at = now()
   where tenant_id = p_tenant and id = p_session and user_id = p_user and client_id is null and revoked_at is null
     and expires_at > now() and last_seen_at > now() - interval '30 minutes';
  return found;
end $$;

create function delete_expired_oidc_payloads(p_limit integer) returns integer language plpgsql as $$
declare gone integer;
begin
  delete from oidc_payloads where ctid = any (array(select ctid from oidc_payloads where expires_at < now() limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $$;

do $$
declare f regprocedure;
begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.proname in ('find_oauth_clients', 'oauth_session_holds', 'enter_oauth_client',
      'enter_oauth_user', 'use_session_for_sign_on', 'delete_expired_oidc_payloads') loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
