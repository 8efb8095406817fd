import { applicationRole } from '#platform/db/tenant-table.ts'

/**
 * Why an analysis or an import failed is said by codes, so that everybody reads it in his own language. Profiles are found by
 * their words, clients by a part of their name and customers by its beginning through an index, as users are (0029).
 */
export const sql = `
-- What is known already stays known: no row has to be looked at.
alter table analyses
  drop constraint analyses_failure_known,
  add constraint analyses_failure_known check (failure in ('profile_changed', 'content_lost', 'internal')) not valid;

-- Beside the sentence (failure), which imports that failed before have alone.
alter table imports
  add column failure_code text,
  add column failure_parameters jsonb;

-- Profiles of one status of the tenant that was entered, newest first. With the owner's rights, since row level security keeps
-- the search (its operator is not leakproof) away from its index. Planned each time for what is searched: words that all have
-- are found by going through the profiles in order, which ends as soon as the page is full.
create function profiles_by_words(p_words text, p_status text, p_client uuid, p_reference text,
  p_after timestamptz, p_before timestamptz, p_limit integer) returns setof bigint
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select pk from profiles
      where tenant_id = $1 and search @@ $2::tsquery and status = $3 and ($4 is null or client_id = $4)
        and ($5 is null or external_reference = $5) and ($6 is null or created_at > $6) and ($7 is null or created_at < $7)
      order by created_at desc, pk desc limit $8'
    using v_tenant, p_words, p_status, p_client, p_reference, p_after, p_before, p_limit;
end $$;
revoke all on function profiles_by_words(text, text, uuid, text, timestamptz, timestamptz, integer) from public;
grant execute on function profiles_by_words(text, text, uuid, text, timestamptz, timestamptz, integer) to ${applicationRole};

-- All runs of three letters of a client's name, each with its tenant before it. Not the shorter ones, as of users: clients are
-- written more often, and a part of one or two letters is in most names.
create function client_letters(p_tenant text, p_name text) returns text[]
language sql immutable strict parallel safe cost 5000
return array(
  select p_tenant || ':' || substr(lower(p_name), s.place, 3) from generate_series(1, length(lower(p_name)) - 2) s (place));
create index clients_by_letters on clients using gin (client_letters(tenant_id, name)) with (fastupdate = off);
create index clients_by_siret on clients (tenant_id, siret collate "C") where siret is not null;

-- Ids of the clients of the tenant that was entered that have the part in their name, or whose SIRET begins with the digits.
create function clients_by_part(p_part text, p_digits text, p_active boolean) returns setof uuid
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select id from clients
      where tenant_id = $1 and ($4 is null or is_active = $4) and strpos(lower(name), lower($2)) > 0
        and (length(lower($2)) < 3 or client_letters(tenant_id, name) @> searched_letters($1, lower($2)))
     union
     select id from clients
      where tenant_id = $1 and ($4 is null or is_active = $4)
        and siret collate "C" >= $3 and siret collate "C" < $3 || chr(1114111)'
    using v_tenant, p_part, p_digits, p_active;
end $$;
revoke all on function clients_by_part(text, text, boolean) from public;
grant execute on function clients_by_part(text, text, boolean) to ${applicationRole};

-- Row level security keeps lower() away from the index as well; of a column the comparison is leakproof.
drop index customers_by_name;
alter table customers add column name_key text collate "C" generated always as (lower(name)) stored;
create index customers_by_name on customers (tenant_id, name_key, id);
`
