import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Reports: what was asked for and its file, schedules, tenants' own templates and settings (docs/decisions/0020-reports.md). */
export const sql = `
create table reports (
  tenant_id text not null,
  id text not null,
  template_id text not null,
  builder text not null,
  format text not null constraint reports_format_known check (format in ('pdf', 'excel', 'csv', 'html')),
  language text not null constraint reports_language_known check (language in ('fr', 'en')),
  -- As they were given.
  parameters jsonb not null,
  -- All that making it takes: the template as it was, the period decided.
  request json not null,
  requested_by jsonb not null,
  schedule_id text,
  -- Told by e-mail once it is ready.
  recipients text[] not null default '{}',
  status text not null constraint reports_status_known check (status in ('pending', 'running', 'ready', 'failed', 'cancelled')),
  -- Of the run under way; what an earlier one says does not count.
  attempt integer not null default 0,
  progress smallint not null default 0 constraint reports_progress_percent check (progress between 0 and 100),
  failure text,
  failure_details jsonb,
  file_name text not null,
  -- Null before there is a file, and after it has expired or was deleted.
  file_id text,
  file_size bigint,
  retention_days integer not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, id),
  constraint reports_file foreign key (tenant_id, file_id) references files (tenant_id, id) on delete set null (file_id),
  constraint reports_ready_whole check (status <> 'ready' or num_nulls(file_size, ended_at, expires_at) = 0),
  constraint reports_failed_why check ((status = 'failed') = (failure is not null))
);
create index reports_newest on reports (tenant_id, created_at desc, id desc);
create index reports_by_file on reports (tenant_id, file_id) where file_id is not null;
create index reports_by_age on reports (created_at);
${tenantTable('reports', 'select, insert, update')}
create trigger reports_own_files after delete on reports for each row execute function delete_owned_file();

create table report_schedules (
  tenant_id text not null,
  id text not null,
  template_id text not null,
  name text not null,
  cron text not null,
  time_zone text not null,
  format text not null,
  language text not null,
  parameters jsonb not null,
  recipients text[] not null,
  is_active boolean not null,
  -- null: paused, or the pattern has no further moment.
  next_run_at timestamptz,
  last_run_at timestamptz,
  last_report_id text,
  last_failure text,
  created_by jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index report_schedules_due on report_schedules (next_run_at) where next_run_at is not null;
${tenantTable('report_schedules', 'select, insert, update, delete')}

create table report_templates (
  tenant_id text not null,
  id text not null,
  content json not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
${tenantTable('report_templates', 'select, insert, update, delete')}

create table report_settings (
  tenant_id text not null,
  -- null: the platform's.
  language text constraint report_settings_language_known check (language in ('fr', 'en')),
  time_zone text,
  retention_days integer,
  daily_limit integer,
  stored_megabytes integer,
  logo bytea,
  logo_type text,
  updated_at timestamptz not null default now(),
  primary key (tenant_id),
  constraint report_settings_logo_whole check ((logo is null) = (logo_type is null))
);
${tenantTable('report_settings', 'select, insert, update')}

-- Files of reports that go along with an e-mail: {"file_id", "name", "content_type", "size"}.
alter table notifications add column attachment jsonb;

-- Schedules of all tenants whose moment has come.
create function due_report_schedules(p_limit integer) returns table (tenant_id text, id text)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.tenant_id, s.id from report_schedules s join tenants t on t.id = s.tenant_id and t.status = 'active'
   where s.next_run_at <= now() order by s.next_run_at limit p_limit
$$;
revoke all on function due_report_schedules(integer) from public;
grant execute on function due_report_schedules(integer) to ${applicationRole};

-- What goes along with a notification, for who sends it.
create function notification_attachment(p_tenant text, p_notification text) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select n.attachment from notifications n where n.tenant_id = p_tenant and n.id = p_notification
$$;
revoke all on function notification_attachment(text, text) from public;
grant execute on function notification_attachment(text, text) to ${applicationRole};

-- The history of reports; their files went when they expired.
create function delete_expired_reports(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from reports where (tenant_id, id) in (
    select tenant_id, id from reports
     where created_at < now() - interval '90 days' and (expires_at is null or expires_at < now())
     order by created_at limit least(p_limit, 1000));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function delete_expired_reports(integer) from public;
grant execute on function delete_expired_reports(integer) to ${applicationRole};
`
