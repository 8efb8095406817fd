import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Imports: the files that came for them, templates of mappings, runs with their position, rows that were refused. */
export const sql = `
-- A file that was looked at, and may be validated and imported until it expires.
create table import_files (
  tenant_id text not null,
  file_id text not null,
  sha256 text not null,
  size bigint not null,
  -- How it is read: format, encoding, delimiter, headers.
  layout jsonb not null,
  rows_estimated bigint not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, file_id),
  constraint import_files_file foreign key (tenant_id, file_id) references files (tenant_id, id)
);
create index import_files_by_expiry on import_files (expires_at);
${tenantTable('import_files', 'select, insert, update, delete')}
create trigger import_files_own_files after delete on import_files
  for each row execute function delete_owned_file();

-- The tenant's own; those that are always there have no row.
create table import_templates (
  tenant_id text not null,
  id text not null,
  entity text not null,
  name text not null,
  definition jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint import_templates_pkey primary key (tenant_id, id)
);
${tenantTable('import_templates', 'select, insert, update, delete')}

create table imports (
  tenant_id text not null,
  id text not null,
  entity text not null,
  template_id text,
  -- The file may be gone; what it was stays.
  file_id text not null,
  file_sha256 text not null,
  -- Layout, mappings and options as they were when it was asked for.
  plan jsonb not null,
  status text not null default 'queued'
    constraint imports_status_known check (status in ('queued', 'processing', 'completed', 'failed', 'cancelled')),
  -- Goes up with every start; only who started last may write.
  attempt integer not null default 0,
  cancel_requested boolean not null default false,
  rows_estimated bigint not null,
  -- The position: rows of the file that are dealt with, committed with what was written of them.
  rows_read bigint not null default 0,
  rows_inserted bigint not null default 0,
  rows_updated bigint not null default 0,
  rows_unchanged bigint not null default 0,
  rows_refused bigint not null default 0,
  failure text,
  refused_file_id text,
  created_by text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  -- Of the present attempt: for the rate.
  resumed_at timestamptz,
  resumed_rows bigint not null default 0,
  progressed_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create index imports_by_file on imports (tenant_id, file_sha256, entity);
create index imports_under_way on imports (tenant_id, file_id) where status in ('queued', 'processing');
create index imports_by_end on imports (finished_at) where finished_at is not null;
${tenantTable('imports', 'select, insert, update, delete')}

create function refuse_change_of_import() returns trigger language plpgsql as $$
begin
  raise exception 'an import that has ended is never changed' using errcode = 'restrict_violation';
end $$;
create trigger imports_are_final before update of status, attempt, rows_read, rows_inserted, rows_updated, rows_refused on imports
  for each row when (old.status in ('completed', 'failed', 'cancelled')) execute function refuse_change_of_import();

create function delete_file_of_refused_rows() returns trigger language plpgsql as $$
begin
  delete from files where tenant_id = old.tenant_id and id = old.refused_file_id;
  return null;
end $$;
create trigger imports_own_refused_files after delete on imports
  for each row when (old.refused_file_id is not null) execute function delete_file_of_refused_rows();

-- The refused rows of one batch, until they are a file: [{row, cells, field, reason}], encrypted, since cells may be anything.
create table import_refusals (
  tenant_id text not null,
  import_id text not null,
  position bigint not null,
  refused integer not null,
  rows_ciphertext text not null,
  primary key (tenant_id, import_id, position),
  constraint import_refusals_import foreign key (tenant_id, import_id) references imports (tenant_id, id) on delete cascade
);
${tenantTable('import_refusals', 'select, insert, delete')}

-- Few at once: a file may have thousands of chunks.
create function delete_expired_import_files(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from import_files where (tenant_id, file_id) in (
    select f.tenant_id, f.file_id from import_files f
     where f.expires_at < now() and not exists (
       select from imports i where i.tenant_id = f.tenant_id and i.file_id = f.file_id and i.status in ('queued', 'processing'))
     order by f.expires_at limit least(p_limit, 20));
  get diagnostics gone = row_count;
  return gone;
end $$;

-- The audit log keeps what they did.
create function delete_expired_imports(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from imports where (tenant_id, id) in (
    select tenant_id, id from imports where finished_at < now() - interval '90 days' order by finished_at limit least(p_limit, 20));
  get diagnostics gone = row_count;
  return gone;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array[
    'refuse_change_of_import()', 'delete_file_of_refused_rows()',
    'delete_expired_import_files(integer)', 'delete_expired_imports(integer)'
  ]::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
