import { tenantTable } from '#platform/db/tenant-table.ts'

/** What users have allowed registered clients, until they withdraw it. */
export const sql = `
create table oauth_consents (
  tenant_id text not null,
  user_id text not null,
  registered_client_id uuid not null,
  scopes text[] not null,
  given_at timestamptz not null default now(),
  -- When the user last allowed something further.
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id, registered_client_id),
  constraint oauth_consents_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint oauth_consents_client foreign key (tenant_id, registered_client_id)
    references oauth_clients (tenant_id, id) on delete cascade
);
create index oauth_consents_by_client on oauth_consents (tenant_id, registered_client_id);
${tenantTable('oauth_consents', 'select, insert, update, delete')}

-- Whose codes, tokens and grants they are, as a hash like the ids beside it: withdrawing a consent ends them. Rows from
-- before have none and would not be found.
delete from oidc_payloads;
alter table oidc_payloads add column account_hash bytea;
create index oidc_payloads_by_account on oidc_payloads (account_hash, client_id) where account_hash is not null;

-- As before, and a token lives no longer than its grant: one that is saved at the moment in which the grant ends opens nothing.
create or replace function enter_oauth_client(p_tenant text, p_client uuid, p_version integer, p_token bytea) returns void
language plpgsql as $$
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
  elsif not exists (select from oidc_payloads t where t.model in ('AccessToken', 'ClientCredentials')
                       and t.id_hash = p_token and t.expires_at > now()
                       and (t.grant_hash is null or exists (select from oidc_payloads g where g.model = 'Grant'
                            and g.id_hash = t.grant_hash and g.expires_at > now()))) then
    raise exception 'token revoked' using errcode = 'CL008';
  elsif v.version <> p_version then
    raise exception 'registered client changed' using errcode = 'CL005';
  end if;
end $$;
`
