/** A preview is a report that is not listed and goes by itself: its file after minutes, its row within the hour. */

export const sql = `
alter table reports add column is_preview boolean not null default false;
create index reports_previews on reports (created_at) where is_preview;

-- The history of reports; their files went when they expired. Of previews nothing stays.
create or replace function delete_expired_reports(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from reports where (tenant_id, id) in (
    (select tenant_id, id from reports
      where created_at < now() - interval '90 days' and (expires_at is null or expires_at < now())
      order by created_at limit least(p_limit, 1000))
    union
    (select tenant_id, id from reports
      where is_preview and (expires_at < now() or created_at < now() - interval '1 hour')
      order by created_at limit least(p_limit, 1000)));
  get diagnostics gone = row_count;
  return gone;
end $$;
`
