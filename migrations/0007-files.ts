import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Files: encrypted chunks, each written by itself while the file comes in (docs/decisions/0012-files.md). Documents of profiles. */
export const sql = `
create table files (
  tenant_id text not null,
  id text not null,
  -- The file's own key under the master keys.
  data_key_ciphertext text not null,
  chunk_bytes integer not null,
  -- Of the content; null while it is being written.
  size bigint,
  sha256 bytea,
  content_type text,
  scan text constraint files_scan_known check (scan in ('clean', 'not_scanned')),
  created_at timestamptz not null default now(),
  -- Deleted after this; null = when its owner goes. A file that nothing owns yet has an hour.
  expires_at timestamptz,
  primary key (tenant_id, id),
  constraint files_whole_or_unfinished check (num_nulls(size, sha256, content_type, scan) in (0, 4))
);
create index files_by_expiry on files (expires_at) where expires_at is not null;
${tenantTable('files', 'select, insert, update, delete')}

create table file_chunks (
  tenant_id text not null,
  file_id text not null,
  number integer not null,
  sealed bytea not null,
  primary key (tenant_id, file_id, number),
  constraint file_chunks_file foreign key (tenant_id, file_id) references files (tenant_id, id) on delete cascade
);
-- Ciphertext does not compress: trying would cost time only.
alter table file_chunks alter column sealed set storage external;
${tenantTable('file_chunks', 'select, insert')}

-- For tables whose rows own a file (column file_id): it goes with the row, whatever deletes the row.
create function delete_owned_file() returns trigger language plpgsql as $$
begin
  delete from files where tenant_id = old.tenant_id and id = old.file_id;
  return null;
end $$;

create table profile_documents (
  tenant_id text not null,
  pk bigint generated always as identity,
  profile_pk bigint not null,
  -- Name of the catalogue's attribute; it may be retired by now.
  attribute text not null,
  file_id text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, pk),
  constraint profile_documents_profile foreign key (tenant_id, profile_pk) references profiles (tenant_id, pk) on delete cascade,
  constraint profile_documents_file foreign key (tenant_id, file_id) references files (tenant_id, id)
);
create index profile_documents_of_profile on profile_documents (tenant_id, profile_pk, pk);
create unique index profile_documents_by_file on profile_documents (tenant_id, file_id);
${tenantTable('profile_documents', 'select, insert, delete')}
create trigger profile_documents_own_files after delete on profile_documents
  for each row execute function delete_owned_file();

-- Few at once: a file may have thousands of chunks.
create function delete_expired_files(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from files where (tenant_id, id) in (
    select tenant_id, id from files where expires_at < now() order by expires_at limit least(p_limit, 100));
  get diagnostics gone = row_count;
  return gone;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array['delete_owned_file()', 'delete_expired_files(integer)']::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
