import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Profiles: tokens bought with API keys, the catalogue of attributes, profiles. */
export const sql = `
-- Buys new access tokens for a week, as long as the API key behind it holds (enter_api_key).
create table api_key_refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  api_key_id text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash),
  constraint api_key_refresh_tokens_key foreign key (tenant_id, api_key_id) references api_keys (tenant_id, id) on delete cascade
);
create index api_key_refresh_tokens_by_hash on api_key_refresh_tokens (token_hash);
create index api_key_refresh_tokens_by_key on api_key_refresh_tokens (tenant_id, api_key_id);
create index api_key_refresh_tokens_by_expiry on api_key_refresh_tokens (expires_at);
${tenantTable('api_key_refresh_tokens', 'select, insert, update, delete')}

create function find_api_key_refresh_token(p_hash bytea)
returns table (tenant_id text, api_key_id text, client_id uuid, expires_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.tenant_id, t.api_key_id, k.client_id, t.expires_at
    from api_key_refresh_tokens t join api_keys k on k.tenant_id = t.tenant_id and k.id = t.api_key_id
   where t.token_hash = p_hash;
$$;

-- Which attributes a profile can have. A tenant without a row uses the built-in ones (version 0). Every change is a new
-- version, so that what an old profile was checked against can be looked up.
create table attribute_catalogues (
  tenant_id text not null,
  version integer not null constraint attribute_catalogues_version_positive check (version > 0),
  definition jsonb not null,
  created_at timestamptz not null default now(),
  -- As the audit log names him.
  created_by jsonb not null,
  primary key (tenant_id, version),
  constraint attribute_catalogues_tenant foreign key (tenant_id) references tenants (id) on delete cascade
);
${tenantTable('attribute_catalogues', 'select, insert')}

create table profiles (
  tenant_id text not null,
  pk bigint generated always as identity,
  client_id uuid not null,
  status text not null default 'draft' constraint profiles_status_known check (status in ('draft', 'complete')),
  external_reference text,
  -- The catalogue that its attributes were last checked against.
  catalogue_version integer not null,
  -- [{"name", "value"}] in the order in which they were sent, one entry a choice; sensitive ones without their value.
  attributes jsonb not null,
  -- The values of the sensitive ones in the same order, as JSON; null = there are none.
  sensitive_ciphertext text,
  -- Words to find it by, each behind the tenant and behind the client, so that a search reads nobody else's.
  search tsvector not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  submitted_at timestamptz,
  primary key (tenant_id, pk),
  constraint profiles_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
-- Lists of one client and of the whole account, newest first; without a status the pages of both are merged.
create index profiles_of_client on profiles (tenant_id, client_id, status, created_at, pk);
create index profiles_of_tenant on profiles (tenant_id, status, created_at, pk);
create index profiles_by_reference on profiles (tenant_id, external_reference, client_id) where external_reference is not null;
create index profiles_by_words on profiles using gin (search);
${tenantTable('profiles', 'select, insert, update, delete')}

create function delete_expired_key_tokens(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from api_key_refresh_tokens where ctid = any (array(
    select ctid from api_key_refresh_tokens where expires_at < now() limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array['find_api_key_refresh_token(bytea)', 'delete_expired_key_tokens(integer)']::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
