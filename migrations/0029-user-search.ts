import { applicationRole } from '#platform/db/tenant-table.ts'

/**
 * Users are found by any part of their name or address through an index, however many there are. Of what stock PostgreSQL
 * has: an extension (pg_trgm) would have to be installed, or allowed, on every operator's own server.
 */
export const sql = `
-- All runs of one to three letters of the name and of the address, each with its tenant before it: what is searched is read
-- for one tenant only.
create function user_letters(p_tenant text, p_name text, p_email text) returns text[]
language sql immutable strict parallel safe cost 5000
return array(
  select p_tenant || ':' || substr(t.word, s.place, l.letters)
    from (values (lower(p_name)), (p_email)) t (word), generate_series(1, 3) l (letters),
         generate_series(1, length(t.word) - l.letters + 1) s (place));

-- Those that whoever has this part in his name or address has as well.
create function searched_letters(p_tenant text, p_part text) returns text[]
language sql immutable strict parallel safe
return array(
  select p_tenant || ':' || substr(p_part, s.place, 3)
    from generate_series(1, greatest(length(p_part) - 2, 1)) s (place));

-- Users are written seldom: no list of what is not in the index yet, which each search would have to read.
create index users_by_letters on users using gin (user_letters(tenant_id, display_name, email_key)) with (fastupdate = off);

-- Ids of the users of the tenant that was entered, in order. With the owner's rights, since row level security keeps
-- conditions like these (they are not leakproof) away from indexes. Planned each time for what is searched: letters that
-- everybody has are found by going through the users in order, which ends as soon as the page is full.
create function users_by_part(p_part text, p_status text, p_after text, p_limit integer) returns setof text
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select id from users
      where tenant_id = $1 and id > $2 and ($3 is null or status = $3)
        and user_letters(tenant_id, display_name, email_key) @> searched_letters($1, $4)
        and (strpos(lower(display_name), $4) > 0 or strpos(email_key, $4) > 0)
      order by id limit $5'
    using v_tenant, p_after, p_status, p_part, p_limit;
end $$;
revoke all on function users_by_part(text, text, text, integer) from public;
grant execute on function users_by_part(text, text, text, integer) to ${applicationRole};
`
