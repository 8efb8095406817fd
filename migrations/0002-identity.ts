import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Idle ends of sessions, step-up, MFA (TOTP, backup codes, passkeys, pending sign-ins), sign-in throttling, the tenant's
 * own roles, invitations and password resets.
 */
export const sql = `
-- ---------------------------------------------------------------- tenants, users, sessions
alter table tenants add column mfa_required boolean not null default false;
alter table users add column mfa_enabled boolean not null default false;
-- When the session last proved a second factor; null: never.
alter table sessions add column stepped_up_at timestamptz;
-- See admission(): the access version of the user with which the session is let in without a look at user and tenant.
alter table sessions add column admitted_version integer;

create table roles (
  tenant_id text not null,
  name text not null,
  description text not null default '',
  permissions text[] not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint roles_name_unique primary key (tenant_id, name)
);
${tenantTable('roles', 'select, insert, update, delete')}

-- Addresses that a user has signed in from: what others do elsewhere never slows him down there.
create table known_addresses (
  tenant_id text not null,
  user_id text not null,
  address text not null,
  last_used_at timestamptz not null default now(),
  primary key (tenant_id, user_id, address),
  constraint known_addresses_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index known_addresses_by_age on known_addresses (last_used_at);
${tenantTable('known_addresses', 'select, insert, update, delete')}

create table invitations (
  tenant_id text not null,
  id text not null,
  token_hash bytea not null,
  email text not null,
  email_key text not null,
  roles text[] not null,
  -- null: the operator, at the command line
  invited_by text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  primary key (tenant_id, id)
);
create index invitations_by_hash on invitations (token_hash);
create index invitations_by_expiry on invitations (expires_at);
create unique index invitations_one_per_email on invitations (tenant_id, email_key) where accepted_at is null;
${tenantTable('invitations', 'select, insert, update, delete')}

create table password_resets (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, token_hash),
  constraint password_resets_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index password_resets_by_hash on password_resets (token_hash);
create index password_resets_by_user on password_resets (tenant_id, user_id, created_at);
create index password_resets_by_expiry on password_resets (expires_at);
${tenantTable('password_resets', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- second factors
create table totp_authenticators (
  tenant_id text not null,
  user_id text not null,
  secret_ciphertext text not null,
  -- null until a first code has proven that the authenticator has the secret
  activated_at timestamptz,
  -- A code works once: the step (RFC 6238, T) of the newest one that was accepted.
  last_used_step bigint not null default 0,
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  constraint totp_authenticators_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
${tenantTable('totp_authenticators', 'select, insert, update, delete')}

create table backup_codes (
  tenant_id text not null,
  user_id text not null,
  code_hash bytea not null,
  -- Shown by a set-up that has not been completed yet.
  is_pending boolean not null,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (tenant_id, user_id, code_hash),
  constraint backup_codes_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
${tenantTable('backup_codes', 'select, insert, update, delete')}

create table passkeys (
  tenant_id text not null,
  -- The credential's id (WebAuthn), base64url.
  id text not null,
  user_id text not null,
  name text not null,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null,
  is_backed_up boolean not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  primary key (tenant_id, id),
  constraint passkeys_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index passkeys_by_user on passkeys (tenant_id, user_id, created_at);
${tenantTable('passkeys', 'select, insert, update, delete')}

-- Each is answered once: taking it deletes it.
create table webauthn_challenges (
  tenant_id text not null,
  challenge text not null,
  user_id text not null,
  purpose text not null constraint webauthn_challenges_purpose_known check (purpose in ('registration', 'authentication')),
  -- The session or the pending sign-in that asked for it; nobody else may answer.
  bound_to text not null,
  expires_at timestamptz not null,
  primary key (tenant_id, challenge),
  constraint webauthn_challenges_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index webauthn_challenges_by_user on webauthn_challenges (tenant_id, user_id);
create index webauthn_challenges_by_expiry on webauthn_challenges (expires_at);
${tenantTable('webauthn_challenges', 'select, insert, delete')}

-- The password was right, the second factor is still to come.
create table pending_sign_ins (
  tenant_id text not null,
  id text not null,
  token_hash bytea not null,
  user_id text not null,
  client_id uuid,
  access_lifetime_seconds integer not null,
  ip_address text,
  wrong_codes integer not null default 0,
  -- The code that was proven without the token; it may finish this user's sign-in from this address, once.
  proven_code_hash bytea,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  constraint pending_sign_ins_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index pending_sign_ins_by_hash on pending_sign_ins (token_hash);
-- The user first: find_pending_sign_in_from knows no tenant.
create index pending_sign_ins_by_user on pending_sign_ins (user_id, tenant_id);
create index pending_sign_ins_by_expiry on pending_sign_ins (expires_at);
${tenantTable('pending_sign_ins', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- throttling
-- Of names that may not exist, from addresses that may be anybody's: no tenant's rows. Hashed, so that it is no list of users.
create table sign_in_failures (
  key_hash bytea primary key,
  failures integer not null,
  last_failed_at timestamptz not null,
  blocked_until timestamptz not null
);
create index sign_in_failures_by_age on sign_in_failures (last_failed_at);
${platformTable('sign_in_failures', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- the entrance of sessions
create function enter_session(
  p_tenant text, p_session text, p_access_version integer, p_client uuid, p_inactive_client_may boolean,
  p_without_mfa_may boolean, p_needs_step_up boolean
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare v record; v_client_active boolean;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select t.status as tenant_status, t.mfa_required, u.status as user_status, u.access_version, u.mfa_enabled,
         s.revoked_at, s.expires_at, s.client_id, s.last_seen_at, s.stepped_up_at, s.admitted_version
    into v
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
   where s.tenant_id = p_tenant and s.id = p_session;
  if not found or v.revoked_at is not null or v.expires_at <= now() or v.last_seen_at <= now() - interval '30 minutes' then
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
  if v.mfa_required and not v.mfa_enabled and not p_without_mfa_may then
    raise exception 'MFA must be set up' using errcode = 'CL006';
  elsif p_needs_step_up and v.mfa_enabled and coalesce(v.stepped_up_at <= now() - interval '10 minutes', true) then
    raise exception 'step-up required' using errcode = 'CL007';
  end if;
  -- At most once a minute and after each change of access, and never waiting for anybody.
  if v.last_seen_at < now() - interval '1 minute' or v.admitted_version is distinct from p_access_version
     and p_client is null and (v.mfa_enabled or not v.mfa_required) then
    update sessions set admitted_version = admission(p_tenant, p_session),
        last_seen_at = case when last_seen_at < now() - interval '1 minute' then now() else last_seen_at end
     where (tenant_id, id) in (
       select tenant_id, id from sessions where tenant_id = p_tenant and id = p_session for no key update skip locked);
  end if;
end $$;

-- What most requests ask, at account level and without special conditions: one row by its key, no expression more than
-- needed, since PostgreSQL prepares each anew in every transaction. Whatever is not plainly in order goes the long way.
create function enter_session(p_tenant text, p_session text, p_access_version integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('app.tenant_id', p_tenant, true) from sessions
   where tenant_id = p_tenant and id = p_session and admitted_version = p_access_version and revoked_at is null
     and expires_at > now() and last_seen_at >= now() - interval '1 minute';
  if not found then
    perform enter_session(p_tenant, p_session, p_access_version, null, false, false, false);
  end if;
end $$;

-- The access version with which a session at account level may be let in without a look at its user and tenant; null where
-- it may not, or where one of them is being changed. Both rows stay locked against change until this transaction ends, so
-- whoever changes them afterwards finds the admission and withdraws it (withdraw_admissions).
create function admission(p_tenant text, p_session text) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare v record;
begin
  select u.access_version, u.mfa_enabled into v
    from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
   where s.tenant_id = p_tenant and s.id = p_session and s.client_id is null and u.status = 'active'
     for share of u skip locked;
  if not found then return null; end if;
  perform 1 from tenants where id = p_tenant and status = 'active' and (v.mfa_enabled or not mfa_required)
     for share skip locked;
  return case when found then v.access_version end;
end $$;

create function withdraw_admissions() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'tenants' then
    update sessions set admitted_version = null where tenant_id = new.id and revoked_at is null;
  else
    update sessions set admitted_version = null
     where tenant_id = new.tenant_id and user_id = new.id and revoked_at is null;
  end if;
  return null;
end $$;
revoke all on function admission(text, text) from public;
revoke all on function withdraw_admissions() from public;
create trigger users_withdraw_admissions after update on users for each row
  when ((old.status, old.access_version, old.mfa_enabled) is distinct from (new.status, new.access_version, new.mfa_enabled))
  execute function withdraw_admissions();
create trigger tenants_withdraw_admissions after update on tenants for each row
  when ((old.status, old.mfa_required) is distinct from (new.status, new.mfa_required))
  execute function withdraw_admissions();

-- ---------------------------------------------------------------- looks across tenants: by proof of possession only
create function find_invitation(p_hash bytea) returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, id from invitations where token_hash = p_hash;
$$;
create function find_password_reset(p_hash bytea) returns table (tenant_id text, user_id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, user_id from password_resets where token_hash = p_hash;
$$;
create function find_pending_sign_in(p_hash bytea) returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, id from pending_sign_ins where token_hash = p_hash;
$$;
-- The one call without any proof: it must come from the address that the sign-in came from.
create function find_pending_sign_in_from(p_user text, p_address text) returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id, id from pending_sign_ins
   where user_id = p_user and ip_address = p_address and expires_at > now() and wrong_codes < 5
   order by created_at desc, id desc limit 1;
$$;

create function delete_expired_identity(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer; total integer := 0;
begin
  delete from sign_in_failures where ctid = any (array(
    select ctid from sign_in_failures where last_failed_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from known_addresses where ctid = any (array(
    select ctid from known_addresses where last_used_at < now() - interval '60 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from pending_sign_ins where ctid = any (array(
    select ctid from pending_sign_ins where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from webauthn_challenges where ctid = any (array(
    select ctid from webauthn_challenges where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from password_resets where ctid = any (array(
    select ctid from password_resets where expires_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from invitations where ctid = any (array(
    select ctid from invitations where expires_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $$;

do $$
declare f text;
begin
  foreach f in array array[
    'enter_session(text, text, integer, uuid, boolean, boolean, boolean)', 'enter_session(text, text, integer)',
    'find_invitation(bytea)', 'find_password_reset(bytea)', 'find_pending_sign_in(bytea)', 'find_pending_sign_in_from(text, text)',
    'delete_expired_identity(integer)'
  ] loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
