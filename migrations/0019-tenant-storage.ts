import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** How many bytes the files of each tenant have, kept up to date by the table of files itself, and how many they may have. */
export const sql = `
create table tenant_storage (
  tenant_id text not null,
  -- Of whole files: what was sent or made, before encryption and compression.
  used_bytes bigint not null default 0,
  -- null = the platform's (CLIENTELE_TENANT_FILE_BYTES).
  own_limit_bytes bigint,
  primary key (tenant_id)
) with (fillfactor = 50);
${tenantTable('tenant_storage', 'select, insert (tenant_id, own_limit_bytes), update (own_limit_bytes)')}

insert into tenant_storage (tenant_id, used_bytes)
select tenant_id, sum(size) from files where size is not null group by tenant_id;

-- The row stays locked until the transaction ends: of two files that are finished at once the second sees the first.
create function count_stored_file() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into tenant_storage as s (tenant_id, used_bytes) values (new.tenant_id, new.size)
    on conflict (tenant_id) do update set used_bytes = s.used_bytes + excluded.used_bytes;
  return null;
end $$;
create trigger files_are_counted after update of size on files
  for each row when (old.size is null and new.size is not null) execute function count_stored_file();
create trigger whole_files_are_counted after insert on files
  for each row when (new.size is not null) execute function count_stored_file();

-- Once a statement: thousands of files may go together.
create function release_stored_files() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update tenant_storage s set used_bytes = greatest(0, s.used_bytes - gone.bytes)
    from (select tenant_id, sum(size) as bytes from deleted_files where size is not null group by tenant_id) gone
   where s.tenant_id = gone.tenant_id;
  return null;
end $$;
create trigger files_are_released after delete on files
  referencing old table as deleted_files for each statement execute function release_stored_files();

-- Refuses what would be more than the tenant in force may have. p_coming: bytes that are not counted yet.
create function refuse_full_storage(p_platform_limit bigint, p_coming bigint) returns void language plpgsql as $$
begin
  if exists (
    select from tenant_storage
     where tenant_id = nullif(current_setting('app.tenant_id', true), '')
       and used_bytes + p_coming > coalesce(own_limit_bytes, p_platform_limit)
    union all
    select where p_coming > p_platform_limit and not exists (
      select from tenant_storage where tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  ) then
    raise exception 'the files of the tenant take all the room that it has' using errcode = 'CL010';
  end if;
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array['count_stored_file()', 'release_stored_files()', 'refuse_full_storage(bigint, bigint)']::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
