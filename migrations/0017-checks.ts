import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** Verifications of the audit log and validations of files that are too large for their request (docs/decisions/0021-checks.md). */
export const sql = `
create table checks (
  tenant_id text not null,
  id text not null,
  kind text not null constraint checks_kind_known check (kind in ('audit_verification', 'import_validation')),
  request jsonb not null,
  requested_by jsonb not null,
  status text not null default 'pending'
    constraint checks_status_known check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
  -- Of the run under way; what an earlier one says does not count.
  attempt integer not null default 0,
  -- Events or rows; until it has completed, those there were when it was asked for, or an estimate.
  expected bigint not null,
  checked bigint not null default 0,
  -- Whether everything was as it should be.
  valid boolean,
  -- What was found, as JSON: cells of a file may be quoted in it.
  result_ciphertext text,
  failure text,
  failure_message text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, id),
  constraint checks_completed_whole check ((status = 'completed') = (num_nonnulls(valid, result_ciphertext) = 2)),
  constraint checks_failed_why check ((status = 'failed') = (failure is not null))
);
create index checks_newest on checks (tenant_id, kind, created_at desc, id desc);
create index checks_by_age on checks (created_at);
${tenantTable('checks', 'select, insert, update')}

create function refuse_change_of_check() returns trigger language plpgsql as $$
begin
  raise exception 'a check that has ended is never changed' using errcode = 'restrict_violation';
end $$;
create trigger checks_are_final before update of status, attempt, checked, valid, failure on checks
  for each row when (old.status in ('completed', 'failed', 'cancelled')) execute function refuse_change_of_check();

-- The audit log keeps what became of them.
create function delete_expired_checks(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone integer;
begin
  delete from checks where (tenant_id, id) in (
    select tenant_id, id from checks where created_at < now() - interval '90 days' order by created_at limit least(p_limit, 1000));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function delete_expired_checks(integer) from public;
revoke all on function refuse_change_of_check() from public;
grant execute on function delete_expired_checks(integer) to ${applicationRole};
grant execute on function refuse_change_of_check() to ${applicationRole};

-- ---------------------------------------------------------------- what every write pays for
-- PostgreSQL reads a table's checks and the expressions of its generated columns anew, as text, for every statement that
-- inserts: a quarter of what an event cost. The application writes these columns itself, and verification compares them.
alter table audit_events
  drop constraint audit_events_category_known,
  drop constraint audit_events_severity_known,
  alter column user_id drop expression,
  alter column client_id drop expression;

-- An assignment is evaluated at once, where PERFORM runs a query.
create or replace function enter_tenant(p_tenant text) returns void language plpgsql as $$
declare v text;
begin
  v := set_config('app.tenant_id', p_tenant, true);
end $$;
`
