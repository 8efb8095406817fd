/** Everything that a sign-in looks up of the user whose name was typed, in one call: it was three, in as many round trips. */
import { applicationRole } from '#platform/db/tenant-table.ts'

export const sql = `
create function find_signers(p_email_key text, p_tenant text, p_network text, p_known_days integer)
returns table (tenant_id text, user_id text, password_hash text, can_sign_in boolean, is_known_address boolean)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  -- Not in SQL: before PostgreSQL 18 such a function is planned anew at every call.
  return query select u.tenant_id, u.id, u.password_hash, u.status = 'active' and t.status = 'active',
         exists (select 1 from known_addresses k
                  where k.tenant_id = u.tenant_id and k.user_id = u.id and k.address = p_network
                    and k.last_used_at > now() - make_interval(days => p_known_days))
    from users u join tenants t on t.id = u.tenant_id
   where u.email_key = p_email_key and (p_tenant is null or u.tenant_id = p_tenant)
   order by u.created_at, u.tenant_id limit 4;
end $$;
revoke all on function find_signers(text, text, text, integer) from public;
grant execute on function find_signers(text, text, text, integer) to ${applicationRole};
`
