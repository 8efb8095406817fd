/**
 * The two halves of a sign-in's end in one call each: a statement of its own costs PostgreSQL and the server some 40
 * microseconds, whatever it does (docs/decisions/0028). Both run with the rights of their caller, under row level security.
 */
import { applicationRole } from '#platform/db/tenant-table.ts'

export const sql = `
-- Waits until no other attempt of this user at this address is judged, locks the user's row, and tells how he and the counts
-- stand then: each statement sees what was committed before it began. One row without a count where nothing was counted.
-- Sequential scans are switched off: a plan that was made while the table was small is kept until somebody analyzes it.
create function take_sign_in_turn(p_turn bigint, p_keys bytea[], p_tenant text, p_user text)
returns table (email_key text, password_hash text, can_sign_in boolean, mfa_enabled boolean,
  key_hash bytea, failures integer, last_failed_at timestamptz, blocked_until timestamptz)
language plpgsql set enable_seqscan = off as $$
begin
  perform pg_advisory_xact_lock(p_turn);
  select u.email_key, u.password_hash, u.status = 'active' and t.status = 'active', u.mfa_enabled
    into email_key, password_hash, can_sign_in, mfa_enabled
    from users u join tenants t on t.id = u.tenant_id
   where u.tenant_id = p_tenant and u.id = p_user for no key update of u;
  for key_hash, failures, last_failed_at, blocked_until in
    select f.key_hash, f.failures, f.last_failed_at, f.blocked_until from sign_in_failures f where f.key_hash = any (p_keys)
  loop
    return next;
  end loop;
  if not found then
    return next;
  end if;
end $$;

-- A session with its refresh token, for a user whose row is locked. Beyond p_most live ones of the user at the same level the
-- oldest ends: there is never more than one, since each sign-in ends the one that it has made too many. Live ones are looked for
-- among those that are no older than a session gets, newest first, and no further than to the one that ends.
create function open_session(p_tenant text, p_user text, p_session text, p_client uuid, p_now timestamptz,
  p_expires_at timestamptz, p_idle_since timestamptz, p_most integer, p_ip_address text, p_user_agent text,
  p_stepped_up_at timestamptz, p_token_hash bytea, p_network text)
returns void language plpgsql set enable_seqscan = off as $$
declare v_surplus text;
begin
  insert into sessions (tenant_id, id, user_id, client_id, expires_at, ip_address, user_agent, stepped_up_at)
  values (p_tenant, p_session, p_user, p_client, p_expires_at, p_ip_address, p_user_agent, p_stepped_up_at);
  insert into refresh_tokens (tenant_id, token_hash, session_id, expires_at)
  values (p_tenant, p_token_hash, p_session, p_expires_at);
  select id into v_surplus from sessions
   where tenant_id = p_tenant and user_id = p_user and created_at > now() - (p_expires_at - p_now) - interval '1 day'
     and revoked_at is null and expires_at > p_now and last_seen_at > p_idle_since and client_id is not distinct from p_client
   order by created_at desc offset p_most limit 1;
  if found then
    update sessions set revoked_at = p_now, revoked_reason = 'too_many_sessions'
     where tenant_id = p_tenant and id = v_surplus;
  end if;
  -- At most one write a day for one user and address.
  perform from known_addresses where tenant_id = p_tenant and user_id = p_user and address = p_network
    and last_used_at >= now() - interval '1 day';
  if not found then
    insert into known_addresses as k (tenant_id, user_id, address) values (p_tenant, p_user, p_network)
    on conflict (tenant_id, user_id, address) do update set last_used_at = now();
  end if;
end $$;

-- Both at once for a sign-in that nothing stands against: no failure is counted, no second factor, and everything as it was when
-- the password was verified. Else nothing happens, and the caller goes the long way.
create function finish_sign_in(p_turn bigint, p_keys bytea[], p_password_digest bytea, p_tenant text, p_user text, p_session text,
  p_now timestamptz, p_expires_at timestamptz, p_idle_since timestamptz, p_most integer, p_ip_address text, p_user_agent text,
  p_token_hash bytea, p_network text)
returns void language plpgsql set enable_seqscan = off as $$
begin
  perform pg_advisory_xact_lock(p_turn);
  perform from users u join tenants t on t.id = u.tenant_id
    where u.tenant_id = p_tenant and u.id = p_user and u.status = 'active' and t.status = 'active' and not u.mfa_enabled
      and sha256(convert_to(u.password_hash, 'UTF8')) = p_password_digest for no key update of u;
  if not found or exists (select from sign_in_failures where key_hash = any (p_keys)) then
    raise exception 'the sign-in is no plain one' using errcode = '40001';
  end if;
  perform open_session(p_tenant, p_user, p_session, null, p_now, p_expires_at, p_idle_since, p_most, p_ip_address, p_user_agent, null,
    p_token_hash, p_network);
end $$;

-- As find_signers (0020), and who has a second factor.
create function find_sign_in(p_email_key text, p_tenant text, p_network text, p_known_days integer)
returns table (tenant_id text, user_id text, password_hash text, can_sign_in boolean, mfa_enabled boolean, is_known_address boolean)
language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  return query select u.tenant_id, u.id, u.password_hash, u.status = 'active' and t.status = 'active', u.mfa_enabled,
         exists (select 1 from known_addresses k
                  where k.tenant_id = u.tenant_id and k.user_id = u.id and k.address = p_network
                    and k.last_used_at > now() - make_interval(days => p_known_days))
    from users u join tenants t on t.id = u.tenant_id
   where u.email_key = p_email_key and (p_tenant is null or u.tenant_id = p_tenant)
   order by u.created_at, u.tenant_id limit 4;
end $$;
revoke all on function find_sign_in(text, text, text, integer) from public;

grant execute on function find_sign_in(text, text, text, integer) to ${applicationRole};
grant execute on function finish_sign_in(bigint, bytea[], bytea, text, text, text, timestamptz, timestamptz, timestamptz, integer, text,
  text, bytea, text) to ${applicationRole};
grant execute on function take_sign_in_turn(bigint, bytea[], text, text) to ${applicationRole};
grant execute on function open_session(text, text, text, uuid, timestamptz, timestamptz, timestamptz, integer, text, text,
  timestamptz, bytea, text) to ${applicationRole};
`
