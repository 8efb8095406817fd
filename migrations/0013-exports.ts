import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Exports (docs/decisions/0016-exports.md): what was asked for, how far it has come, the file while there is one. */
export const sql = `
-- Chunks of text are compressed (zstd) before they are sealed.
alter table files add column compressed boolean not null default false;

create table exports (
  tenant_id text not null,
  id text not null,
  -- The entity, or "fec".
  entity_type text not null,
  format text not null,
  -- As it was checked: columns, filters, order and options; of an FEC its year, SIREN and encoding.
  request jsonb not null,
  requested_by jsonb not null,
  status text not null constraint exports_status_known check (status in ('pending', 'running', 'ready', 'failed', 'cancelled')),
  -- Of the run under way; what an earlier one says does not count.
  attempt integer not null default 0,
  rows_expected bigint,
  rows_written bigint not null default 0,
  failure text,
  failure_details jsonb,
  file_name text not null,
  -- Null before there is a file, and after it has expired.
  file_id text,
  file_size bigint,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, id),
  constraint exports_file foreign key (tenant_id, file_id) references files (tenant_id, id) on delete set null (file_id),
  constraint exports_ready_whole check (status <> 'ready' or num_nulls(file_size, ended_at, expires_at) = 0),
  constraint exports_failed_why check ((status = 'failed') = (failure is not null))
);
create index exports_newest on exports (tenant_id, created_at desc, id desc);
create index exports_by_file on exports (tenant_id, file_id) where file_id is not null;
create index exports_by_age on exports (created_at);
${tenantTable('exports', 'select, insert, update')}
create trigger exports_own_files after delete on exports for each row execute function delete_owned_file();

-- The history of exports; their files went a day after they were made.
create function delete_expired_exports(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from exports where (tenant_id, id) in (
    select tenant_id, id from exports where created_at < now() - interval '90 days' order by created_at limit least(p_limit, 1000));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function delete_expired_exports(integer) from public;
grant execute on function delete_expired_exports(integer) to ${applicationRole};
`
