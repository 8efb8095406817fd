import { tenantTable } from '#platform/db/tenant-table.ts'

/** Scorecards, analyses of profiles, and how many a client may have (docs/scoring.md). */
export const sql = `
create table scorecards (
  tenant_id text not null,
  -- 1 is the built-in one, which has no row.
  version integer not null constraint scorecards_version_own check (version > 1),
  status text not null default 'draft' constraint scorecards_status_known check (status in ('draft', 'active', 'retired')),
  definition jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  activated_at timestamptz,
  retired_at timestamptz,
  primary key (tenant_id, version),
  constraint scorecards_tenant foreign key (tenant_id) references tenants (id) on delete cascade
);
create unique index scorecards_one_active on scorecards (tenant_id) where status = 'active';
${tenantTable('scorecards', 'select, insert, update')}

-- What analyses refer to never changes: only a draft may be written anew.
create function refuse_change_of_scorecard() returns trigger language plpgsql as $$
begin
  raise exception 'a scorecard that has been active or retired is never changed' using errcode = 'restrict_violation';
end $$;
create trigger scorecards_are_final before update of definition, version on scorecards
  for each row when (old.status <> 'draft' and (old.definition <> new.definition or old.version <> new.version))
  execute function refuse_change_of_scorecard();

create table analyses (
  tenant_id text not null,
  pk bigint generated always as identity,
  client_id uuid not null,
  profile_pk bigint not null,
  -- The submission that it judges: a profile that was changed and submitted again is another one.
  profile_submitted_at timestamptz not null,
  status text not null default 'pending'
    constraint analyses_status_known check (status in ('pending', 'running', 'completed', 'failed')),
  -- Goes up with every start; only who started last may finish.
  attempt integer not null default 0,
  scorecard_version integer,
  score integer constraint analyses_score_range check (score between 0 and 100),
  result jsonb,
  -- The values of sensitive attributes in the result, as JSON; null = there are none.
  sensitive_ciphertext text,
  failure text constraint analyses_failure_known check (failure in ('profile_changed', 'internal')),
  -- The month whose quota it took from; null = the client had none.
  quota_month date,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  primary key (tenant_id, pk),
  constraint analyses_profile foreign key (tenant_id, profile_pk) references profiles (tenant_id, pk) on delete cascade,
  constraint analyses_completed_whole check
    (status <> 'completed' or num_nulls(scorecard_version, score, result, completed_at) = 0),
  constraint analyses_failed_whole check ((status = 'failed') = (failure is not null))
);
create unique index analyses_one_open on analyses (tenant_id, profile_pk) where status in ('pending', 'running');
create index analyses_of_profile on analyses (tenant_id, profile_pk, pk);
-- Lists of one client and of the whole account, newest first; without a status the pages of all four are merged.
create index analyses_of_client on analyses (tenant_id, client_id, status, pk);
create index analyses_of_tenant on analyses (tenant_id, status, pk);
${tenantTable('analyses', 'select, insert, update, delete')}

-- The last word on "exactly once": whatever runs twice, and whoever comes late, cannot give a second result.
create function refuse_change_of_analysis() returns trigger language plpgsql as $$
begin
  raise exception 'an analysis that has ended is never changed' using errcode = 'restrict_violation';
end $$;
create trigger analyses_are_final before update of status, attempt, score, result, scorecard_version, completed_at on analyses
  for each row when (old.status in ('completed', 'failed')) execute function refuse_change_of_analysis();

-- Limits of use of the clients that have any. Counted while there is a row; a failed analysis gives its share back.
create table analysis_quotas (
  tenant_id text not null,
  client_id uuid not null,
  per_month integer constraint analysis_quotas_per_month_positive check (per_month >= 0),
  in_total integer constraint analysis_quotas_in_total_positive check (in_total >= 0),
  -- The first day of the month (UTC) that used_in_month counts.
  month date not null,
  used_in_month integer not null,
  used_in_total integer not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, client_id),
  constraint analysis_quotas_client foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
${tenantTable('analysis_quotas', 'select, insert, update, delete')}
`
