create schema public;
grant usage on schema public to PUBLIC;
grant usage on schema public to clientele_app;

create sequence public.analyses_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.analyses.pk;

create sequence public.audit_event_positions as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.audit_events."position";
grant usage on sequence public.audit_event_positions to clientele_app;

create sequence public.client_credentials_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.client_credentials.id;

create sequence public.domain_events_sequence_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.domain_events.sequence;

create sequence public.notification_deliveries_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.notification_deliveries.id;

create sequence public.notification_positions as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1;
grant usage on sequence public.notification_positions to clientele_app;

create sequence public.profile_documents_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.profile_documents.pk;

create sequence public.profiles_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.profiles.pk;

create sequence public.registration_attempts_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.registration_attempts.id;

create sequence public.row_counts_id_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.row_counts.id;

create sequence public.webhook_delivery_pks as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1;
grant usage on sequence public.webhook_delivery_pks to clientele_app;

create sequence public.webhook_endpoint_secrets_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.webhook_endpoint_secrets.pk;

create sequence public.webhook_endpoints_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.webhook_endpoints.pk;

create sequence public.webhook_replays_pk_seq as bigint start 1 increment 1 minvalue 1 maxvalue 9223372036854775807 cache 1 owned by public.webhook_replays.pk;

create table public.accounting_entries (
  tenant_id text not null,
  entry_id uuid not null,
  line_number integer not null,
  fiscal_year integer not null,
  journal_code text collate "C" not null,
  journal_label text not null,
  entry_number text collate "C",
  number_prefix text collate "C",
  number_sequence bigint,
  entry_date date not null,
  account_number text collate "C" not null,
  account_label text not null,
  auxiliary_number text,
  auxiliary_label text,
  piece_ref text not null,
  piece_date date not null,
  label text not null,
  debit numeric(15,2) not null,
  credit numeric(15,2) not null,
  lettering text collate "C",
  lettering_date date,
  validated_on date,
  currency text,
  amount_currency numeric(15,2),
  created_at timestamp with time zone default now() not null,
  constraint accounting_entries_pkey PRIMARY KEY (tenant_id, entry_id, line_number),
  constraint accounting_entries_number_unique UNIQUE (tenant_id, fiscal_year, journal_code, number_prefix, number_sequence, line_number),
  constraint accounting_entries_currency_whole CHECK (((currency IS NULL) = (amount_currency IS NULL))),
  constraint accounting_entries_lettering_whole CHECK (((lettering IS NULL) = (lettering_date IS NULL))),
  constraint accounting_entries_number_whole CHECK ((((entry_number IS NULL) = (number_sequence IS NULL)) AND ((entry_number IS NULL) = (number_prefix IS NULL)) AND ((validated_on IS NULL) OR (entry_number IS NOT NULL)))),
  constraint accounting_entries_one_side CHECK (((debit >= (0)::numeric) AND (credit >= (0)::numeric) AND ((debit = (0)::numeric) <> (credit = (0)::numeric))))
);
CREATE INDEX accounting_entries_by_account ON public.accounting_entries USING btree (tenant_id, account_number, entry_date, entry_id, line_number);
CREATE INDEX accounting_entries_by_date ON public.accounting_entries USING btree (tenant_id, entry_date, entry_id) WHERE (line_number = 1);
CREATE INDEX accounting_entries_by_journal ON public.accounting_entries USING btree (tenant_id, journal_code, entry_date, entry_id) WHERE (line_number = 1);
CREATE INDEX accounting_entries_by_lettering ON public.accounting_entries USING btree (tenant_id, account_number, length(lettering), lettering) WHERE (lettering IS NOT NULL);
CREATE INDEX accounting_entries_by_number ON public.accounting_entries USING btree (tenant_id, entry_number, entry_date, entry_id) WHERE ((line_number = 1) AND (entry_number IS NOT NULL));
CREATE INDEX accounting_entries_drafts ON public.accounting_entries USING btree (tenant_id, entry_date, entry_id) WHERE ((line_number = 1) AND (validated_on IS NULL));
alter table public.accounting_entries enable row level security;
alter table public.accounting_entries force row level security;
create policy owner_maintenance on public.accounting_entries as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.accounting_entries as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER accounting_entries_are_not_truncated BEFORE TRUNCATE ON public.accounting_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_truncation_of_entries();
CREATE TRIGGER accounting_entries_validated_are_final BEFORE DELETE OR UPDATE ON public.accounting_entries FOR EACH ROW WHEN ((old.validated_on IS NOT NULL)) EXECUTE FUNCTION public.refuse_change_of_validated_entries();
CREATE TRIGGER count_deleted AFTER DELETE ON public.accounting_entries REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_deleted_entries();
CREATE TRIGGER count_inserted AFTER INSERT ON public.accounting_entries REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_inserted_entries();
grant delete, insert, select, update on table public.accounting_entries to clientele_app;

create table public.analyses (
  tenant_id text not null,
  pk bigint generated always as identity not null,
  client_id uuid not null,
  profile_pk bigint not null,
  profile_submitted_at timestamp with time zone not null,
  status text default 'pending'::text not null,
  attempt integer default 0 not null,
  scorecard_version integer,
  score integer,
  result jsonb,
  sensitive_ciphertext text,
  failure text,
  quota_month date,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  completed_at timestamp with time zone,
  constraint analyses_pkey PRIMARY KEY (tenant_id, pk),
  constraint analyses_completed_whole CHECK (((status <> 'completed'::text) OR (num_nulls(scorecard_version, score, result, completed_at) = 0))),
  constraint analyses_failed_whole CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint analyses_failure_known CHECK ((failure = ANY (ARRAY['profile_changed'::text, 'content_lost'::text, 'internal'::text]))) NOT VALID,
  constraint analyses_score_range CHECK (((score >= 0) AND (score <= 100))),
  constraint analyses_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text]))),
  constraint analyses_profile FOREIGN KEY (tenant_id, profile_pk) REFERENCES public.profiles(tenant_id, pk) ON DELETE CASCADE
);
CREATE INDEX analyses_of_client ON public.analyses USING btree (tenant_id, client_id, status, pk);
CREATE INDEX analyses_of_profile ON public.analyses USING btree (tenant_id, profile_pk, pk);
CREATE INDEX analyses_of_tenant ON public.analyses USING btree (tenant_id, status, pk);
CREATE UNIQUE INDEX analyses_one_open ON public.analyses USING btree (tenant_id, profile_pk) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
alter table public.analyses enable row level security;
alter table public.analyses force row level security;
create policy owner_maintenance on public.analyses as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.analyses as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER analyses_are_final BEFORE UPDATE OF status, attempt, score, result, scorecard_version, completed_at ON public.analyses FOR EACH ROW WHEN ((old.status = ANY (ARRAY['completed'::text, 'failed'::text]))) EXECUTE FUNCTION public.refuse_change_of_analysis();
grant delete, insert, select, update on table public.analyses to clientele_app;

create table public.analysis_quotas (
  tenant_id text not null,
  client_id uuid not null,
  per_month integer,
  in_total integer,
  month date not null,
  used_in_month integer not null,
  used_in_total integer not null,
  updated_at timestamp with time zone default now() not null,
  constraint analysis_quotas_pkey PRIMARY KEY (tenant_id, client_id),
  constraint analysis_quotas_in_total_positive CHECK ((in_total >= 0)),
  constraint analysis_quotas_per_month_positive CHECK ((per_month >= 0)),
  constraint analysis_quotas_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.analysis_quotas enable row level security;
alter table public.analysis_quotas force row level security;
create policy owner_maintenance on public.analysis_quotas as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.analysis_quotas as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.analysis_quotas to clientele_app;

create table public.api_key_refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  api_key_id text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint api_key_refresh_tokens_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint api_key_refresh_tokens_key FOREIGN KEY (tenant_id, api_key_id) REFERENCES public.api_keys(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX api_key_refresh_tokens_by_expiry ON public.api_key_refresh_tokens USING btree (expires_at);
CREATE INDEX api_key_refresh_tokens_by_hash ON public.api_key_refresh_tokens USING btree (token_hash);
CREATE INDEX api_key_refresh_tokens_by_key ON public.api_key_refresh_tokens USING btree (tenant_id, api_key_id);
alter table public.api_key_refresh_tokens enable row level security;
alter table public.api_key_refresh_tokens force row level security;
create policy owner_maintenance on public.api_key_refresh_tokens as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.api_key_refresh_tokens as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.api_key_refresh_tokens to clientele_app;

create table public.api_keys (
  tenant_id text not null,
  id text not null,
  client_id uuid not null,
  name text not null,
  key_hash bytea not null,
  hint text not null,
  is_primary boolean default false not null,
  scopes text[],
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (tenant_id, id),
  constraint api_keys_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX api_keys_by_client ON public.api_keys USING btree (tenant_id, client_id, created_at);
CREATE INDEX api_keys_by_hash ON public.api_keys USING btree (key_hash);
CREATE UNIQUE INDEX api_keys_name_unique ON public.api_keys USING btree (tenant_id, client_id, name) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX api_keys_one_primary ON public.api_keys USING btree (tenant_id, client_id) WHERE (is_primary AND (revoked_at IS NULL));
alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;
create policy owner_maintenance on public.api_keys as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.api_keys as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.api_keys to clientele_app;

create table public.attribute_catalogues (
  tenant_id text not null,
  version integer not null,
  definition jsonb not null,
  created_at timestamp with time zone default now() not null,
  created_by jsonb not null,
  constraint attribute_catalogues_pkey PRIMARY KEY (tenant_id, version),
  constraint attribute_catalogues_version_positive CHECK ((version > 0)),
  constraint attribute_catalogues_tenant FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE
);
alter table public.attribute_catalogues enable row level security;
alter table public.attribute_catalogues force row level security;
create policy owner_maintenance on public.attribute_catalogues as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.attribute_catalogues as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.attribute_catalogues to clientele_app;

create table public.audit_chains (
  tenant_id text not null,
  category text not null,
  sequence bigint not null,
  link_hash bytea not null,
  first_sequence bigint default 1 not null,
  constraint audit_chains_pkey PRIMARY KEY (tenant_id, category)
);
alter table public.audit_chains enable row level security;
alter table public.audit_chains force row level security;
create policy owner_maintenance on public.audit_chains as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_chains as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant select on table public.audit_chains to clientele_app;

create table public.audit_checkpoints (
  tenant_id text not null,
  id text not null,
  category text not null,
  number integer not null,
  sequence bigint not null,
  kind text not null,
  created_at timestamp with time zone not null,
  key_id text not null,
  payload text not null,
  signature bytea not null,
  constraint audit_checkpoints_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_checkpoints_number UNIQUE (tenant_id, category, number),
  constraint audit_checkpoints_kind_known CHECK ((kind = ANY (ARRAY['hourly'::text, 'demand'::text, 'export'::text, 'retention'::text])))
);
CREATE INDEX audit_checkpoints_by_time ON public.audit_checkpoints USING btree (tenant_id, created_at);
alter table public.audit_checkpoints enable row level security;
alter table public.audit_checkpoints force row level security;
create policy owner_maintenance on public.audit_checkpoints as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_checkpoints as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_checkpoints_are_final BEFORE DELETE OR UPDATE ON public.audit_checkpoints FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_checkpoints_are_not_truncated BEFORE TRUNCATE ON public.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
grant insert, select on table public.audit_checkpoints to clientele_app;

create table public.audit_events (
  tenant_id text not null,
  id text not null,
  occurred_at timestamp with time zone default now() not null,
  category text not null,
  severity text default 'info'::text not null,
  action text not null,
  description text not null,
  actor json not null,
  target_type text,
  target_id text,
  context json default '{}'::json not null,
  request_id text,
  "position" bigint default 
CASE
    WHEN (pg_current_xact_id() IS NOT NULL) THEN nextval('public.audit_event_positions'::regclass)
    ELSE NULL::bigint
END not null,
  user_id text,
  client_id text,
  constraint audit_events_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_events_by_action ON public.audit_events USING btree (tenant_id, action, occurred_at);
CREATE INDEX audit_events_by_category ON public.audit_events USING btree (tenant_id, category, occurred_at);
CREATE INDEX audit_events_by_client ON public.audit_events USING btree (tenant_id, client_id, occurred_at) WHERE (client_id IS NOT NULL);
CREATE UNIQUE INDEX audit_events_by_position ON public.audit_events USING btree ("position");
CREATE INDEX audit_events_by_request ON public.audit_events USING btree (tenant_id, request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX audit_events_by_severity ON public.audit_events USING btree (tenant_id, severity, occurred_at) WHERE (severity <> 'info'::text);
CREATE INDEX audit_events_by_target ON public.audit_events USING btree (tenant_id, target_id, occurred_at) WHERE (target_id IS NOT NULL);
CREATE INDEX audit_events_by_time ON public.audit_events USING btree (tenant_id, occurred_at);
CREATE INDEX audit_events_by_user ON public.audit_events USING btree (tenant_id, user_id, occurred_at) WHERE (user_id IS NOT NULL);
alter table public.audit_events enable row level security;
alter table public.audit_events force row level security;
create policy owner_maintenance on public.audit_events as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_events as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_events_are_final BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_events_are_not_truncated BEFORE TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_events_come_through_inbox BEFORE INSERT ON public.audit_events FOR EACH ROW WHEN ((current_setting('app.audit_sealing'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION public.put_into_audit_inbox();
grant insert, select on table public.audit_events to clientele_app;

create table public.audit_forwarding_cursors (
  tenant_id text not null,
  forwarding_id text not null,
  category text not null,
  sequence bigint not null,
  constraint audit_forwarding_cursors_pkey PRIMARY KEY (tenant_id, forwarding_id, category),
  constraint audit_forwarding_cursors_forwarding FOREIGN KEY (tenant_id, forwarding_id) REFERENCES public.audit_forwardings(tenant_id, id) ON DELETE CASCADE
);
alter table public.audit_forwarding_cursors enable row level security;
alter table public.audit_forwarding_cursors force row level security;
create policy owner_maintenance on public.audit_forwarding_cursors as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_forwarding_cursors as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.audit_forwarding_cursors to clientele_app;

create table public.audit_forwardings (
  tenant_id text not null,
  id text not null,
  kind text not null,
  settings jsonb not null,
  secret_ciphertext text,
  categories text[],
  created_at timestamp with time zone default now() not null,
  failures integer default 0 not null,
  last_error text,
  last_success_at timestamp with time zone,
  next_attempt_at timestamp with time zone default now() not null,
  constraint audit_forwardings_pkey PRIMARY KEY (tenant_id, id),
  constraint audit_forwardings_kind_known CHECK ((kind = ANY (ARRAY['syslog'::text, 'webhook'::text, 'platform'::text]))),
  constraint audit_forwardings_tenant FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE
);
CREATE INDEX audit_forwardings_by_attempt ON public.audit_forwardings USING btree (next_attempt_at);
alter table public.audit_forwardings enable row level security;
alter table public.audit_forwardings force row level security;
create policy owner_maintenance on public.audit_forwardings as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_forwardings as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.audit_forwardings to clientele_app;

create table public.audit_inbox (
  tenant_id text not null,
  id text not null,
  occurred_at timestamp with time zone default now() not null,
  category text not null,
  severity text default 'info'::text not null,
  action text not null,
  description text not null,
  actor json not null,
  target_type text,
  target_id text,
  context json default '{}'::json not null,
  request_id text,
  "position" bigint default 
CASE
    WHEN (pg_current_xact_id() IS NOT NULL) THEN nextval('public.audit_event_positions'::regclass)
    ELSE NULL::bigint
END not null,
  user_id text,
  client_id text,
  constraint audit_inbox_pkey PRIMARY KEY ("position")
) inherits (public.audit_events) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=10000, autovacuum_vacuum_insert_threshold=-1, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=100000, vacuum_truncate=off);
alter table public.audit_inbox enable row level security;
alter table public.audit_inbox force row level security;
create policy owner_maintenance on public.audit_inbox as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_inbox as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_inbox_is_final BEFORE DELETE OR UPDATE ON public.audit_inbox FOR EACH ROW WHEN ((current_setting('app.audit_sealing'::text, true) IS DISTINCT FROM 'on'::text)) EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_inbox_is_not_truncated BEFORE TRUNCATE ON public.audit_inbox FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
grant insert, select on table public.audit_inbox to clientele_app;

create table public.audit_keys (
  id text not null,
  public_key text not null,
  private_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  constraint audit_keys_pkey PRIMARY KEY (id)
);
grant insert, select on table public.audit_keys to clientele_app;

create table public.audit_links (
  tenant_id text not null,
  category text not null,
  sequence bigint not null,
  event_id text not null,
  event_hash bytea not null,
  link_hash bytea not null,
  constraint audit_links_pkey PRIMARY KEY (tenant_id, category, sequence),
  constraint audit_links_event UNIQUE (tenant_id, event_id)
);
alter table public.audit_links enable row level security;
alter table public.audit_links force row level security;
create policy owner_maintenance on public.audit_links as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_links as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_links_are_final BEFORE DELETE OR UPDATE ON public.audit_links FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_links_are_not_truncated BEFORE TRUNCATE ON public.audit_links FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
grant select on table public.audit_links to clientele_app;

create view public.audit_log (
  tenant_id text,
  id text,
  occurred_at timestamp with time zone,
  category text,
  severity text,
  action text,
  description text,
  actor json,
  target_type text,
  target_id text,
  context json,
  request_id text,
  "position" bigint,
  user_id text,
  client_id text
) with (security_invoker=true);
grant select on table public.audit_log to clientele_app;

create table public.audit_redactions (
  tenant_id text not null,
  id text not null,
  category text not null,
  erasure_id text not null,
  redacted_at timestamp with time zone not null,
  key_id text not null,
  payload text not null,
  signature bytea not null,
  constraint audit_redactions_pkey PRIMARY KEY (tenant_id, id)
);
alter table public.audit_redactions enable row level security;
alter table public.audit_redactions force row level security;
create policy owner_maintenance on public.audit_redactions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_redactions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER audit_redactions_are_final BEFORE DELETE OR UPDATE ON public.audit_redactions FOR EACH ROW EXECUTE FUNCTION public.refuse_change_of_audit_events();
CREATE TRIGGER audit_redactions_are_not_truncated BEFORE TRUNCATE ON public.audit_redactions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_events();
grant select on table public.audit_redactions to clientele_app;

create table public.audit_sealing (
  id boolean default true not null,
  settled bigint default 0 not null,
  seen bigint default 0 not null,
  pending bigint,
  pending_xid xid8,
  swept_at timestamp with time zone default now() not null,
  constraint audit_sealing_pkey PRIMARY KEY (id),
  constraint audit_sealing_is_one CHECK (id)
);

create table public.audit_settings (
  tenant_id text not null,
  retention_days integer,
  updated_at timestamp with time zone default now() not null,
  constraint audit_settings_pkey PRIMARY KEY (tenant_id),
  constraint audit_settings_retention_long CHECK (((retention_days >= 30) AND (retention_days <= 36500))),
  constraint audit_settings_tenant FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE
);
alter table public.audit_settings enable row level security;
alter table public.audit_settings force row level security;
create policy owner_maintenance on public.audit_settings as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.audit_settings as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.audit_settings to clientele_app;

create table public.backup_codes (
  tenant_id text not null,
  user_id text not null,
  code_hash bytea not null,
  is_pending boolean not null,
  created_at timestamp with time zone default now() not null,
  used_at timestamp with time zone,
  constraint backup_codes_pkey PRIMARY KEY (tenant_id, user_id, code_hash),
  constraint backup_codes_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
alter table public.backup_codes enable row level security;
alter table public.backup_codes force row level security;
create policy owner_maintenance on public.backup_codes as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.backup_codes as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.backup_codes to clientele_app;

create table public.checks (
  tenant_id text not null,
  id text not null,
  kind text not null,
  request jsonb not null,
  requested_by jsonb not null,
  status text default 'pending'::text not null,
  attempt integer default 0 not null,
  expected bigint not null,
  checked bigint default 0 not null,
  valid boolean,
  result_ciphertext text,
  failure text,
  failure_message text,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  constraint checks_pkey PRIMARY KEY (tenant_id, id),
  constraint checks_completed_whole CHECK (((status = 'completed'::text) = (num_nonnulls(valid, result_ciphertext) = 2))),
  constraint checks_failed_why CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint checks_kind_known CHECK ((kind = ANY (ARRAY['audit_verification'::text, 'import_validation'::text]))),
  constraint checks_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX checks_by_age ON public.checks USING btree (created_at);
CREATE INDEX checks_newest ON public.checks USING btree (tenant_id, kind, created_at DESC, id DESC);
alter table public.checks enable row level security;
alter table public.checks force row level security;
create policy owner_maintenance on public.checks as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.checks as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER checks_are_final BEFORE UPDATE OF status, attempt, checked, valid, failure ON public.checks FOR EACH ROW WHEN ((old.status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text]))) EXECUTE FUNCTION public.refuse_change_of_check();
grant insert, select, update on table public.checks to clientele_app;

create table public.client_credentials (
  tenant_id text not null,
  client_id uuid not null,
  kind text not null,
  id bigint generated always as identity not null,
  flow_service_url text not null,
  token_url text not null,
  oauth_client_id text not null,
  secret_ciphertext text not null,
  encryption_mode text not null,
  is_active boolean default true not null,
  mode_sandbox boolean default false not null,
  last_test_at timestamp with time zone,
  last_test_success boolean,
  last_test_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint client_credentials_pkey PRIMARY KEY (tenant_id, client_id, kind),
  constraint client_credentials_kind_known CHECK ((kind = ANY (ARRAY['pdp'::text, 'chorus'::text]))),
  constraint client_credentials_mode_known CHECK ((encryption_mode = ANY (ARRAY['fernet'::text, 'double'::text]))),
  constraint client_credentials_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.client_credentials enable row level security;
alter table public.client_credentials force row level security;
create policy owner_maintenance on public.client_credentials as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.client_credentials as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.client_credentials to clientele_app;

create table public.clients (
  tenant_id text not null,
  id uuid not null,
  name text not null,
  description text,
  siret text,
  is_active boolean default true not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint clients_pkey PRIMARY KEY (tenant_id, id),
  constraint clients_name_unique UNIQUE (tenant_id, name)
);
CREATE INDEX clients_by_letters ON public.clients USING gin (public.client_letters(tenant_id, name)) WITH (fastupdate=off);
CREATE INDEX clients_by_siret ON public.clients USING btree (tenant_id, siret COLLATE "C") WHERE (siret IS NOT NULL);
alter table public.clients enable row level security;
alter table public.clients force row level security;
create policy owner_maintenance on public.clients as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.clients as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER count_deleted AFTER DELETE ON public.clients REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_deleted_rows();
CREATE TRIGGER count_inserted AFTER INSERT ON public.clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_inserted_rows();
CREATE TRIGGER detach_invoices AFTER DELETE ON public.clients REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.detach_invoices_of_deleted_clients();
grant delete, insert, select, update on table public.clients to clientele_app;

create table public.companies (
  tenant_id text not null,
  siren text,
  fiscal_year_end text default '12-31'::text not null,
  irregular_years jsonb default '[]'::jsonb not null,
  updated_at timestamp with time zone default now() not null,
  constraint companies_pkey PRIMARY KEY (tenant_id),
  constraint companies_fiscal_year_end_form CHECK ((fiscal_year_end ~ '^[0-9]{2}-[0-9]{2}$'::text)),
  constraint companies_siren_form CHECK ((siren ~ '^[0-9]{9}$'::text))
);
alter table public.companies enable row level security;
alter table public.companies force row level security;
create policy owner_maintenance on public.companies as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.companies as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.companies to clientele_app;

create table public.customers (
  tenant_id text not null,
  id uuid not null,
  code text collate "C" not null,
  name text not null,
  email text,
  phone text,
  siret text,
  vat_number text,
  address_line1 text,
  address_line2 text,
  postal_code text,
  city text,
  country_code text,
  is_active boolean default true not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  name_key text collate "C" generated always as (lower(name)) stored,
  constraint customers_pkey PRIMARY KEY (tenant_id, id),
  constraint customers_code_unique UNIQUE (tenant_id, code)
);
CREATE INDEX customers_by_name ON public.customers USING btree (tenant_id, name_key, id);
CREATE INDEX customers_by_siret ON public.customers USING btree (tenant_id, siret, id) WHERE (siret IS NOT NULL);
alter table public.customers enable row level security;
alter table public.customers force row level security;
create policy owner_maintenance on public.customers as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.customers as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER count_deleted AFTER DELETE ON public.customers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_deleted_rows();
CREATE TRIGGER count_inserted AFTER INSERT ON public.customers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_inserted_rows();
grant delete, insert, select, update on table public.customers to clientele_app;

create table public.domain_events (
  tenant_id text not null,
  id uuid not null,
  type text not null,
  client_id uuid,
  data jsonb not null,
  occurred_at timestamp with time zone default now() not null,
  sequence bigint generated always as identity not null,
  user_id text,
  constraint domain_events_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX domain_events_by_time ON public.domain_events USING btree (occurred_at);
alter table public.domain_events enable row level security;
alter table public.domain_events force row level security;
create policy owner_maintenance on public.domain_events as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.domain_events as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER domain_events_go_out AFTER INSERT ON public.domain_events FOR EACH ROW EXECUTE FUNCTION public.domain_event_goes_out();
grant delete, insert, select on table public.domain_events to clientele_app;
grant update (data) on table public.domain_events to clientele_app;

create table public.email_configs (
  tenant_id text not null,
  client_id uuid not null,
  provider text not null,
  settings jsonb not null,
  secret_ciphertext text not null,
  last_test_at timestamp with time zone,
  last_test_success boolean,
  last_test_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint email_configs_pkey PRIMARY KEY (tenant_id, client_id),
  constraint email_configs_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.email_configs enable row level security;
alter table public.email_configs force row level security;
create policy owner_maintenance on public.email_configs as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.email_configs as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.email_configs to clientele_app;

create table public.erasures (
  tenant_id text not null,
  id text not null,
  subject_type text not null,
  subject_id text not null,
  requested_by jsonb not null,
  status text default 'pending'::text not null,
  attempt integer default 0 not null,
  marks_ciphertext text,
  outcome jsonb default '{}'::jsonb not null,
  failure text,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  constraint erasures_pkey PRIMARY KEY (tenant_id, id),
  constraint erasures_failed_why CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint erasures_forget CHECK (((status = ANY (ARRAY['pending'::text, 'running'::text])) OR (marks_ciphertext IS NULL))),
  constraint erasures_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text]))),
  constraint erasures_subject_known CHECK ((subject_type = ANY (ARRAY['user'::text, 'customer'::text, 'profile'::text])))
);
CREATE INDEX erasures_newest ON public.erasures USING btree (tenant_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX erasures_one_open ON public.erasures USING btree (tenant_id, subject_type, subject_id) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
alter table public.erasures enable row level security;
alter table public.erasures force row level security;
create policy owner_maintenance on public.erasures as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.erasures as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.erasures to clientele_app;

create table public.exports (
  tenant_id text not null,
  id text not null,
  entity_type text not null,
  format text not null,
  request jsonb not null,
  requested_by jsonb not null,
  status text not null,
  attempt integer default 0 not null,
  rows_expected bigint,
  rows_written bigint default 0 not null,
  failure text,
  failure_details jsonb,
  file_name text not null,
  file_id text,
  file_size bigint,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  expires_at timestamp with time zone,
  constraint exports_pkey PRIMARY KEY (tenant_id, id),
  constraint exports_failed_why CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint exports_ready_whole CHECK (((status <> 'ready'::text) OR (num_nulls(file_size, ended_at, expires_at) = 0))),
  constraint exports_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'ready'::text, 'failed'::text, 'cancelled'::text]))),
  constraint exports_file FOREIGN KEY (tenant_id, file_id) REFERENCES public.files(tenant_id, id) ON DELETE SET NULL (file_id)
);
CREATE INDEX exports_by_age ON public.exports USING btree (created_at);
CREATE INDEX exports_by_file ON public.exports USING btree (tenant_id, file_id) WHERE (file_id IS NOT NULL);
CREATE INDEX exports_newest ON public.exports USING btree (tenant_id, created_at DESC, id DESC);
alter table public.exports enable row level security;
alter table public.exports force row level security;
create policy owner_maintenance on public.exports as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.exports as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER exports_own_files AFTER DELETE ON public.exports FOR EACH ROW EXECUTE FUNCTION public.delete_owned_file();
grant insert, select, update on table public.exports to clientele_app;

create table public.file_chunks (
  tenant_id text not null,
  file_id text not null,
  number integer not null,
  sealed bytea not null,
  constraint file_chunks_pkey PRIMARY KEY (tenant_id, file_id, number),
  constraint file_chunks_file FOREIGN KEY (tenant_id, file_id) REFERENCES public.files(tenant_id, id) ON DELETE CASCADE
);
alter table public.file_chunks enable row level security;
alter table public.file_chunks force row level security;
create policy owner_maintenance on public.file_chunks as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.file_chunks as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.file_chunks to clientele_app;

create table public.files (
  tenant_id text not null,
  id text not null,
  data_key_ciphertext text not null,
  chunk_bytes integer not null,
  size bigint,
  sha256 bytea,
  content_type text,
  scan text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  compressed boolean default false not null,
  constraint files_pkey PRIMARY KEY (tenant_id, id),
  constraint files_scan_known CHECK ((scan = ANY (ARRAY['clean'::text, 'not_scanned'::text]))),
  constraint files_whole_or_unfinished CHECK ((num_nulls(size, sha256, content_type, scan) = ANY (ARRAY[0, 4])))
);
CREATE INDEX files_by_expiry ON public.files USING btree (expires_at) WHERE (expires_at IS NOT NULL);
alter table public.files enable row level security;
alter table public.files force row level security;
create policy owner_maintenance on public.files as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.files as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER files_are_counted AFTER UPDATE OF size ON public.files FOR EACH ROW WHEN (((old.size IS NULL) AND (new.size IS NOT NULL))) EXECUTE FUNCTION public.count_stored_file();
CREATE TRIGGER files_are_released AFTER DELETE ON public.files REFERENCING OLD TABLE AS deleted_files FOR EACH STATEMENT EXECUTE FUNCTION public.release_stored_files();
CREATE TRIGGER whole_files_are_counted AFTER INSERT ON public.files FOR EACH ROW WHEN ((new.size IS NOT NULL)) EXECUTE FUNCTION public.count_stored_file();
grant delete, insert, select, update on table public.files to clientele_app;

create table public.idempotency_keys (
  tenant_id text not null,
  caller text not null,
  key text not null,
  operation text not null,
  request_hash bytea not null,
  response_ciphertext text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, caller, key)
);
CREATE INDEX idempotency_keys_by_expiry ON public.idempotency_keys USING btree (expires_at);
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
create policy owner_maintenance on public.idempotency_keys as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.idempotency_keys as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.idempotency_keys to clientele_app;

create table public.import_files (
  tenant_id text not null,
  file_id text not null,
  sha256 text not null,
  size bigint not null,
  layout jsonb not null,
  rows_estimated bigint not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint import_files_pkey PRIMARY KEY (tenant_id, file_id),
  constraint import_files_file FOREIGN KEY (tenant_id, file_id) REFERENCES public.files(tenant_id, id)
);
CREATE INDEX import_files_by_expiry ON public.import_files USING btree (expires_at);
alter table public.import_files enable row level security;
alter table public.import_files force row level security;
create policy owner_maintenance on public.import_files as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.import_files as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER import_files_own_files AFTER DELETE ON public.import_files FOR EACH ROW EXECUTE FUNCTION public.delete_owned_file();
grant delete, insert, select, update on table public.import_files to clientele_app;

create table public.import_refusals (
  tenant_id text not null,
  import_id text not null,
  "position" bigint not null,
  refused integer not null,
  rows_ciphertext text not null,
  constraint import_refusals_pkey PRIMARY KEY (tenant_id, import_id, "position"),
  constraint import_refusals_import FOREIGN KEY (tenant_id, import_id) REFERENCES public.imports(tenant_id, id) ON DELETE CASCADE
);
alter table public.import_refusals enable row level security;
alter table public.import_refusals force row level security;
create policy owner_maintenance on public.import_refusals as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.import_refusals as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.import_refusals to clientele_app;
grant update (rows_ciphertext) on table public.import_refusals to clientele_app;

create table public.import_templates (
  tenant_id text not null,
  id text not null,
  entity text not null,
  name text not null,
  definition jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint import_templates_pkey PRIMARY KEY (tenant_id, id)
);
alter table public.import_templates enable row level security;
alter table public.import_templates force row level security;
create policy owner_maintenance on public.import_templates as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.import_templates as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.import_templates to clientele_app;

create table public.imports (
  tenant_id text not null,
  id text not null,
  entity text not null,
  template_id text,
  file_id text not null,
  file_sha256 text not null,
  plan jsonb not null,
  status text default 'queued'::text not null,
  attempt integer default 0 not null,
  cancel_requested boolean default false not null,
  rows_estimated bigint not null,
  rows_read bigint default 0 not null,
  rows_inserted bigint default 0 not null,
  rows_updated bigint default 0 not null,
  rows_unchanged bigint default 0 not null,
  rows_refused bigint default 0 not null,
  failure text,
  refused_file_id text,
  created_by text,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  resumed_at timestamp with time zone,
  resumed_rows bigint default 0 not null,
  progressed_at timestamp with time zone,
  finished_at timestamp with time zone,
  failure_code text,
  failure_parameters jsonb,
  constraint imports_pkey PRIMARY KEY (tenant_id, id),
  constraint imports_status_known CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX imports_by_end ON public.imports USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX imports_by_file ON public.imports USING btree (tenant_id, file_sha256, entity);
CREATE INDEX imports_under_way ON public.imports USING btree (tenant_id, file_id) WHERE (status = ANY (ARRAY['queued'::text, 'processing'::text]));
alter table public.imports enable row level security;
alter table public.imports force row level security;
create policy owner_maintenance on public.imports as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.imports as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER imports_are_final BEFORE UPDATE OF status, attempt, rows_read, rows_inserted, rows_updated, rows_refused ON public.imports FOR EACH ROW WHEN ((old.status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text]))) EXECUTE FUNCTION public.refuse_change_of_import();
CREATE TRIGGER imports_own_refused_files AFTER DELETE ON public.imports FOR EACH ROW WHEN ((old.refused_file_id IS NOT NULL)) EXECUTE FUNCTION public.delete_file_of_refused_rows();
grant delete, insert, select, update on table public.imports to clientele_app;

create table public.invitations (
  tenant_id text not null,
  id text not null,
  token_hash bytea not null,
  email text not null,
  email_key text not null,
  roles text[] not null,
  invited_by text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  accepted_at timestamp with time zone,
  constraint invitations_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX invitations_by_expiry ON public.invitations USING btree (expires_at);
CREATE INDEX invitations_by_hash ON public.invitations USING btree (token_hash);
CREATE UNIQUE INDEX invitations_one_per_email ON public.invitations USING btree (tenant_id, email_key) WHERE (accepted_at IS NULL);
alter table public.invitations enable row level security;
alter table public.invitations force row level security;
create policy owner_maintenance on public.invitations as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.invitations as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.invitations to clientele_app;

create table public.invoice_lines (
  tenant_id text not null,
  invoice_id uuid not null,
  line_number integer not null,
  description text not null,
  quantity numeric(15,3) not null,
  unit_price numeric(17,4) not null,
  vat_rate numeric(5,2) not null,
  net_amount numeric(15,2) not null,
  constraint invoice_lines_pkey PRIMARY KEY (tenant_id, invoice_id, line_number)
);
alter table public.invoice_lines enable row level security;
alter table public.invoice_lines force row level security;
create policy owner_maintenance on public.invoice_lines as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.invoice_lines as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.invoice_lines to clientele_app;

create table public.invoices (
  tenant_id text not null,
  id uuid not null,
  number text collate "C" not null,
  customer_id uuid not null,
  client_id uuid,
  invoice_date date not null,
  due_date date,
  currency text not null,
  status text not null,
  net_amount numeric(15,2) not null,
  tax_amount numeric(15,2) not null,
  total_amount numeric(15,2) not null,
  note text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint invoices_pkey PRIMARY KEY (tenant_id, id),
  constraint invoices_number_unique UNIQUE (tenant_id, number),
  constraint invoices_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint invoices_status_known CHECK ((status = ANY (ARRAY['draft'::text, 'sent'::text, 'paid'::text, 'overdue'::text, 'approved'::text, 'rejected'::text, 'cancelled'::text]))),
  constraint invoices_total_is_sum CHECK ((total_amount = (net_amount + tax_amount)))
);
CREATE INDEX invoices_by_client ON public.invoices USING btree (tenant_id, client_id, invoice_date, id) WHERE (client_id IS NOT NULL);
CREATE INDEX invoices_by_customer ON public.invoices USING btree (tenant_id, customer_id, invoice_date, id);
CREATE INDEX invoices_by_date ON public.invoices USING btree (tenant_id, invoice_date, id);
CREATE INDEX invoices_by_status ON public.invoices USING btree (tenant_id, status, invoice_date, id);
alter table public.invoices enable row level security;
alter table public.invoices force row level security;
create policy owner_maintenance on public.invoices as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.invoices as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER count_deleted AFTER DELETE ON public.invoices REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_deleted_rows();
CREATE TRIGGER count_inserted AFTER INSERT ON public.invoices REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.count_inserted_rows();
grant delete, insert, select, update on table public.invoices to clientele_app;

create table public.known_addresses (
  tenant_id text not null,
  user_id text not null,
  address text not null,
  last_used_at timestamp with time zone default now() not null,
  constraint known_addresses_pkey PRIMARY KEY (tenant_id, user_id, address),
  constraint known_addresses_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX known_addresses_by_age ON public.known_addresses USING btree (last_used_at);
alter table public.known_addresses enable row level security;
alter table public.known_addresses force row level security;
create policy owner_maintenance on public.known_addresses as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.known_addresses as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.known_addresses to clientele_app;

create table public.notification_attempts (
  tenant_id text not null,
  delivery_id bigint not null,
  number integer not null,
  started_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  outcome text,
  response text,
  constraint notification_attempts_pkey PRIMARY KEY (tenant_id, delivery_id, number)
);
alter table public.notification_attempts enable row level security;
alter table public.notification_attempts force row level security;
create policy owner_maintenance on public.notification_attempts as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_attempts as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, select on table public.notification_attempts to clientele_app;
grant update (response) on table public.notification_attempts to clientele_app;

create table public.notification_deliveries (
  tenant_id text not null,
  id bigint generated always as identity not null,
  notification_id text,
  channel text not null,
  status text not null,
  reason text,
  user_id text,
  address text,
  address_key text,
  category text,
  language text,
  client_id uuid,
  digest_id bigint,
  attempts integer default 0 not null,
  due_at timestamp with time zone,
  provider text,
  provider_message_id text,
  last_error text,
  created_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  constraint notification_deliveries_pkey PRIMARY KEY (tenant_id, id),
  constraint notification_deliveries_channel_known CHECK ((channel = ANY (ARRAY['email'::text, 'in_app'::text, 'webhook'::text]))),
  constraint notification_deliveries_status_known CHECK ((status = ANY (ARRAY['queued'::text, 'digest'::text, 'collecting'::text, 'sending'::text, 'retrying'::text, 'sent'::text, 'failed'::text, 'suppressed'::text, 'bounced'::text, 'complained'::text])))
);
CREATE INDEX notification_deliveries_by_message ON public.notification_deliveries USING btree (tenant_id, provider_message_id) WHERE (provider_message_id IS NOT NULL);
CREATE INDEX notification_deliveries_by_status ON public.notification_deliveries USING btree (tenant_id, status, id);
CREATE INDEX notification_deliveries_due ON public.notification_deliveries USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX notification_deliveries_due_of_tenant ON public.notification_deliveries USING btree (tenant_id, due_at, id) WHERE (due_at IS NOT NULL);
CREATE INDEX notification_deliveries_of_digest ON public.notification_deliveries USING btree (tenant_id, digest_id) WHERE (digest_id IS NOT NULL);
CREATE INDEX notification_deliveries_of_notification ON public.notification_deliveries USING btree (tenant_id, notification_id);
CREATE UNIQUE INDEX notification_deliveries_one_digest ON public.notification_deliveries USING btree (tenant_id, user_id) WHERE (status = 'collecting'::text);
CREATE INDEX notification_digests_by_time ON public.notification_deliveries USING btree (created_at) WHERE (notification_id IS NULL);
alter table public.notification_deliveries enable row level security;
alter table public.notification_deliveries force row level security;
create policy owner_maintenance on public.notification_deliveries as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_deliveries as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notification_deliveries to clientele_app;

create table public.notification_feedback_sources (
  tenant_id text not null,
  id text not null,
  provider text not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  last_received_at timestamp with time zone,
  constraint notification_feedback_sources_pkey PRIMARY KEY (tenant_id, id),
  constraint notification_feedback_sources_provider_known CHECK ((provider = ANY (ARRAY['mailgun'::text, 'sendgrid'::text, 'postmark'::text, 'ses'::text])))
);
CREATE INDEX notification_feedback_sources_by_id ON public.notification_feedback_sources USING btree (id);
alter table public.notification_feedback_sources enable row level security;
alter table public.notification_feedback_sources force row level security;
create policy owner_maintenance on public.notification_feedback_sources as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_feedback_sources as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notification_feedback_sources to clientele_app;

create table public.notification_link_keys (
  id text not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  constraint notification_link_keys_pkey PRIMARY KEY (id)
);
grant insert, select on table public.notification_link_keys to clientele_app;

create table public.notification_preferences (
  tenant_id text not null,
  user_id text not null,
  enabled_channels text[] not null,
  categories jsonb default '{}'::jsonb not null,
  quiet_start smallint,
  quiet_end smallint,
  time_zone text not null,
  language text not null,
  digest text default 'off'::text not null,
  digest_hour smallint not null,
  digest_weekday smallint not null,
  updated_at timestamp with time zone default now() not null,
  constraint notification_preferences_pkey PRIMARY KEY (tenant_id, user_id),
  constraint notification_preferences_digest_known CHECK ((digest = ANY (ARRAY['off'::text, 'daily'::text, 'weekly'::text]))),
  constraint notification_preferences_language_known CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
  constraint notification_preferences_quiet CHECK (((quiet_start IS NULL) = (quiet_end IS NULL))),
  constraint notification_preferences_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
alter table public.notification_preferences enable row level security;
alter table public.notification_preferences force row level security;
create policy owner_maintenance on public.notification_preferences as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_preferences as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notification_preferences to clientele_app;

create table public.notification_settings (
  tenant_id text not null,
  daily_limit integer,
  retention_days integer,
  language text,
  time_zone text,
  updated_at timestamp with time zone default now() not null,
  constraint notification_settings_pkey PRIMARY KEY (tenant_id),
  constraint notification_settings_language_known CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text])))
);
alter table public.notification_settings enable row level security;
alter table public.notification_settings force row level security;
create policy owner_maintenance on public.notification_settings as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_settings as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.notification_settings to clientele_app;

create table public.notification_suppressions (
  tenant_id text not null,
  address_key text not null,
  category text not null,
  reason text not null,
  source text not null,
  created_at timestamp with time zone default now() not null,
  constraint notification_suppressions_pkey PRIMARY KEY (tenant_id, address_key, category),
  constraint notification_suppressions_reason_known CHECK ((reason = ANY (ARRAY['bounce'::text, 'complaint'::text, 'unsubscribe'::text, 'manual'::text])))
);
alter table public.notification_suppressions enable row level security;
alter table public.notification_suppressions force row level security;
create policy owner_maintenance on public.notification_suppressions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_suppressions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notification_suppressions to clientele_app;

create table public.notification_template_versions (
  tenant_id text not null,
  template_id text not null,
  version integer not null,
  content json not null,
  created_at timestamp with time zone default now() not null,
  created_by text,
  constraint notification_template_versions_pkey PRIMARY KEY (tenant_id, template_id, version),
  constraint notification_template_versions_template FOREIGN KEY (tenant_id, template_id) REFERENCES public.notification_templates(tenant_id, id) ON DELETE CASCADE
);
alter table public.notification_template_versions enable row level security;
alter table public.notification_template_versions force row level security;
create policy owner_maintenance on public.notification_template_versions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_template_versions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.notification_template_versions to clientele_app;

create table public.notification_templates (
  tenant_id text not null,
  id text not null,
  active_version integer,
  last_version integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint notification_templates_pkey PRIMARY KEY (tenant_id, id)
);
alter table public.notification_templates enable row level security;
alter table public.notification_templates force row level security;
create policy owner_maintenance on public.notification_templates as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_templates as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notification_templates to clientele_app;

create table public.notification_usage (
  tenant_id text not null,
  day date not null,
  shard smallint not null,
  used integer not null,
  constraint notification_usage_pkey PRIMARY KEY (tenant_id, day, shard)
);
CREATE INDEX notification_usage_by_day ON public.notification_usage USING btree (day);
alter table public.notification_usage enable row level security;
alter table public.notification_usage force row level security;
create policy owner_maintenance on public.notification_usage as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notification_usage as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.notification_usage to clientele_app;

create table public.notifications (
  tenant_id text not null,
  id text not null,
  recipient text not null,
  user_id text,
  category text not null,
  template_id text not null,
  template_version integer not null,
  language text not null,
  title text not null,
  body text not null,
  html text,
  action_url text,
  action_label text,
  dedupe_key text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  shown_at timestamp with time zone,
  "position" bigint,
  read_at timestamp with time zone,
  attachment jsonb,
  constraint notifications_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX notifications_by_expiry ON public.notifications USING btree (expires_at);
CREATE INDEX notifications_of_user ON public.notifications USING btree (tenant_id, user_id, "position") WHERE ("position" IS NOT NULL);
CREATE UNIQUE INDEX notifications_once ON public.notifications USING btree (tenant_id, recipient, dedupe_key) WHERE (dedupe_key IS NOT NULL);
CREATE INDEX notifications_unread ON public.notifications USING btree (tenant_id, user_id, "position") WHERE (("position" IS NOT NULL) AND (read_at IS NULL));
alter table public.notifications enable row level security;
alter table public.notifications force row level security;
create policy owner_maintenance on public.notifications as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.notifications as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.notifications to clientele_app;

create table public.oauth_clients (
  tenant_id text not null,
  id uuid not null,
  client_id text not null,
  client_name text,
  secret_hash text,
  secret_expires_at timestamp with time zone,
  authentication_methods text[] not null,
  grant_types text[] not null,
  redirect_uris text[] not null,
  post_logout_redirect_uris text[] not null,
  scopes text[] not null,
  client_settings text not null,
  token_settings text not null,
  version integer default 1 not null,
  issued_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint oauth_clients_pkey PRIMARY KEY (tenant_id, id),
  constraint oauth_clients_client_id_unique UNIQUE (client_id)
);
CREATE INDEX oauth_clients_by_time ON public.oauth_clients USING btree (tenant_id, issued_at, id);
alter table public.oauth_clients enable row level security;
alter table public.oauth_clients force row level security;
create policy owner_maintenance on public.oauth_clients as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.oauth_clients as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.oauth_clients to clientele_app;

create table public.oauth_consents (
  tenant_id text not null,
  user_id text not null,
  registered_client_id uuid not null,
  scopes text[] not null,
  given_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint oauth_consents_pkey PRIMARY KEY (tenant_id, user_id, registered_client_id),
  constraint oauth_consents_client FOREIGN KEY (tenant_id, registered_client_id) REFERENCES public.oauth_clients(tenant_id, id) ON DELETE CASCADE,
  constraint oauth_consents_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_consents_by_client ON public.oauth_consents USING btree (tenant_id, registered_client_id);
alter table public.oauth_consents enable row level security;
alter table public.oauth_consents force row level security;
create policy owner_maintenance on public.oauth_consents as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.oauth_consents as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.oauth_consents to clientele_app;

create table public.oidc_payloads (
  model text not null,
  id_hash bytea not null,
  grant_hash bytea,
  uid_hash bytea,
  client_id text,
  payload_ciphertext text not null,
  consumed_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  account_hash bytea,
  constraint oidc_payloads_pkey PRIMARY KEY (model, id_hash)
);
CREATE INDEX oidc_payloads_by_account ON public.oidc_payloads USING btree (account_hash, client_id) WHERE (account_hash IS NOT NULL);
CREATE INDEX oidc_payloads_by_client ON public.oidc_payloads USING btree (client_id) WHERE (client_id IS NOT NULL);
CREATE INDEX oidc_payloads_by_expiry ON public.oidc_payloads USING btree (expires_at);
CREATE INDEX oidc_payloads_by_grant ON public.oidc_payloads USING btree (grant_hash) WHERE (grant_hash IS NOT NULL);
CREATE INDEX oidc_payloads_by_uid ON public.oidc_payloads USING btree (uid_hash) WHERE (uid_hash IS NOT NULL);
grant delete, insert, select, update on table public.oidc_payloads to clientele_app;

create table public.passkeys (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  name text not null,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null,
  is_backed_up boolean not null,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone,
  constraint passkeys_pkey PRIMARY KEY (tenant_id, id),
  constraint passkeys_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_by_user ON public.passkeys USING btree (tenant_id, user_id, created_at);
alter table public.passkeys enable row level security;
alter table public.passkeys force row level security;
create policy owner_maintenance on public.passkeys as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.passkeys as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.passkeys to clientele_app;

create table public.password_resets (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint password_resets_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint password_resets_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX password_resets_by_expiry ON public.password_resets USING btree (expires_at);
CREATE INDEX password_resets_by_hash ON public.password_resets USING btree (token_hash);
CREATE INDEX password_resets_by_user ON public.password_resets USING btree (tenant_id, user_id, created_at);
alter table public.password_resets enable row level security;
alter table public.password_resets force row level security;
create policy owner_maintenance on public.password_resets as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.password_resets as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.password_resets to clientele_app;

create table public.pending_sign_ins (
  tenant_id text not null,
  id text not null,
  token_hash bytea not null,
  user_id text not null,
  client_id uuid,
  access_lifetime_seconds integer not null,
  ip_address text,
  wrong_codes integer default 0 not null,
  proven_code_hash bytea,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint pending_sign_ins_pkey PRIMARY KEY (tenant_id, id),
  constraint pending_sign_ins_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX pending_sign_ins_by_expiry ON public.pending_sign_ins USING btree (expires_at);
CREATE INDEX pending_sign_ins_by_hash ON public.pending_sign_ins USING btree (token_hash);
CREATE INDEX pending_sign_ins_by_user ON public.pending_sign_ins USING btree (user_id, tenant_id);
alter table public.pending_sign_ins enable row level security;
alter table public.pending_sign_ins force row level security;
create policy owner_maintenance on public.pending_sign_ins as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.pending_sign_ins as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.pending_sign_ins to clientele_app;

create table public.profile_documents (
  tenant_id text not null,
  pk bigint generated always as identity not null,
  profile_pk bigint not null,
  attribute text not null,
  file_id text not null,
  created_at timestamp with time zone default now() not null,
  constraint profile_documents_pkey PRIMARY KEY (tenant_id, pk),
  constraint profile_documents_file FOREIGN KEY (tenant_id, file_id) REFERENCES public.files(tenant_id, id),
  constraint profile_documents_profile FOREIGN KEY (tenant_id, profile_pk) REFERENCES public.profiles(tenant_id, pk) ON DELETE CASCADE
);
CREATE UNIQUE INDEX profile_documents_by_file ON public.profile_documents USING btree (tenant_id, file_id);
CREATE INDEX profile_documents_of_profile ON public.profile_documents USING btree (tenant_id, profile_pk, pk);
alter table public.profile_documents enable row level security;
alter table public.profile_documents force row level security;
create policy owner_maintenance on public.profile_documents as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.profile_documents as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER profile_documents_own_files AFTER DELETE ON public.profile_documents FOR EACH ROW EXECUTE FUNCTION public.delete_owned_file();
grant delete, insert, select on table public.profile_documents to clientele_app;

create table public.profiles (
  tenant_id text not null,
  pk bigint generated always as identity not null,
  client_id uuid not null,
  status text default 'draft'::text not null,
  external_reference text,
  catalogue_version integer not null,
  attributes jsonb not null,
  sensitive_ciphertext text,
  search tsvector not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  submitted_at timestamp with time zone,
  constraint profiles_pkey PRIMARY KEY (tenant_id, pk),
  constraint profiles_status_known CHECK ((status = ANY (ARRAY['draft'::text, 'complete'::text]))),
  constraint profiles_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX profiles_by_reference ON public.profiles USING btree (tenant_id, external_reference, client_id) WHERE (external_reference IS NOT NULL);
CREATE INDEX profiles_by_words ON public.profiles USING gin (search);
CREATE INDEX profiles_of_client ON public.profiles USING btree (tenant_id, client_id, status, created_at, pk);
CREATE INDEX profiles_of_tenant ON public.profiles USING btree (tenant_id, status, created_at, pk);
alter table public.profiles enable row level security;
alter table public.profiles force row level security;
create policy owner_maintenance on public.profiles as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.profiles as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.profiles to clientele_app;

create unlogged table public.rate_limit_nodes (
  id text not null,
  seen_at timestamp with time zone not null,
  constraint rate_limit_nodes_pkey PRIMARY KEY (id)
);

create unlogged table public.rate_limit_windows (
  tenant_id text not null,
  subject text not null,
  window_start timestamp with time zone not null,
  granted integer not null,
  used integer not null,
  holders text[] default '{}'::text[] not null,
  recalled_at timestamp with time zone,
  constraint rate_limit_windows_pkey PRIMARY KEY (tenant_id, subject, window_start)
) with (fillfactor=70);
CREATE INDEX rate_limit_windows_by_start ON public.rate_limit_windows USING btree (window_start);
alter table public.rate_limit_windows enable row level security;
alter table public.rate_limit_windows force row level security;
create policy owner_maintenance on public.rate_limit_windows as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.rate_limit_windows as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant select on table public.rate_limit_windows to clientele_app;

create table public.refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  session_id text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint refresh_tokens_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint refresh_tokens_session FOREIGN KEY (tenant_id, session_id) REFERENCES public.sessions(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_hash ON public.refresh_tokens USING btree (token_hash);
CREATE INDEX refresh_tokens_by_session ON public.refresh_tokens USING btree (tenant_id, session_id);
alter table public.refresh_tokens enable row level security;
alter table public.refresh_tokens force row level security;
create policy owner_maintenance on public.refresh_tokens as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.refresh_tokens as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.refresh_tokens to clientele_app;

create table public.registration_attempts (
  id bigint generated always as identity not null,
  ip_address text not null,
  attempted_at timestamp with time zone default now() not null,
  registered boolean not null,
  constraint registration_attempts_pkey PRIMARY KEY (id)
);
CREATE INDEX registration_attempts_by_ip ON public.registration_attempts USING btree (ip_address, attempted_at);
CREATE INDEX registration_attempts_by_time ON public.registration_attempts USING btree (attempted_at);
grant insert, select on table public.registration_attempts to clientele_app;

create table public.report_schedules (
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
  next_run_at timestamp with time zone,
  last_run_at timestamp with time zone,
  last_report_id text,
  last_failure text,
  created_by jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint report_schedules_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX report_schedules_due ON public.report_schedules USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);
alter table public.report_schedules enable row level security;
alter table public.report_schedules force row level security;
create policy owner_maintenance on public.report_schedules as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.report_schedules as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.report_schedules to clientele_app;

create table public.report_settings (
  tenant_id text not null,
  language text,
  time_zone text,
  retention_days integer,
  daily_limit integer,
  stored_megabytes integer,
  logo bytea,
  logo_type text,
  updated_at timestamp with time zone default now() not null,
  constraint report_settings_pkey PRIMARY KEY (tenant_id),
  constraint report_settings_language_known CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
  constraint report_settings_logo_whole CHECK (((logo IS NULL) = (logo_type IS NULL)))
);
alter table public.report_settings enable row level security;
alter table public.report_settings force row level security;
create policy owner_maintenance on public.report_settings as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.report_settings as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.report_settings to clientele_app;

create table public.report_templates (
  tenant_id text not null,
  id text not null,
  content json not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint report_templates_pkey PRIMARY KEY (tenant_id, id)
);
alter table public.report_templates enable row level security;
alter table public.report_templates force row level security;
create policy owner_maintenance on public.report_templates as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.report_templates as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.report_templates to clientele_app;

create table public.reports (
  tenant_id text not null,
  id text not null,
  template_id text not null,
  builder text not null,
  format text not null,
  language text not null,
  parameters jsonb not null,
  request json not null,
  requested_by jsonb not null,
  schedule_id text,
  recipients text[] default '{}'::text[] not null,
  status text not null,
  attempt integer default 0 not null,
  progress smallint default 0 not null,
  failure text,
  failure_details jsonb,
  file_name text not null,
  file_id text,
  file_size bigint,
  retention_days integer not null,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  expires_at timestamp with time zone,
  is_preview boolean default false not null,
  constraint reports_pkey PRIMARY KEY (tenant_id, id),
  constraint reports_failed_why CHECK (((status = 'failed'::text) = (failure IS NOT NULL))),
  constraint reports_format_known CHECK ((format = ANY (ARRAY['pdf'::text, 'excel'::text, 'csv'::text, 'html'::text]))),
  constraint reports_language_known CHECK ((language = ANY (ARRAY['fr'::text, 'en'::text]))),
  constraint reports_progress_percent CHECK (((progress >= 0) AND (progress <= 100))),
  constraint reports_ready_whole CHECK (((status <> 'ready'::text) OR (num_nulls(file_size, ended_at, expires_at) = 0))),
  constraint reports_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'ready'::text, 'failed'::text, 'cancelled'::text]))),
  constraint reports_file FOREIGN KEY (tenant_id, file_id) REFERENCES public.files(tenant_id, id) ON DELETE SET NULL (file_id)
);
CREATE INDEX reports_by_age ON public.reports USING btree (created_at);
CREATE INDEX reports_by_file ON public.reports USING btree (tenant_id, file_id) WHERE (file_id IS NOT NULL);
CREATE INDEX reports_newest ON public.reports USING btree (tenant_id, created_at DESC, id DESC);
CREATE INDEX reports_previews ON public.reports USING btree (created_at) WHERE is_preview;
alter table public.reports enable row level security;
alter table public.reports force row level security;
create policy owner_maintenance on public.reports as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.reports as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER reports_own_files AFTER DELETE ON public.reports FOR EACH ROW EXECUTE FUNCTION public.delete_owned_file();
grant insert, select, update on table public.reports to clientele_app;

create table public.retained_identities (
  tenant_id text not null,
  customer_id uuid not null,
  identity_ciphertext text not null,
  keep_until date not null,
  created_at timestamp with time zone default now() not null,
  constraint retained_identities_pkey PRIMARY KEY (tenant_id, customer_id)
);
CREATE INDEX retained_identities_by_end ON public.retained_identities USING btree (keep_until);
alter table public.retained_identities enable row level security;
alter table public.retained_identities force row level security;
create policy owner_maintenance on public.retained_identities as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.retained_identities as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.retained_identities to clientele_app;

create table public.roles (
  tenant_id text not null,
  name text not null,
  description text default ''::text not null,
  permissions text[] not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint roles_name_unique PRIMARY KEY (tenant_id, name)
);
alter table public.roles enable row level security;
alter table public.roles force row level security;
create policy owner_maintenance on public.roles as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.roles as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.roles to clientele_app;

create table public.row_counts (
  tenant_id text not null,
  relation text not null,
  id bigint generated always as identity not null,
  difference bigint not null,
  constraint row_counts_pkey PRIMARY KEY (tenant_id, relation, id)
);
alter table public.row_counts enable row level security;
alter table public.row_counts force row level security;
create policy owner_maintenance on public.row_counts as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.row_counts as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.row_counts to clientele_app;

create table public.schema_migrations (
  id text not null,
  checksum text not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migrations_pkey PRIMARY KEY (id)
);
grant select on table public.schema_migrations to clientele_app;

create table public.scorecards (
  tenant_id text not null,
  version integer not null,
  status text default 'draft'::text not null,
  definition jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  activated_at timestamp with time zone,
  retired_at timestamp with time zone,
  constraint scorecards_pkey PRIMARY KEY (tenant_id, version),
  constraint scorecards_status_known CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'retired'::text]))),
  constraint scorecards_version_own CHECK ((version > 1)),
  constraint scorecards_tenant FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX scorecards_one_active ON public.scorecards USING btree (tenant_id) WHERE (status = 'active'::text);
alter table public.scorecards enable row level security;
alter table public.scorecards force row level security;
create policy owner_maintenance on public.scorecards as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.scorecards as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER scorecards_are_final BEFORE UPDATE OF definition, version ON public.scorecards FOR EACH ROW WHEN (((old.status <> 'draft'::text) AND ((old.definition <> new.definition) OR (old.version <> new.version)))) EXECUTE FUNCTION public.refuse_change_of_scorecard();
grant insert, select, update on table public.scorecards to clientele_app;

create table public.self_registered_names (
  name text not null,
  tenant_id text not null,
  client_id uuid not null,
  constraint self_registered_names_pkey PRIMARY KEY (name),
  constraint self_registered_names_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX self_registered_names_by_client ON public.self_registered_names USING btree (tenant_id, client_id);
alter table public.self_registered_names enable row level security;
alter table public.self_registered_names force row level security;
create policy claim on public.self_registered_names as permissive for insert to clientele_app with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
create policy own on public.self_registered_names as permissive for select to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
create policy owner_maintenance on public.self_registered_names as permissive for all to OWNER using (true) with check (true);
create policy rename on public.self_registered_names as permissive for update to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.self_registered_names to clientele_app;
grant update (name) on table public.self_registered_names to clientele_app;

create table public.sessions (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  client_id uuid,
  created_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  ip_address text,
  user_agent text,
  revoked_at timestamp with time zone,
  revoked_reason text,
  stepped_up_at timestamp with time zone,
  admitted_version integer,
  constraint sessions_pkey PRIMARY KEY (tenant_id, id),
  constraint sessions_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_client ON public.sessions USING btree (tenant_id, client_id) WHERE (client_id IS NOT NULL);
CREATE INDEX sessions_by_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_by_user ON public.sessions USING btree (tenant_id, user_id, created_at);
alter table public.sessions enable row level security;
alter table public.sessions force row level security;
create policy owner_maintenance on public.sessions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.sessions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.sessions to clientele_app;

create table public.sign_in_failures (
  key_hash bytea not null,
  failures integer not null,
  last_failed_at timestamp with time zone not null,
  blocked_until timestamp with time zone not null,
  constraint sign_in_failures_pkey PRIMARY KEY (key_hash)
);
CREATE INDEX sign_in_failures_by_age ON public.sign_in_failures USING btree (last_failed_at);
grant delete, insert, select, update on table public.sign_in_failures to clientele_app;

create table public.signing_keys (
  id text not null,
  algorithm text not null,
  public_jwk jsonb not null,
  private_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  signs_from timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint signing_keys_pkey PRIMARY KEY (id)
);
grant delete, insert, select, update on table public.signing_keys to clientele_app;

create table public.tenant_erasures (
  tenant_id text not null,
  id text not null,
  status text default 'scheduled'::text not null,
  reason text not null,
  requested_by jsonb not null,
  created_at timestamp with time zone default now() not null,
  due_at timestamp with time zone not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  audit_heads jsonb,
  removed jsonb default '{}'::jsonb not null,
  receipt text,
  key_id text,
  signature bytea,
  constraint tenant_erasures_pkey PRIMARY KEY (tenant_id, id),
  constraint tenant_erasures_delay CHECK ((due_at >= (created_at + '1 day'::interval))),
  constraint tenant_erasures_status_known CHECK ((status = ANY (ARRAY['scheduled'::text, 'cancelled'::text, 'running'::text, 'completed'::text]))),
  constraint tenant_erasures_whole CHECK (((status = 'completed'::text) = (num_nulls(ended_at, receipt, key_id, signature) = 0)))
);
CREATE INDEX tenant_erasures_due ON public.tenant_erasures USING btree (due_at) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE UNIQUE INDEX tenant_erasures_one_open ON public.tenant_erasures USING btree (tenant_id) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
alter table public.tenant_erasures enable row level security;
alter table public.tenant_erasures force row level security;
create policy owner_maintenance on public.tenant_erasures as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.tenant_erasures as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant select on table public.tenant_erasures to clientele_app;
grant insert (tenant_id) on table public.tenant_erasures to clientele_app;
grant insert (id) on table public.tenant_erasures to clientele_app;
grant update (status) on table public.tenant_erasures to clientele_app;
grant insert (reason) on table public.tenant_erasures to clientele_app;
grant insert (requested_by) on table public.tenant_erasures to clientele_app;
grant insert (due_at) on table public.tenant_erasures to clientele_app;
grant update (started_at) on table public.tenant_erasures to clientele_app;
grant update (ended_at) on table public.tenant_erasures to clientele_app;
grant update (audit_heads) on table public.tenant_erasures to clientele_app;
grant update (receipt) on table public.tenant_erasures to clientele_app;
grant update (key_id) on table public.tenant_erasures to clientele_app;
grant update (signature) on table public.tenant_erasures to clientele_app;

create table public.tenant_rate_limits (
  tenant_id text not null,
  user_limit integer,
  tenant_limit integer,
  transfer_limit integer,
  updated_at timestamp with time zone default now() not null,
  constraint tenant_rate_limits_pkey PRIMARY KEY (tenant_id),
  constraint tenant_rate_limits_tenant FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE
);
alter table public.tenant_rate_limits enable row level security;
alter table public.tenant_rate_limits force row level security;
create policy owner_maintenance on public.tenant_rate_limits as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.tenant_rate_limits as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER tenant_rate_limits_are_announced AFTER INSERT OR DELETE OR UPDATE ON public.tenant_rate_limits FOR EACH ROW EXECUTE FUNCTION public.announce_rate_limits();
grant delete, insert, select, update on table public.tenant_rate_limits to clientele_app;

create table public.tenant_storage (
  tenant_id text not null,
  used_bytes bigint default 0 not null,
  own_limit_bytes bigint,
  constraint tenant_storage_pkey PRIMARY KEY (tenant_id)
) with (fillfactor=50);
alter table public.tenant_storage enable row level security;
alter table public.tenant_storage force row level security;
create policy owner_maintenance on public.tenant_storage as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.tenant_storage as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant select on table public.tenant_storage to clientele_app;
grant insert (tenant_id) on table public.tenant_storage to clientele_app;
grant insert (own_limit_bytes), update (own_limit_bytes) on table public.tenant_storage to clientele_app;

create table public.tenants (
  id text not null,
  name text not null,
  status text default 'active'::text not null,
  self_registered boolean default false not null,
  created_at timestamp with time zone default now() not null,
  mfa_required boolean default false not null,
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_status_known CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
alter table public.tenants enable row level security;
alter table public.tenants force row level security;
create policy owner_maintenance on public.tenants as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.tenants as permissive for all to clientele_app using ((id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER tenants_get_workflows AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION public.seed_workflows();
CREATE TRIGGER tenants_withdraw_admissions AFTER UPDATE ON public.tenants FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.mfa_required IS DISTINCT FROM new.mfa_required))) EXECUTE FUNCTION public.withdraw_admissions();
grant insert, select, update on table public.tenants to clientele_app;

create table public.totp_authenticators (
  tenant_id text not null,
  user_id text not null,
  secret_ciphertext text not null,
  activated_at timestamp with time zone,
  last_used_step bigint default 0 not null,
  created_at timestamp with time zone default now() not null,
  constraint totp_authenticators_pkey PRIMARY KEY (tenant_id, user_id),
  constraint totp_authenticators_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
alter table public.totp_authenticators enable row level security;
alter table public.totp_authenticators force row level security;
create policy owner_maintenance on public.totp_authenticators as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.totp_authenticators as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.totp_authenticators to clientele_app;

create table public.users (
  tenant_id text not null,
  id text not null,
  email text not null,
  email_key text not null,
  display_name text not null,
  password_hash text not null,
  roles text[] default '{}'::text[] not null,
  status text default 'active'::text not null,
  access_version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  mfa_enabled boolean default false not null,
  constraint users_pkey PRIMARY KEY (tenant_id, id),
  constraint users_email_unique UNIQUE (tenant_id, email_key),
  constraint users_status_known CHECK ((status = ANY (ARRAY['active'::text, 'deactivated'::text])))
);
CREATE INDEX users_by_email ON public.users USING btree (email_key);
CREATE INDEX users_by_letters ON public.users USING gin (public.user_letters(tenant_id, display_name, email_key)) WITH (fastupdate=off);
alter table public.users enable row level security;
alter table public.users force row level security;
create policy owner_maintenance on public.users as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.users as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER users_withdraw_admissions AFTER UPDATE ON public.users FOR EACH ROW WHEN ((((old.status IS DISTINCT FROM new.status) OR (old.access_version IS DISTINCT FROM new.access_version)) OR (old.mfa_enabled IS DISTINCT FROM new.mfa_enabled))) EXECUTE FUNCTION public.withdraw_admissions();
grant delete, insert, select, update on table public.users to clientele_app;

create table public.webauthn_challenges (
  tenant_id text not null,
  challenge text not null,
  user_id text not null,
  purpose text not null,
  bound_to text not null,
  expires_at timestamp with time zone not null,
  constraint webauthn_challenges_pkey PRIMARY KEY (tenant_id, challenge),
  constraint webauthn_challenges_purpose_known CHECK ((purpose = ANY (ARRAY['registration'::text, 'authentication'::text]))),
  constraint webauthn_challenges_user FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webauthn_challenges_by_expiry ON public.webauthn_challenges USING btree (expires_at);
CREATE INDEX webauthn_challenges_by_user ON public.webauthn_challenges USING btree (tenant_id, user_id);
alter table public.webauthn_challenges enable row level security;
alter table public.webauthn_challenges force row level security;
create policy owner_maintenance on public.webauthn_challenges as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webauthn_challenges as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.webauthn_challenges to clientele_app;

create table public.webhook_attempts (
  tenant_id text not null,
  delivery_pk bigint not null,
  number integer not null,
  attempted_at timestamp with time zone not null,
  url text not null,
  request_headers json not null,
  request_body text not null,
  status_code integer,
  response_headers json,
  response_body text,
  response_truncated boolean default false not null,
  dns_ms real,
  connect_ms real,
  first_byte_ms real,
  total_ms real not null,
  error_code text,
  error text,
  constraint webhook_attempts_pkey PRIMARY KEY (tenant_id, delivery_pk, number)
);
alter table public.webhook_attempts enable row level security;
alter table public.webhook_attempts force row level security;
create policy owner_maintenance on public.webhook_attempts as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_attempts as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.webhook_attempts to clientele_app;
grant update (request_body) on table public.webhook_attempts to clientele_app;
grant update (response_headers) on table public.webhook_attempts to clientele_app;
grant update (response_body) on table public.webhook_attempts to clientele_app;
grant update (error) on table public.webhook_attempts to clientele_app;

create table public.webhook_deliveries (
  tenant_id text not null,
  pk bigint default nextval('public.webhook_delivery_pks'::regclass) not null,
  endpoint_pk bigint not null,
  event_id uuid not null,
  event_type text not null,
  status text not null,
  attempts integer default 0 not null,
  last_status_code integer,
  last_error_code text,
  created_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  constraint webhook_deliveries_pkey PRIMARY KEY (tenant_id, pk),
  constraint webhook_deliveries_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'skipped'::text])))
);
CREATE INDEX webhook_deliveries_by_endpoint ON public.webhook_deliveries USING btree (tenant_id, endpoint_pk, status, pk);
CREATE INDEX webhook_deliveries_by_time ON public.webhook_deliveries USING btree (created_at);
alter table public.webhook_deliveries enable row level security;
alter table public.webhook_deliveries force row level security;
create policy owner_maintenance on public.webhook_deliveries as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_deliveries as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.webhook_deliveries to clientele_app;

create table public.webhook_endpoint_secrets (
  tenant_id text not null,
  endpoint_pk bigint not null,
  pk bigint generated always as identity not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  constraint webhook_endpoint_secrets_pkey PRIMARY KEY (tenant_id, endpoint_pk, pk),
  constraint webhook_endpoint_secrets_endpoint FOREIGN KEY (tenant_id, endpoint_pk) REFERENCES public.webhook_endpoints(tenant_id, pk) ON DELETE CASCADE
);
CREATE INDEX webhook_endpoint_secrets_by_expiry ON public.webhook_endpoint_secrets USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX webhook_endpoint_secrets_one_in_force ON public.webhook_endpoint_secrets USING btree (tenant_id, endpoint_pk) WHERE (expires_at IS NULL);
alter table public.webhook_endpoint_secrets enable row level security;
alter table public.webhook_endpoint_secrets force row level security;
create policy owner_maintenance on public.webhook_endpoint_secrets as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_endpoint_secrets as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.webhook_endpoint_secrets to clientele_app;

create table public.webhook_endpoints (
  tenant_id text not null,
  pk bigint generated always as identity not null,
  client_id uuid,
  url text not null,
  description text,
  event_types text[],
  of_all_clients boolean default false not null,
  status text default 'enabled'::text not null,
  disabled_reason text,
  disabled_at timestamp with time zone,
  failing_since timestamp with time zone,
  version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint webhook_endpoints_pkey PRIMARY KEY (tenant_id, pk),
  constraint webhook_endpoints_url_unique UNIQUE NULLS NOT DISTINCT (tenant_id, client_id, url),
  constraint webhook_endpoints_reason_known CHECK ((disabled_reason = ANY (ARRAY['gone'::text, 'failing'::text]))),
  constraint webhook_endpoints_scope CHECK (((client_id IS NULL) OR (NOT of_all_clients))),
  constraint webhook_endpoints_status_known CHECK ((status = ANY (ARRAY['enabled'::text, 'paused'::text, 'disabled'::text]))),
  constraint webhook_endpoints_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_endpoints_disabled ON public.webhook_endpoints USING btree (pk) WHERE (status = 'disabled'::text);
alter table public.webhook_endpoints enable row level security;
alter table public.webhook_endpoints force row level security;
create policy owner_maintenance on public.webhook_endpoints as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_endpoints as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
CREATE TRIGGER webhook_endpoints_take_deliveries_along AFTER DELETE ON public.webhook_endpoints REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.delete_webhook_deliveries();
grant delete, insert, select, update on table public.webhook_endpoints to clientele_app;

create table public.webhook_queue (
  tenant_id text not null,
  delivery_pk bigint default nextval('public.webhook_delivery_pks'::regclass) not null,
  endpoint_pk bigint not null,
  event_id uuid not null,
  event_type text not null,
  created_at timestamp with time zone default now() not null,
  waiting boolean default false not null,
  due_at timestamp with time zone default now() not null,
  leased_until timestamp with time zone,
  tries integer default 0 not null,
  constraint webhook_queue_pkey PRIMARY KEY (tenant_id, delivery_pk)
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000, autovacuum_vacuum_cost_delay=0);
CREATE INDEX webhook_queue_by_endpoint ON public.webhook_queue USING btree (waiting, endpoint_pk, delivery_pk);
CREATE INDEX webhook_queue_due ON public.webhook_queue USING btree (due_at) WHERE waiting;
alter table public.webhook_queue enable row level security;
alter table public.webhook_queue force row level security;
create policy owner_maintenance on public.webhook_queue as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_queue as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.webhook_queue to clientele_app;

create table public.webhook_replays (
  tenant_id text not null,
  pk bigint generated always as identity not null,
  endpoint_pk bigint not null,
  since timestamp with time zone not null,
  status text default 'running'::text not null,
  found integer not null,
  queued integer default 0 not null,
  cursor_pk bigint default 0 not null,
  last_pk bigint not null,
  created_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  constraint webhook_replays_pkey PRIMARY KEY (tenant_id, pk),
  constraint webhook_replays_status_known CHECK ((status = ANY (ARRAY['running'::text, 'done'::text]))),
  constraint webhook_replays_endpoint FOREIGN KEY (tenant_id, endpoint_pk) REFERENCES public.webhook_endpoints(tenant_id, pk) ON DELETE CASCADE
);
CREATE INDEX webhook_replays_by_endpoint ON public.webhook_replays USING btree (tenant_id, endpoint_pk, pk);
CREATE UNIQUE INDEX webhook_replays_one_running ON public.webhook_replays USING btree (tenant_id, endpoint_pk) WHERE (status = 'running'::text);
alter table public.webhook_replays enable row level security;
alter table public.webhook_replays force row level security;
create policy owner_maintenance on public.webhook_replays as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_replays as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.webhook_replays to clientele_app;

create table public.webhook_secrets (
  tenant_id text not null,
  client_id uuid not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  constraint webhook_secrets_pkey PRIMARY KEY (tenant_id, client_id),
  constraint webhook_secrets_client FOREIGN KEY (tenant_id, client_id) REFERENCES public.clients(tenant_id, id) ON DELETE CASCADE
);
alter table public.webhook_secrets enable row level security;
alter table public.webhook_secrets force row level security;
create policy owner_maintenance on public.webhook_secrets as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.webhook_secrets as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.webhook_secrets to clientele_app;

create table public.webhook_server_keys (
  id text not null,
  secret_ciphertext text not null,
  created_at timestamp with time zone default now() not null,
  constraint webhook_server_keys_pkey PRIMARY KEY (id)
);
grant insert, select on table public.webhook_server_keys to clientele_app;

create table public.workflow_approvals (
  tenant_id text not null,
  id text not null,
  execution_id text not null,
  action_id text not null,
  workflow_name text not null,
  entity_type text,
  entity_id text,
  entity_reference text,
  entity_summary text not null,
  entity_stamp text,
  submitted_by text,
  approvers text[] not null,
  required smallint not null,
  approved_by text[] default '{}'::text[] not null,
  status text default 'pending'::text not null,
  decided_by text,
  comment text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  remind_at timestamp with time zone,
  remind_seconds integer,
  reminders integer default 0 not null,
  decided_at timestamp with time zone,
  constraint workflow_approvals_pkey PRIMARY KEY (tenant_id, id),
  constraint workflow_approvals_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text])))
);
CREATE INDEX workflow_approvals_of_execution ON public.workflow_approvals USING btree (tenant_id, execution_id, id);
alter table public.workflow_approvals enable row level security;
alter table public.workflow_approvals force row level security;
create policy owner_maintenance on public.workflow_approvals as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_approvals as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflow_approvals to clientele_app;

create table public.workflow_approvers (
  tenant_id text not null,
  approver text not null,
  approval_id text not null,
  constraint workflow_approvers_pkey PRIMARY KEY (tenant_id, approver, approval_id)
);
CREATE INDEX workflow_approvers_of_approval ON public.workflow_approvers USING btree (tenant_id, approval_id);
alter table public.workflow_approvers enable row level security;
alter table public.workflow_approvers force row level security;
create policy owner_maintenance on public.workflow_approvers as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_approvers as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.workflow_approvers to clientele_app;

create table public.workflow_delegations (
  tenant_id text not null,
  id text not null,
  from_user text not null,
  to_user text not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  constraint workflow_delegations_pkey PRIMARY KEY (tenant_id, id),
  constraint workflow_delegations_from FOREIGN KEY (tenant_id, from_user) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE,
  constraint workflow_delegations_to FOREIGN KEY (tenant_id, to_user) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX workflow_delegations_from_user ON public.workflow_delegations USING btree (tenant_id, from_user, ends_at);
CREATE INDEX workflow_delegations_to_user ON public.workflow_delegations USING btree (tenant_id, to_user, ends_at);
alter table public.workflow_delegations enable row level security;
alter table public.workflow_delegations force row level security;
create policy owner_maintenance on public.workflow_delegations as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_delegations as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select on table public.workflow_delegations to clientele_app;

create table public.workflow_executions (
  tenant_id text not null,
  id text not null,
  workflow_id text not null,
  version integer not null,
  status text default 'pending'::text not null,
  current_action text,
  trigger text not null,
  event_id uuid,
  entity_type text,
  entity_id text,
  entity_reference text,
  submitted_by text,
  depth smallint default 1 not null,
  scope json not null,
  attempt integer default 0 not null,
  step_count integer default 0 not null,
  error text,
  wait_until timestamp with time zone,
  due_at timestamp with time zone,
  started_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  expires_at timestamp with time zone,
  constraint workflow_executions_pkey PRIMARY KEY (tenant_id, id),
  constraint workflow_executions_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'calling'::text, 'retrying'::text, 'waiting'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
) with (fillfactor=80);
CREATE INDEX workflow_executions_by_expiry ON public.workflow_executions USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX workflow_executions_by_status ON public.workflow_executions USING btree (tenant_id, status, id);
CREATE INDEX workflow_executions_due ON public.workflow_executions USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX workflow_executions_due_of_tenant ON public.workflow_executions USING btree (tenant_id, due_at, id) WHERE (due_at IS NOT NULL);
CREATE INDEX workflow_executions_of_entity ON public.workflow_executions USING btree (tenant_id, entity_id, id) WHERE (entity_id IS NOT NULL);
CREATE INDEX workflow_executions_of_workflow ON public.workflow_executions USING btree (tenant_id, workflow_id, id);
alter table public.workflow_executions enable row level security;
alter table public.workflow_executions force row level security;
create policy owner_maintenance on public.workflow_executions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_executions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflow_executions to clientele_app;

create table public.workflow_settings (
  tenant_id text not null,
  daily_limit integer,
  retention_days integer,
  updated_at timestamp with time zone default now() not null,
  secret_ciphertext text,
  secret_at timestamp with time zone,
  old_secret_ciphertext text,
  old_secret_until timestamp with time zone,
  constraint workflow_settings_pkey PRIMARY KEY (tenant_id)
);
alter table public.workflow_settings enable row level security;
alter table public.workflow_settings force row level security;
create policy owner_maintenance on public.workflow_settings as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_settings as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflow_settings to clientele_app;

create table public.workflow_steps (
  tenant_id text not null,
  execution_id text not null,
  number integer not null,
  action_id text not null,
  type text not null,
  attempt integer not null,
  status text not null,
  input json,
  outcome json,
  error text,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  duration_ms double precision,
  constraint workflow_steps_pkey PRIMARY KEY (tenant_id, execution_id, number),
  constraint workflow_steps_status_known CHECK ((status = ANY (ARRAY['running'::text, 'waiting'::text, 'completed'::text, 'failed'::text, 'lost'::text, 'cancelled'::text])))
);
alter table public.workflow_steps enable row level security;
alter table public.workflow_steps force row level security;
create policy owner_maintenance on public.workflow_steps as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_steps as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflow_steps to clientele_app;

create table public.workflow_triggers (
  tenant_id text not null,
  kind text not null,
  name text not null,
  workflow_id text not null,
  version integer not null,
  entity_type text,
  time_zone text,
  next_at timestamp with time zone,
  constraint workflow_triggers_pkey PRIMARY KEY (tenant_id, workflow_id, kind, name),
  constraint workflow_triggers_kind_known CHECK ((kind = ANY (ARRAY['event'::text, 'schedule'::text, 'manual'::text]))),
  constraint workflow_triggers_workflow FOREIGN KEY (tenant_id, workflow_id) REFERENCES public.workflows(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX workflow_triggers_by_name ON public.workflow_triggers USING btree (tenant_id, kind, name);
CREATE INDEX workflow_triggers_due ON public.workflow_triggers USING btree (next_at) WHERE (next_at IS NOT NULL);
alter table public.workflow_triggers enable row level security;
alter table public.workflow_triggers force row level security;
create policy owner_maintenance on public.workflow_triggers as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_triggers as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant delete, insert, select, update on table public.workflow_triggers to clientele_app;

create table public.workflow_usage (
  tenant_id text not null,
  day date not null,
  shard smallint not null,
  used integer not null,
  constraint workflow_usage_pkey PRIMARY KEY (tenant_id, day, shard)
);
CREATE INDEX workflow_usage_by_day ON public.workflow_usage USING btree (day);
alter table public.workflow_usage enable row level security;
alter table public.workflow_usage force row level security;
create policy owner_maintenance on public.workflow_usage as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_usage as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflow_usage to clientele_app;

create table public.workflow_versions (
  tenant_id text not null,
  workflow_id text not null,
  version integer not null,
  definition json not null,
  created_at timestamp with time zone default now() not null,
  created_by text,
  constraint workflow_versions_pkey PRIMARY KEY (tenant_id, workflow_id, version),
  constraint workflow_versions_workflow FOREIGN KEY (tenant_id, workflow_id) REFERENCES public.workflows(tenant_id, id) ON DELETE CASCADE
);
alter table public.workflow_versions enable row level security;
alter table public.workflow_versions force row level security;
create policy owner_maintenance on public.workflow_versions as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflow_versions as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select on table public.workflow_versions to clientele_app;

create table public.workflows (
  tenant_id text not null,
  id text not null,
  name text not null,
  active_version integer,
  last_version integer default 1 not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint workflows_pkey PRIMARY KEY (tenant_id, id)
);
alter table public.workflows enable row level security;
alter table public.workflows force row level security;
create policy owner_maintenance on public.workflows as permissive for all to OWNER using (true) with check (true);
create policy tenant_isolation on public.workflows as permissive for all to clientele_app using ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))) with check ((tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
grant insert, select, update on table public.workflows to clientele_app;

CREATE OR REPLACE FUNCTION public.admission(p_tenant text, p_session text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v record;
begin
  select u.access_version, u.mfa_enabled into v
    from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
   where s.tenant_id = p_tenant and s.id = p_session and s.client_id is null and u.status = 'active'
     for share of u skip locked;
  if not found then return null; end if;
  perform 1 from tenants where id = p_tenant and status = 'active' and (v.mfa_enabled or not mfa_required)
     for share skip locked;
  return case when found then v.access_version end;
end $function$;

CREATE OR REPLACE FUNCTION public.advance_webhook_replays(p_portion integer, p_most_waiting integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_replay record; v_last bigint; v_looked integer; v_queued integer; v_total integer := 0;
begin
  for v_replay in
    select r.* from webhook_replays r join webhook_endpoints e on e.tenant_id = r.tenant_id and e.pk = r.endpoint_pk
     where r.status = 'running' and e.status = 'enabled' order by r.created_at limit 20 for update of r skip locked
  loop
    continue when p_most_waiting <= (
      select count(*) from (select from webhook_queue q
        where not q.waiting and q.endpoint_pk = v_replay.endpoint_pk limit p_most_waiting) as waiting);
    with found as (
      (select d.pk from webhook_deliveries d
        where d.tenant_id = v_replay.tenant_id and d.endpoint_pk = v_replay.endpoint_pk and d.status = 'failed'
          and d.pk > v_replay.cursor_pk and d.pk <= v_replay.last_pk and d.created_at >= v_replay.since
        order by d.pk limit p_portion)
      union all
      (select d.pk from webhook_deliveries d
        where d.tenant_id = v_replay.tenant_id and d.endpoint_pk = v_replay.endpoint_pk and d.status = 'skipped'
          and d.pk > v_replay.cursor_pk and d.pk <= v_replay.last_pk and d.created_at >= v_replay.since
        order by d.pk limit p_portion)
    ), portion as materialized (
      select pk from found order by pk limit p_portion
    ), pending as (
      update webhook_deliveries d set status = 'pending', finished_at = null from portion p
       where d.tenant_id = v_replay.tenant_id and d.pk = p.pk and d.status in ('failed', 'skipped')
         and exists (select from domain_events v where v.tenant_id = d.tenant_id and v.id = d.event_id)
      returning d.pk, d.event_id, d.event_type, d.created_at
    ), queued as (
      insert into webhook_queue (tenant_id, delivery_pk, endpoint_pk, event_id, event_type, created_at)
      select v_replay.tenant_id, pk, v_replay.endpoint_pk, event_id, event_type, created_at from pending
      on conflict do nothing returning 1
    )
    select (select count(*) from portion), (select count(*) from queued), (select max(pk) from portion)
      into v_looked, v_queued, v_last;
    update webhook_replays set queued = queued + v_queued, cursor_pk = coalesce(v_last, cursor_pk),
           status = case when v_looked < p_portion then 'done' else 'running' end,
           finished_at = case when v_looked < p_portion then now() end
     where tenant_id = v_replay.tenant_id and pk = v_replay.pk;
    v_total := v_total + v_queued;
  end loop;
  return v_total;
end $function$;
grant execute on routine public.advance_webhook_replays(integer,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.announce_rate_limits()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('rate_limits', json_build_object('adjusted', coalesce(new.tenant_id, old.tenant_id))::text);
  return null;
end $function$;
grant execute on routine public.announce_rate_limits() to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_canonical_json(p_value jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case jsonb_typeof(p_value)
    when 'object' then '{' || coalesce((
      select string_agg(to_json(key)::text || ':' || audit_canonical_json(value), ',' order by key collate "C")
        from jsonb_each(p_value)), '') || '}'
    when 'array' then '[' || coalesce((
      select string_agg(audit_canonical_json(value), ',' order by number)
        from jsonb_array_elements(p_value) with ordinality as element (value, number)), '') || ']'
    when 'number' then trim_scale((p_value #>> '{}')::numeric)::text
    else p_value::text
  end
$function$;
grant execute on routine public.audit_canonical_json(jsonb) to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_chain_start(p_tenant text, p_category text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select sha256(convert_to('clientele-audit-chain-v1' || chr(10) || p_tenant || chr(10) || p_category, 'UTF8'))
$function$;
grant execute on routine public.audit_chain_start(text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_event_text(e public.audit_events)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select case
    -- Whatever is escaped begins with a backslash, and a backslash is escaped itself: asked once of all members together.
    when strpos(to_json(concat(e.action, e.category, e.description, e.id, e.request_id, e.severity, e.target_id, e.target_type, e.tenant_id))::text, '\') = 0 then
      concat('{"action":"' || e.action || '","actor":', e.actor, ',"category":"' || e.category || '","context":', e.context,
        ',"description":"' || e.description || '","id":"' || e.id || '","request_id":', coalesce('"' || e.request_id || '"', 'null'),
        ',"severity":"' || e.severity || '","target":',
        case when e.target_type is null and e.target_id is null then 'null'
          else '{"entity_id":' || coalesce('"' || e.target_id || '"', 'null') || ',"entity_type":' || coalesce('"' || e.target_type || '"', 'null') || '}' end,
        ',"tenant_id":"' || e.tenant_id || '","timestamp":"', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}')
    else
      concat('{"action":', to_json(e.action), ',"actor":', e.actor, ',"category":', to_json(e.category),
        ',"context":', e.context, ',"description":', to_json(e.description), ',"id":', to_json(e.id),
        ',"request_id":', coalesce(to_json(e.request_id)::text, 'null'), ',"severity":', to_json(e.severity),
        ',"target":', case when e.target_type is null and e.target_id is null then 'null'
           else concat('{"entity_id":', coalesce(to_json(e.target_id)::text, 'null'),
             ',"entity_type":', coalesce(to_json(e.target_type)::text, 'null'), '}') end,
        ',"tenant_id":', to_json(e.tenant_id),
        ',"timestamp":"', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"}')
    end
$function$;
grant execute on routine public.audit_event_text(public.audit_events) to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_inbox_now()
 RETURNS SETOF public.audit_inbox
 LANGUAGE plpgsql
 STABLE ROWS 100
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query select * from audit_inbox where position > audit_settled_position();
end $function$;
grant execute on routine public.audit_inbox_now() to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_next_link(p_link bytea, p_start bytea, p_sequence bigint, p_hash bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  return sha256(coalesce(p_link, p_start) || int8send(p_sequence) || p_hash);
end $function$;
grant execute on routine public.audit_next_link(bytea,bytea,bigint,bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_settled_position()
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select settled from audit_sealing
$function$;
grant execute on routine public.audit_settled_position() to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_tenants_with_retention()
 RETURNS TABLE(tenant_id text, retention_days integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, retention_days from audit_settings where retention_days is not null
$function$;
grant execute on routine public.audit_tenants_with_retention() to clientele_app;

CREATE OR REPLACE FUNCTION public.audit_tenants_without_checkpoint()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select distinct h.tenant_id from audit_chains h
   where h.sequence > coalesce((select max(sequence) from audit_checkpoints c
     where c.tenant_id = h.tenant_id and c.category = h.category), 0)
$function$;
grant execute on routine public.audit_tenants_without_checkpoint() to clientele_app;

CREATE OR REPLACE FUNCTION public.beat_rate_limit_node(p_node text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into rate_limit_nodes (id, seen_at) values (p_node, clock_timestamp())
    on conflict (id) do update set seen_at = excluded.seen_at;
$function$;
grant execute on routine public.beat_rate_limit_node(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.claim_audit_forwardings(p_platform boolean, p_limit integer)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update audit_forwardings f set next_attempt_at = now() + interval '1 minute'
    from (select d.tenant_id, d.id from audit_forwardings d
           where d.next_attempt_at <= now() and (p_platform or d.kind <> 'platform')
             and exists (select from audit_chains h
                    left join audit_forwarding_cursors c
                      on c.tenant_id = d.tenant_id and c.forwarding_id = d.id and c.category = h.category
                   where h.tenant_id = d.tenant_id and (d.categories is null or h.category = any (d.categories))
                     and h.sequence > coalesce(c.sequence, 0))
           order by d.next_attempt_at limit p_limit for update of d skip locked) due
   where f.tenant_id = due.tenant_id and f.id = due.id
  returning f.tenant_id, f.id
$function$;
grant execute on routine public.claim_audit_forwardings(boolean,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.client_letters(p_tenant text, p_name text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT COST 5000
RETURN ARRAY(SELECT ((client_letters.p_tenant || ':'::text) || substr(lower(client_letters.p_name), s.place, 3)) FROM generate_series(1, (length(lower(client_letters.p_name)) - 2)) s(place));
grant execute on routine public.client_letters(text,text) to PUBLIC;

CREATE OR REPLACE FUNCTION public.clients_by_part(p_part text, p_digits text, p_active boolean)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select id from clients
      where tenant_id = $1 and ($4 is null or is_active = $4) and strpos(lower(name), lower($2)) > 0
        and (length(lower($2)) < 3 or client_letters(tenant_id, name) @> searched_letters($1, lower($2)))
     union
     select id from clients
      where tenant_id = $1 and ($4 is null or is_active = $4)
        and siret collate "C" >= $3 and siret collate "C" < $3 || chr(1114111)'
    using v_tenant, p_part, p_digits, p_active;
end $function$;
grant execute on routine public.clients_by_part(text,text,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.compact_row_counts(threshold integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare compacted integer := 0; one record;
begin
  for one in select tenant_id, relation from row_counts group by tenant_id, relation having count(*) > threshold loop
    with gone as (
      delete from row_counts where tenant_id = one.tenant_id and relation = one.relation returning difference
    )
    insert into row_counts (tenant_id, relation, difference)
    select one.tenant_id, one.relation, sum(difference) from gone having count(*) > 0;
    compacted := compacted + 1;
  end loop;
  return compacted;
end $function$;
grant execute on routine public.compact_row_counts(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.count_deleted_entries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference)
    select tenant_id, tg_table_name, -count(*) from changed where line_number = 1 group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_deleted_entries() to clientele_app;

CREATE OR REPLACE FUNCTION public.count_deleted_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, -count(*) from changed group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_deleted_rows() to clientele_app;

CREATE OR REPLACE FUNCTION public.count_inserted_entries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference)
    select tenant_id, tg_table_name, count(*) from changed where line_number = 1 group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_inserted_entries() to clientele_app;

CREATE OR REPLACE FUNCTION public.count_inserted_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into row_counts (tenant_id, relation, difference) select tenant_id, tg_table_name, count(*) from changed group by tenant_id;
  return null;
end $function$;
grant execute on routine public.count_inserted_rows() to clientele_app;

CREATE OR REPLACE FUNCTION public.count_stored_file()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into tenant_storage as s (tenant_id, used_bytes) values (new.tenant_id, new.size)
    on conflict (tenant_id) do update set used_bytes = s.used_bytes + excluded.used_bytes;
  return null;
end $function$;
grant execute on routine public.count_stored_file() to clientele_app;

CREATE OR REPLACE FUNCTION public.cut_audit_chain(p_tenant text, p_category text, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_days integer; v_behind bigint; v_last bigint; v_events text[];
begin
  perform from audit_chains where tenant_id = p_tenant and category = p_category for update;
  select retention_days into v_days from audit_settings where tenant_id = p_tenant;
  select max(sequence) into v_behind from audit_checkpoints
   where tenant_id = p_tenant and category = p_category and kind = 'retention';
  if v_days is null or v_behind is null then
    return 0;
  end if;
  select max(sequence), array_agg(event_id) into v_last, v_events
    from (select sequence, event_id from audit_links
           where tenant_id = p_tenant and category = p_category and sequence <= v_behind order by sequence limit p_limit) old;
  if v_last is null then
    return 0;
  end if;
  if exists (select from only audit_events where tenant_id = p_tenant and id = any (v_events)
      and occurred_at >= now() - make_interval(days => v_days)) then
    raise exception 'an event is younger than the tenant''s retention' using errcode = 'insufficient_privilege';
  end if;
  perform set_config('app.audit_cut', 'on', true);
  delete from only audit_events where tenant_id = p_tenant and id = any (v_events);
  delete from audit_links where tenant_id = p_tenant and category = p_category and sequence <= v_last;
  perform set_config('app.audit_cut', '', true);
  update audit_chains set first_sequence = v_last + 1 where tenant_id = p_tenant and category = p_category;
  return cardinality(v_events);
end $function$;
grant execute on routine public.cut_audit_chain(text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer; total integer := 0;
begin
  delete from idempotency_keys where ctid = any (array(select ctid from idempotency_keys where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from sessions where ctid = any (array(select ctid from sessions where expires_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from registration_attempts where ctid = any (array(select ctid from registration_attempts where attempted_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from signing_keys where expires_at < now();
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $function$;
grant execute on routine public.delete_expired(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_checks(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from checks where (tenant_id, id) in (
    select tenant_id, id from checks where created_at < now() - interval '90 days' order by created_at limit least(p_limit, 1000));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_checks(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_exports(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from exports where (tenant_id, id) in (
    select tenant_id, id from exports where created_at < now() - interval '90 days' order by created_at limit least(p_limit, 1000));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_exports(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_files(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from files where (tenant_id, id) in (
    select tenant_id, id from files where expires_at < now() order by expires_at limit least(p_limit, 100));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_files(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_identity(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer; total integer := 0;
begin
  delete from sign_in_failures where ctid = any (array(
    select ctid from sign_in_failures where last_failed_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from known_addresses where ctid = any (array(
    select ctid from known_addresses where last_used_at < now() - interval '60 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from pending_sign_ins where ctid = any (array(
    select ctid from pending_sign_ins where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from webauthn_challenges where ctid = any (array(
    select ctid from webauthn_challenges where expires_at < now() limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from password_resets where ctid = any (array(
    select ctid from password_resets where expires_at < now() - interval '1 day' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  delete from invitations where ctid = any (array(
    select ctid from invitations where expires_at < now() - interval '30 days' limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $function$;
grant execute on routine public.delete_expired_identity(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_import_files(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from import_files where (tenant_id, file_id) in (
    select f.tenant_id, f.file_id from import_files f
     where f.expires_at < now() and not exists (
       select from imports i where i.tenant_id = f.tenant_id and i.file_id = f.file_id and i.status in ('queued', 'processing'))
     order by f.expires_at limit least(p_limit, 20));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_import_files(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_imports(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from imports where (tenant_id, id) in (
    select tenant_id, id from imports where finished_at < now() - interval '90 days' order by finished_at limit least(p_limit, 20));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_imports(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_key_tokens(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from api_key_refresh_tokens where ctid = any (array(
    select ctid from api_key_refresh_tokens where expires_at < now() limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_key_tokens(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_notifications(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare gone integer;
begin
  delete from notification_usage where day < (now() at time zone 'UTC')::date - 7;
  with old as materialized (
    select n.tenant_id, n.id from notifications n where n.expires_at < now() order by n.expires_at
     limit p_limit for update skip locked
  ), notification as (
    delete from notifications n using old o where n.tenant_id = o.tenant_id and n.id = o.id returning 1
  ), delivery as (
    delete from notification_deliveries d using old o where d.tenant_id = o.tenant_id and d.notification_id = o.id
    returning d.tenant_id, d.id
  ), attempt as (
    delete from notification_attempts a using delivery d where a.tenant_id = d.tenant_id and a.delivery_id = d.id
  )
  select count(*) into gone from notification;
  -- Digests that carry nothing any more.
  with empty as materialized (
    select d.tenant_id, d.id from notification_deliveries d
     where d.notification_id is null and d.created_at < now() - interval '7 days' and d.due_at is null
       and not exists (select 1 from notification_deliveries i where i.tenant_id = d.tenant_id and i.digest_id = d.id)
     order by d.created_at limit p_limit
  ), attempt as (
    delete from notification_attempts a using empty e where a.tenant_id = e.tenant_id and a.delivery_id = e.id
  )
  delete from notification_deliveries d using empty e where d.tenant_id = e.tenant_id and d.id = e.id;
  return gone;
end $function$;
grant execute on routine public.delete_expired_notifications(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_oidc_payloads(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare gone integer;
begin
  delete from oidc_payloads where ctid = any (array(select ctid from oidc_payloads where expires_at < now() limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_oidc_payloads(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_rate_limits(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from rate_limit_nodes where seen_at < now() - interval '1 hour';
  delete from rate_limit_windows where ctid = any (array(
    select ctid from rate_limit_windows where window_start < now() - interval '5 minutes' limit p_limit));
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_rate_limits(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_reports(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$;
grant execute on routine public.delete_expired_reports(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_retained_identities(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer;
begin
  delete from retained_identities where (tenant_id, customer_id) in (
    select tenant_id, customer_id from retained_identities where keep_until < current_date order by keep_until limit p_limit);
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on routine public.delete_expired_retained_identities(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_webhooks(p_limit integer, p_days integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare gone integer; total integer := 0;
begin
  delete from webhook_endpoint_secrets where ctid = any (array(
    select ctid from webhook_endpoint_secrets where expires_at < now() limit p_limit));
  with delivery as (
    delete from webhook_deliveries where ctid = any (array(
      select ctid from webhook_deliveries
       where created_at < now() - make_interval(days => p_days) and status <> 'pending' limit p_limit))
    returning tenant_id, pk
  )
  delete from webhook_attempts a using delivery d where a.tenant_id = d.tenant_id and a.delivery_pk = d.pk;
  get diagnostics gone = row_count; total := total + gone;
  delete from webhook_replays where status = 'done' and created_at < now() - make_interval(days => p_days);
  delete from domain_events where ctid = any (array(
    select v.ctid from domain_events v
     where v.occurred_at < now() - make_interval(days => greatest(p_days, 30))
       and not exists (select from webhook_queue q where q.tenant_id = v.tenant_id and q.event_id = v.id)
     limit p_limit));
  get diagnostics gone = row_count; total := total + gone;
  return total;
end $function$;
grant execute on routine public.delete_expired_webhooks(integer,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_expired_workflows(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare gone integer;
begin
  delete from workflow_usage where day < (now() at time zone 'UTC')::date - 7;
  with old as materialized (
    select e.tenant_id, e.id from workflow_executions e where e.expires_at < now() order by e.expires_at
     limit p_limit for update skip locked
  ), execution as (
    delete from workflow_executions e using old o where e.tenant_id = o.tenant_id and e.id = o.id returning 1
  ), step as (
    delete from workflow_steps s using old o where s.tenant_id = o.tenant_id and s.execution_id = o.id
  ), approval as (
    delete from workflow_approvals a using old o where a.tenant_id = o.tenant_id and a.execution_id = o.id
    returning a.tenant_id, a.id
  ), approver as (
    delete from workflow_approvers p using approval a where p.tenant_id = a.tenant_id and p.approval_id = a.id
  )
  select count(*) into gone from execution;
  return gone;
end $function$;
grant execute on routine public.delete_expired_workflows(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_file_of_refused_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from files where tenant_id = old.tenant_id and id = old.refused_file_id;
  return null;
end $function$;
grant execute on routine public.delete_file_of_refused_rows() to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_owned_file()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from files where tenant_id = old.tenant_id and id = old.file_id;
  return null;
end $function$;
grant execute on routine public.delete_owned_file() to clientele_app;

CREATE OR REPLACE FUNCTION public.delete_webhook_deliveries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from webhook_queue q using gone g
   where q.waiting in (true, false) and q.endpoint_pk = g.pk and q.tenant_id = g.tenant_id;
  with delivery as (
    delete from webhook_deliveries d using gone g where d.tenant_id = g.tenant_id and d.endpoint_pk = g.pk
    returning d.tenant_id, d.pk
  )
  delete from webhook_attempts a using delivery d where a.tenant_id = d.tenant_id and a.delivery_pk = d.pk;
  return null;
end $function$;
grant execute on routine public.delete_webhook_deliveries() to clientele_app;

CREATE OR REPLACE FUNCTION public.detach_invoices_of_deleted_clients()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update invoices i set client_id = null from gone where i.tenant_id = gone.tenant_id and i.client_id = gone.id;
  return null;
end $function$;
grant execute on routine public.detach_invoices_of_deleted_clients() to clientele_app;

CREATE OR REPLACE FUNCTION public.domain_event_goes_out()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare v_has_endpoints boolean; v_has_workflows boolean; v_patterns text[]; v_endpoint record;
begin
  select exists (select from webhook_endpoints where tenant_id = new.tenant_id),
         exists (select from workflow_triggers
                  where tenant_id = new.tenant_id and kind = 'event' and (name = new.type or right(name, 2) = '.*'))
    into v_has_endpoints, v_has_workflows;
  if not (v_has_endpoints or v_has_workflows) then return null; end if;
  v_patterns := webhook_event_patterns(new.type);
  -- A test goes to one endpoint, which whoever asks for it knows.
  if v_has_endpoints and new.type <> 'webhook.test' then
    for v_endpoint in
      select e.pk, e.status from webhook_endpoints e
       where e.tenant_id = new.tenant_id
         and (e.client_id = new.client_id or e.client_id is null and (new.client_id is null or e.of_all_clients))
         and (e.event_types is null or e.event_types && v_patterns)
         -- Nobody is told of his own end.
         and (new.type <> 'webhook.disabled' or e.pk::text <> new.data ->> 'pk')
    loop
      if v_endpoint.status = 'disabled' then
        insert into webhook_deliveries (tenant_id, endpoint_pk, event_id, event_type, status, finished_at)
        values (new.tenant_id, v_endpoint.pk, new.id, new.type, 'skipped', now());
      else
        insert into webhook_queue (tenant_id, endpoint_pk, event_id, event_type)
        values (new.tenant_id, v_endpoint.pk, new.id, new.type);
      end if;
    end loop;
  end if;
  if v_has_workflows then
    insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, event_id, entity_type, entity_id,
                                     entity_reference, submitted_by, depth, scope, due_at)
    select distinct on (t.workflow_id) t.tenant_id, new_workflow_execution_id(), t.workflow_id, t.version, 'event:' || new.type, new.id,
           split_part(new.type, '.', 1), coalesce(new.data ->> 'id', new.data ->> 'uid', new.data ->> 'pk'),
           coalesce(new.data ->> 'number', new.data ->> 'code'), new.user_id,
           coalesce(nullif(current_setting('app.workflow_depth', true), '')::smallint, 0) + 1,
           json_build_object('variables', '{}'::json, 'event', new.data, 'steps', '{}'::json), now()
      from workflow_triggers t
     where t.tenant_id = new.tenant_id and t.kind = 'event' and t.name = any (v_patterns);
  end if;
  return null;
end $function$;
grant execute on routine public.domain_event_goes_out() to clientele_app;

CREATE OR REPLACE FUNCTION public.due_report_schedules(p_limit integer)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select s.tenant_id, s.id from report_schedules s join tenants t on t.id = s.tenant_id and t.status = 'active'
   where s.next_run_at <= now() order by s.next_run_at limit p_limit
$function$;
grant execute on routine public.due_report_schedules(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.due_tenant_erasures()
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select e.tenant_id, e.id from tenant_erasures e
   where e.status in ('scheduled', 'running') and e.due_at <= now() order by e.due_at limit 100
$function$;
grant execute on routine public.due_tenant_erasures() to clientele_app;

CREATE OR REPLACE FUNCTION public.due_workflow_schedules(p_limit integer)
 RETURNS TABLE(tenant_id text, workflow_id text, name text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select t.tenant_id, t.workflow_id, t.name from workflow_triggers t
    join tenants o on o.id = t.tenant_id and o.status = 'active'
   where t.next_at <= now() order by t.next_at limit p_limit
$function$;
grant execute on routine public.due_workflow_schedules(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.ensure_platform_forwardings()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into audit_forwardings (tenant_id, id, kind, settings)
  select id, 'platform', 'platform', '{}' from tenants t
   where not exists (select from audit_forwardings f where f.tenant_id = t.id and f.id = 'platform')
      on conflict do nothing
$function$;
grant execute on routine public.ensure_platform_forwardings() to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_api_key(p_tenant text, p_key text, p_inactive_client_may boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v record;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select t.status as tenant_status, c.is_active, k.revoked_at, k.expires_at
    into v
    from api_keys k
    join clients c on c.tenant_id = k.tenant_id and c.id = k.client_id
    join tenants t on t.id = k.tenant_id
   where k.tenant_id = p_tenant and k.id = p_key;
  if not found or v.revoked_at is not null or v.expires_at <= now() then
    raise exception 'api key ended' using errcode = 'CL002';
  elsif v.tenant_status <> 'active' then
    raise exception 'tenant suspended' using errcode = 'CL004';
  elsif not v.is_active and not p_inactive_client_may then
    raise exception 'client deactivated' using errcode = 'CL003';
  end if;
end $function$;
grant execute on routine public.enter_api_key(text,text,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_oauth_client(p_tenant text, p_client uuid, p_version integer, p_token bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on routine public.enter_oauth_client(text,uuid,integer,bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_oauth_user(p_tenant text, p_client uuid, p_version integer, p_token bytea, p_user text, p_access_version integer, p_session text, p_offline boolean, p_needs_step_up boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v record;
begin
  perform enter_oauth_client(p_tenant, p_client, p_version, p_token);
  select u.status, u.access_version, u.mfa_enabled, t.mfa_required into v
    from users u join tenants t on t.id = u.tenant_id where u.tenant_id = p_tenant and u.id = p_user;
  if not found or v.status <> 'active' then
    raise exception 'user deactivated' using errcode = 'CL008';
  elsif not oauth_session_holds(p_tenant, p_session, p_offline) then
    raise exception 'session ended' using errcode = 'CL008';
  elsif v.access_version <> p_access_version then
    raise exception 'access changed' using errcode = 'CL005';
  elsif v.mfa_required and not v.mfa_enabled then
    raise exception 'MFA must be set up' using errcode = 'CL006';
  elsif p_needs_step_up and v.mfa_enabled and not exists (select from sessions where tenant_id = p_tenant
        and id = p_session and revoked_at is null and stepped_up_at > now() - interval '10 minutes') then
    raise exception 'step-up required' using errcode = 'CL007';
  end if;
end $function$;
grant execute on routine public.enter_oauth_user(text,uuid,integer,bytea,text,integer,text,boolean,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_session(p_tenant text, p_session text, p_access_version integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant, true) from sessions
   where tenant_id = p_tenant and id = p_session and admitted_version = p_access_version and revoked_at is null
     and expires_at > now() and last_seen_at >= now() - interval '1 minute';
  if not found then
    perform enter_session(p_tenant, p_session, p_access_version, null, false, false, false);
  end if;
end $function$;
grant execute on routine public.enter_session(text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_session(p_tenant text, p_session text, p_access_version integer, p_client uuid, p_inactive_client_may boolean, p_without_mfa_may boolean, p_needs_step_up boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v record; v_client_active boolean;
begin
  perform set_config('app.tenant_id', p_tenant, true);
  select t.status as tenant_status, t.mfa_required, u.status as user_status, u.access_version, u.mfa_enabled,
         s.revoked_at, s.expires_at, s.client_id, s.last_seen_at, s.stepped_up_at, s.admitted_version
    into v
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
   where s.tenant_id = p_tenant and s.id = p_session;
  if not found or v.revoked_at is not null or v.expires_at <= now() or v.last_seen_at <= now() - interval '30 minutes' then
    raise exception 'session ended' using errcode = 'CL001';
  elsif v.client_id is distinct from p_client then
    raise exception 'session of another client' using errcode = 'CL001';
  elsif v.tenant_status <> 'active' then
    raise exception 'tenant suspended' using errcode = 'CL004';
  elsif v.user_status <> 'active' then
    raise exception 'user deactivated' using errcode = 'CL001';
  elsif v.access_version <> p_access_version then
    raise exception 'access changed' using errcode = 'CL005';
  end if;
  if p_client is not null then
    select is_active into v_client_active from clients where tenant_id = p_tenant and id = p_client;
    if not found then
      raise exception 'client deleted' using errcode = 'CL001';
    elsif not v_client_active and not p_inactive_client_may then
      raise exception 'client deactivated' using errcode = 'CL003';
    end if;
  end if;
  if v.mfa_required and not v.mfa_enabled and not p_without_mfa_may then
    raise exception 'MFA must be set up' using errcode = 'CL006';
  elsif p_needs_step_up and v.mfa_enabled and coalesce(v.stepped_up_at <= now() - interval '10 minutes', true) then
    raise exception 'step-up required' using errcode = 'CL007';
  end if;
  -- At most once a minute and after each change of access, and never waiting for anybody.
  if v.last_seen_at < now() - interval '1 minute' or v.admitted_version is distinct from p_access_version
     and p_client is null and (v.mfa_enabled or not v.mfa_required) then
    update sessions set admitted_version = admission(p_tenant, p_session),
        last_seen_at = case when last_seen_at < now() - interval '1 minute' then now() else last_seen_at end
     where (tenant_id, id) in (
       select tenant_id, id from sessions where tenant_id = p_tenant and id = p_session for no key update skip locked);
  end if;
end $function$;
grant execute on routine public.enter_session(text,text,integer,uuid,boolean,boolean,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.enter_tenant(p_tenant text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare v text;
begin
  v := set_config('app.tenant_id', p_tenant, true);
end $function$;
grant execute on routine public.enter_tenant(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.erase_tenant_rows(p_tenant text, p_id text, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_table text; v_column text; v_rows bigint; v_left bigint := p_limit; v_gone jsonb := '{}';
begin
  perform from tenant_erasures where tenant_id = p_tenant and id = p_id and status = 'running' and due_at <= now() for update;
  if not found then
    return null;
  end if;
  perform set_config('app.tenant_erasure', p_tenant, true);
  delete from oidc_payloads p using oauth_clients c where c.tenant_id = p_tenant and p.client_id = c.client_id;
  get diagnostics v_rows = row_count;
  if v_rows > 0 then v_gone := jsonb_build_object('oidc_payloads', v_rows); end if;
  for v_table, v_column in
    with recursive tables as (
      select c.oid, c.relname, a.attname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'tenant_erasures'
    ), depths (oid, depth) as (
      select oid, 0 from tables
      union
      select k.conrelid, d.depth + 1 from depths d
        join pg_constraint k on k.contype = 'f' and k.confrelid = d.oid and k.conrelid <> d.oid
    )
    select t.relname, t.attname from tables t join depths d on d.oid = t.oid
     group by t.relname, t.attname
     -- Triggers of other deletes add to the counts; clients and endpoints take along what stands without a key behind them.
     order by t.relname = 'tenants', t.relname = 'row_counts', max(d.depth) desc,
              t.relname in ('clients', 'webhook_endpoints'), t.relname
  loop
    execute format('delete from only %1$I where ctid = any (array(select ctid from only %1$I where %2$I = $1 limit $2))', v_table, v_column)
      using p_tenant, v_left;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then
      v_gone := v_gone || jsonb_build_object(v_table, v_rows);
      v_left := v_left - v_rows;
    end if;
    exit when v_left <= 0;
  end loop;
  if v_left > 0 and to_regclass('pgboss.job') is not null then
    execute 'delete from pgboss.job where data ->> ''tenantId'' = $1' using p_tenant;
    get diagnostics v_rows = row_count;
    if v_rows > 0 then v_gone := v_gone || jsonb_build_object('pgboss.job', v_rows); end if;
  end if;
  update tenant_erasures e
     set removed = (select coalesce(jsonb_object_agg(key, coalesce((e.removed ->> key)::bigint, 0) + coalesce((v_gone ->> key)::bigint, 0)), '{}')
                      from (select jsonb_object_keys(e.removed || v_gone) as key) k)
   where e.tenant_id = p_tenant and e.id = p_id;
  return v_gone;
end $function$;
grant execute on routine public.erase_tenant_rows(text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_api_key(p_hash bytea)
 RETURNS TABLE(tenant_id text, id text, client_id uuid, scopes text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id, client_id, scopes from api_keys where key_hash = p_hash;
$function$;
grant execute on routine public.find_api_key(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_api_key_refresh_token(p_hash bytea)
 RETURNS TABLE(tenant_id text, api_key_id text, client_id uuid, expires_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select t.tenant_id, t.api_key_id, k.client_id, t.expires_at
    from api_key_refresh_tokens t join api_keys k on k.tenant_id = t.tenant_id and k.id = t.api_key_id
   where t.token_hash = p_hash;
$function$;
grant execute on routine public.find_api_key_refresh_token(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_invitation(p_hash bytea)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id from invitations where token_hash = p_hash;
$function$;
grant execute on routine public.find_invitation(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_oauth_clients(p_client_ids text[])
 RETURNS SETOF public.oauth_clients
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select c.* from oauth_clients c join tenants t on t.id = c.tenant_id and t.status = 'active'
   where c.client_id = any (p_client_ids);
$function$;
grant execute on routine public.find_oauth_clients(text[]) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_password_reset(p_hash bytea)
 RETURNS TABLE(tenant_id text, user_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, user_id from password_resets where token_hash = p_hash;
$function$;
grant execute on routine public.find_password_reset(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_pending_sign_in(p_hash bytea)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id from pending_sign_ins where token_hash = p_hash;
$function$;
grant execute on routine public.find_pending_sign_in(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_pending_sign_in_from(p_user text, p_address text)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id from pending_sign_ins
   where user_id = p_user and ip_address = p_address and expires_at > now() and wrong_codes < 5
   order by created_at desc, id desc limit 1;
$function$;
grant execute on routine public.find_pending_sign_in_from(text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_refresh_token(p_hash bytea)
 RETURNS TABLE(tenant_id text, session_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, session_id from refresh_tokens where token_hash = p_hash;
$function$;
grant execute on routine public.find_refresh_token(bytea) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_sign_in(p_email_key text, p_tenant text, p_network text, p_known_days integer)
 RETURNS TABLE(tenant_id text, user_id text, password_hash text, can_sign_in boolean, mfa_enabled boolean, is_known_address boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
begin
  return query select u.tenant_id, u.id, u.password_hash, u.status = 'active' and t.status = 'active', u.mfa_enabled,
         exists (select 1 from known_addresses k
                  where k.tenant_id = u.tenant_id and k.user_id = u.id and k.address = p_network
                    and k.last_used_at > now() - make_interval(days => p_known_days))
    from users u join tenants t on t.id = u.tenant_id
   where u.email_key = p_email_key and (p_tenant is null or u.tenant_id = p_tenant)
   order by u.created_at, u.tenant_id limit 4;
end $function$;
grant execute on routine public.find_sign_in(text,text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_sign_in_candidates(p_email_key text, p_tenant text)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id, id from users
   where email_key = p_email_key and (p_tenant is null or tenant_id = p_tenant) order by created_at, tenant_id limit 4;
$function$;
grant execute on routine public.find_sign_in_candidates(text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.find_signers(p_email_key text, p_tenant text, p_network text, p_known_days integer)
 RETURNS TABLE(tenant_id text, user_id text, password_hash text, can_sign_in boolean, is_known_address boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  -- Not in SQL: before PostgreSQL 18 such a function is planned anew at every call.
  return query select u.tenant_id, u.id, u.password_hash, u.status = 'active' and t.status = 'active',
         exists (select 1 from known_addresses k
                  where k.tenant_id = u.tenant_id and k.user_id = u.id and k.address = p_network
                    and k.last_used_at > now() - make_interval(days => p_known_days))
    from users u join tenants t on t.id = u.tenant_id
   where u.email_key = p_email_key and (p_tenant is null or u.tenant_id = p_tenant)
   order by u.created_at, u.tenant_id limit 4;
end $function$;
grant execute on routine public.find_signers(text,text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.finish_sign_in(p_turn bigint, p_keys bytea[], p_password_digest bytea, p_tenant text, p_user text, p_session text, p_now timestamp with time zone, p_expires_at timestamp with time zone, p_idle_since timestamp with time zone, p_most integer, p_ip_address text, p_user_agent text, p_token_hash bytea, p_network text)
 RETURNS void
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  perform pg_advisory_xact_lock(p_turn);
  perform from users u join tenants t on t.id = u.tenant_id
    where u.tenant_id = p_tenant and u.id = p_user and u.status = 'active' and t.status = 'active' and not u.mfa_enabled
      and sha256(convert_to(u.password_hash, 'UTF8')) = p_password_digest for no key update of u;
  if not found or exists (select from sign_in_failures where key_hash = any (p_keys)) then
    raise exception 'the sign-in is no plain one' using errcode = '40001';
  end if;
  perform open_session(p_tenant, p_user, p_session, null, p_now, p_expires_at, p_idle_since, p_most, p_ip_address, p_user_agent, null,
    p_token_hash, p_network);
end $function$;
grant execute on routine public.finish_sign_in(bigint,bytea[],bytea,text,text,text,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer,text,text,bytea,text) to PUBLIC;
grant execute on routine public.finish_sign_in(bigint,bytea[],bytea,text,text,text,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer,text,text,bytea,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.lease_rate_limits(p_node text, p_may_hold boolean, p_window_seconds integer, p_tenant text, p_subjects text[], p_kinds text[], p_limits integer[], p_wanted integer[])
 RETURNS TABLE(most integer, granted integer, remaining integer, others_hold boolean, passing boolean, database_now_ms double precision, window_start_ms double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_start timestamptz := to_timestamp(floor(extract(epoch from v_now) / p_window_seconds) * p_window_seconds);
  v_alive text[] := array(select id from rate_limit_nodes where seen_at > v_now - interval '10 seconds');
  v_nodes integer := greatest(cardinality(v_alive), 1);
  v_adjusted record;
  v_most integer;
  v_window record;
begin
  select user_limit, tenant_limit, transfer_limit into v_adjusted from tenant_rate_limits where tenant_id = p_tenant;
  for i in 1 .. cardinality(p_subjects) loop
    v_most := coalesce(case p_kinds[i]
      when 'user' then v_adjusted.user_limit
      when 'tenant' then v_adjusted.tenant_limit
      when 'transfer' then v_adjusted.transfer_limit
    end, p_limits[i]);
    insert into rate_limit_windows as w (tenant_id, subject, window_start, granted, used, holders)
    select p_tenant, p_subjects[i], v_start, g.granted, g.granted, array[p_node]
      from rate_limit_grant(v_most, p_wanted[i], not p_may_hold, v_nodes) as g (granted)
    on conflict (tenant_id, subject, window_start) do update set
      granted = rate_limit_grant(v_most - w.used, p_wanted[i], not p_may_hold or w.recalled_at is not null, v_nodes),
      used = w.used + rate_limit_grant(v_most - w.used, p_wanted[i], not p_may_hold or w.recalled_at is not null, v_nodes),
      holders = case when w.used < v_most then array_remove(w.holders, p_node) || p_node else array_remove(w.holders, p_node) end,
      recalled_at = case
        when w.recalled_at is null and w.used >= v_most and array_remove(w.holders, p_node) && v_alive then v_now
        else w.recalled_at
      end
    returning granted, used, recalled_at, array_remove(w.holders, p_node) && v_alive as others_hold into v_window;
    return query select v_most, v_window.granted, greatest(v_most - v_window.used, 0), v_window.others_hold,
      v_window.recalled_at is not null or not p_may_hold,
      extract(epoch from v_now)::double precision * 1000, extract(epoch from v_start)::double precision * 1000;
    if v_window.recalled_at = v_now then
      perform pg_notify('rate_limits',
        json_build_object('recalled', json_build_array(p_tenant, p_subjects[i]), 'by', p_node)::text);
    end if;
  end loop;
end $function$;
grant execute on routine public.lease_rate_limits(text,boolean,integer,text,text[],text[],integer[],integer[]) to clientele_app;

CREATE OR REPLACE FUNCTION public.leave_rate_limits(p_node text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  delete from rate_limit_nodes where id = p_node;
$function$;
grant execute on routine public.leave_rate_limits(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.locate_notification_feedback_source(p_id text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select tenant_id from notification_feedback_sources where id = p_id
$function$;
grant execute on routine public.locate_notification_feedback_source(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.new_workflow_execution_id()
 RETURNS text
 LANGUAGE sql
AS $function$
  select 'exec_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', substring(b.bits from i * 5 + 1 for 5)::integer + 1, 1), '' order by i)
    from (select B'00' || ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
            || '7' || substr(r.hex, 1, 3) || substr(r.hex, 17, 1) || substr(r.hex, 18, 15))::bit(128) as bits
            from (select replace(gen_random_uuid()::text, '-', '') as hex) r) b,
         generate_series(0, 25) i
$function$;
grant execute on routine public.new_workflow_execution_id() to PUBLIC;

CREATE OR REPLACE FUNCTION public.notification_attachment(p_tenant text, p_notification text)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select n.attachment from notifications n where n.tenant_id = p_tenant and n.id = p_notification
$function$;
grant execute on routine public.notification_attachment(text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.notification_lane_beyond(p_after text, p_steps integer)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
  with recursive lane (place, steps) as (
    (select tenant_id, 1 from notification_deliveries where due_at is not null and tenant_id > p_after order by tenant_id, due_at limit 1)
    union all
    select n.place, l.steps + 1 from lane l cross join lateral (
      select tenant_id as place from notification_deliveries where due_at is not null and tenant_id > l.place order by tenant_id, due_at limit 1) n
     where l.steps < p_steps
  )
  select place from lane where steps = p_steps;
$function$;
grant execute on routine public.notification_lane_beyond(text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.oauth_session_holds(p_tenant text, p_session text, p_offline boolean)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select case
    when p_offline then not exists (
      select from sessions where tenant_id = p_tenant and id = p_session and revoked_at is not null
         and coalesce(revoked_reason, '') not in ('signed_out', 'too_many_sessions', 'idle', 'expired'))
    else exists (select from sessions where tenant_id = p_tenant and id = p_session and revoked_at is null)
  end;
$function$;
grant execute on routine public.oauth_session_holds(text,text,boolean) to clientele_app;

CREATE OR REPLACE FUNCTION public.open_session(p_tenant text, p_user text, p_session text, p_client uuid, p_now timestamp with time zone, p_expires_at timestamp with time zone, p_idle_since timestamp with time zone, p_most integer, p_ip_address text, p_user_agent text, p_stepped_up_at timestamp with time zone, p_token_hash bytea, p_network text)
 RETURNS void
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare v_surplus text;
begin
  insert into sessions (tenant_id, id, user_id, client_id, expires_at, ip_address, user_agent, stepped_up_at)
  values (p_tenant, p_session, p_user, p_client, p_expires_at, p_ip_address, p_user_agent, p_stepped_up_at);
  insert into refresh_tokens (tenant_id, token_hash, session_id, expires_at)
  values (p_tenant, p_token_hash, p_session, p_expires_at);
  select id into v_surplus from sessions
   where tenant_id = p_tenant and user_id = p_user and created_at > now() - (p_expires_at - p_now) - interval '1 day'
     and revoked_at is null and expires_at > p_now and last_seen_at > p_idle_since and client_id is not distinct from p_client
   order by created_at desc offset p_most limit 1;
  if found then
    update sessions set revoked_at = p_now, revoked_reason = 'too_many_sessions'
     where tenant_id = p_tenant and id = v_surplus;
  end if;
  -- At most one write a day for one user and address.
  perform from known_addresses where tenant_id = p_tenant and user_id = p_user and address = p_network
    and last_used_at >= now() - interval '1 day';
  if not found then
    insert into known_addresses as k (tenant_id, user_id, address) values (p_tenant, p_user, p_network)
    on conflict (tenant_id, user_id, address) do update set last_used_at = now();
  end if;
end $function$;
grant execute on routine public.open_session(text,text,text,uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer,text,text,timestamp with time zone,bytea,text) to PUBLIC;
grant execute on routine public.open_session(text,text,text,uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,integer,text,text,timestamp with time zone,bytea,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.profiles_by_words(p_words text, p_status text, p_client uuid, p_reference text, p_after timestamp with time zone, p_before timestamp with time zone, p_limit integer)
 RETURNS SETOF bigint
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select pk from profiles
      where tenant_id = $1 and search @@ $2::tsquery and status = $3 and ($4 is null or client_id = $4)
        and ($5 is null or external_reference = $5) and ($6 is null or created_at > $6) and ($7 is null or created_at < $7)
      order by created_at desc, pk desc limit $8'
    using v_tenant, p_words, p_status, p_client, p_reference, p_after, p_before, p_limit;
end $function$;
grant execute on routine public.profiles_by_words(text,text,uuid,text,timestamp with time zone,timestamp with time zone,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.put_into_audit_inbox()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into audit_inbox select new.*;
  return null;
end $function$;
grant execute on routine public.put_into_audit_inbox() to clientele_app;

CREATE OR REPLACE FUNCTION public.rate_limit_grant(p_left integer, p_wanted integer, p_passing boolean, p_nodes integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select greatest(0, least(p_left, case
    when p_passing then p_wanted
    when p_nodes = 1 then greatest(p_wanted, p_left / 2, 5)
    else greatest(p_wanted, p_left / (4 * p_nodes))
  end))
$function$;
grant execute on routine public.rate_limit_grant(integer,integer,boolean,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.read_live_notifications(p_watched jsonb)
 RETURNS TABLE(tenant_id text, user_id text, id text, title text, body text, category text, action_url text, created_at timestamp with time zone, at_position bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
  select w.tenant, w."user", n.id, n.title, n.body, n.category, n.action_url, n.created_at, n.position
    from jsonb_to_recordset(p_watched) as w (tenant text, "user" text, floor bigint)
    cross join lateral (
      select * from notifications n
       where n.tenant_id = w.tenant and n.user_id = w."user" and n.position > w.floor
       order by n.position limit 200) n;
end $function$;
grant execute on routine public.read_live_notifications(jsonb) to clientele_app;

CREATE OR REPLACE FUNCTION public.record_notification_mails(p_outcomes jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  update notification_attempts a
     set finished_at = now(), outcome = o.outcome, response = o.response
    from jsonb_to_recordset(p_outcomes) as o (tenant_id text, id bigint, number integer, outcome text, response text)
   where a.tenant_id = o.tenant_id and a.delivery_id = o.id and a.number = o.number;
  with ended as (
    update notification_deliveries d
       set status = o.status, reason = o.reason, provider = coalesce(o.provider, d.provider),
           provider_message_id = coalesce(o.provider_message_id, d.provider_message_id),
           last_error = case when o.status = 'sent' then null else o.response end,
           due_at = case when o.status = 'retrying' then now() + o.retry_ms * interval '1 ms' end,
           finished_at = case when o.status = 'retrying' then null else now() end
      from jsonb_to_recordset(p_outcomes) as o (tenant_id text, id bigint, number integer, status text, reason text,
           response text, provider text, provider_message_id text, retry_ms double precision)
     where d.tenant_id = o.tenant_id and d.id = o.id and d.attempts = o.number
       -- A late word on an attempt that was given up for lost counts only when it says that the message is sent.
       and (d.status = 'sending' or o.status = 'sent' and d.status = 'retrying')
    returning d.tenant_id, d.id, d.notification_id, d.status, d.reason, d.provider
  )
  update notification_deliveries i
     set status = e.status, reason = e.reason, provider = e.provider, finished_at = now()
    from ended e
   where e.notification_id is null and e.status <> 'retrying' and i.tenant_id = e.tenant_id and i.digest_id = e.id
     and i.status = 'digest';
  insert into notification_suppressions (tenant_id, address_key, category, reason, source)
  select distinct d.tenant_id, d.address_key, '*', 'bounce', 'smtp'
    from jsonb_to_recordset(p_outcomes) as o (tenant_id text, id bigint, bounced boolean)
    join notification_deliveries d on d.tenant_id = o.tenant_id and d.id = o.id
   where o.bounced and d.address_key is not null
  on conflict do nothing;
end $function$;
grant execute on routine public.record_notification_mails(jsonb) to clientele_app;

CREATE OR REPLACE FUNCTION public.record_webhook_attempts(p_attempts json)
 RETURNS TABLE(tenant_id text, endpoint_pk bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
  return query
  with attempt as materialized (
    select * from json_to_recordset(p_attempts) as a (
      tenant_id text, delivery_pk bigint, endpoint_pk bigint, event_id uuid, event_type text, created_at timestamptz,
      status text, due_at timestamptz, attempted_at timestamptz, url text, request_headers json, request_body text,
      status_code integer, response_headers json, response_body text, response_truncated boolean,
      dns_ms real, connect_ms real, first_byte_ms real, total_ms real, error_code text, error text)
  ), health as (
    select a.tenant_id, a.endpoint_pk, bool_or(a.error_code is null) as well from attempt a group by 1, 2
  ), endpoint as materialized (
    -- Held until the end: one that is being deleted takes these along, or there is nothing to record.
    select e.tenant_id, e.pk, e.status, e.failing_since, h.well
      from webhook_endpoints e join health h on h.tenant_id = e.tenant_id and h.endpoint_pk = e.pk for key share of e
  ), delivery as (
    insert into webhook_deliveries as d (tenant_id, pk, endpoint_pk, event_id, event_type, status, attempts, last_status_code,
      last_error_code, created_at, finished_at)
    select a.tenant_id, a.delivery_pk, a.endpoint_pk, a.event_id, a.event_type, a.status, 1, a.status_code, a.error_code,
      a.created_at, case when a.status <> 'pending' then now() end
      from attempt a join endpoint e on e.tenant_id = a.tenant_id and e.pk = a.endpoint_pk
    on conflict (tenant_id, pk) do update
      set status = excluded.status, attempts = d.attempts + 1, last_status_code = excluded.last_status_code,
          last_error_code = excluded.last_error_code, finished_at = excluded.finished_at
    returning d.tenant_id, d.pk, d.attempts as number
  ), kept as (
    insert into webhook_attempts (tenant_id, delivery_pk, number, attempted_at, url, request_headers, request_body, status_code,
      response_headers, response_body, response_truncated, dns_ms, connect_ms, first_byte_ms, total_ms, error_code, error)
    select a.tenant_id, a.delivery_pk, d.number, a.attempted_at, a.url, a.request_headers, a.request_body, a.status_code,
      a.response_headers, a.response_body, a.response_truncated, a.dns_ms, a.connect_ms, a.first_byte_ms, a.total_ms,
      a.error_code, a.error
      from attempt a join delivery d on d.tenant_id = a.tenant_id and d.pk = a.delivery_pk
  ), finished as (
    delete from webhook_queue q using attempt a
     where a.status <> 'pending' and q.tenant_id = a.tenant_id and q.delivery_pk = a.delivery_pk
  ), again as (
    update webhook_queue q set waiting = true, due_at = a.due_at, leased_until = null, tries = q.tries + 1
      from attempt a where a.status = 'pending' and q.tenant_id = a.tenant_id and q.delivery_pk = a.delivery_pk
  ), turned as (
    update webhook_endpoints e set failing_since = case when h.well then null else now() end
      from endpoint h where e.tenant_id = h.tenant_id and e.pk = h.pk and h.well = (h.failing_since is not null)
  )
  select e.tenant_id, e.pk from endpoint e
   where not e.well and e.status = 'enabled' and e.failing_since < now() - interval '5 days';
end $function$;
grant execute on routine public.record_webhook_attempts(json) to clientele_app;

CREATE OR REPLACE FUNCTION public.redact_audit_events(p_tenant text, p_record jsonb, p_signature bytea, p_events jsonb)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_changed integer;
begin
  if p_tenant is distinct from nullif(current_setting('app.tenant_id', true), '') then
    raise exception 'not the tenant that was entered' using errcode = 'insufficient_privilege';
  end if;
  insert into audit_redactions (tenant_id, id, category, erasure_id, redacted_at, key_id, payload, signature)
  select p_tenant, r.id, r.category, r.erasure_id, r.redacted_at, r.key_id, r.payload, p_signature
    from jsonb_to_record(p_record) as r
         (id text, category text, erasure_id text, redacted_at timestamptz, key_id text, payload text);
  perform set_config('app.audit_redaction', 'on', true);
  update only audit_events e
     set description = r.description, actor = r.actor::json, context = r.context::json, target_id = r.target_id,
         user_id = coalesce(r.actor::json ->> 'user_id',
           case when e.target_type = 'user' and r.actor::json ->> 'type' = 'anonymous' then r.target_id end),
         client_id = coalesce(r.actor::json ->> 'client_id', case when e.target_type = 'client' then r.target_id end)
    from jsonb_to_recordset(p_events) as r (id text, description text, actor text, context text, target_id text)
   where e.tenant_id = p_tenant and e.category = p_record ->> 'category' and e.id = r.id;
  get diagnostics v_changed = row_count;
  perform set_config('app.audit_redaction', '', true);
  return v_changed;
end $function$;
grant execute on routine public.redact_audit_events(text,jsonb,bytea,jsonb) to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_change_of_analysis()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'an analysis that has ended is never changed' using errcode = 'restrict_violation';
end $function$;
grant execute on routine public.refuse_change_of_analysis() to PUBLIC;

CREATE OR REPLACE FUNCTION public.refuse_change_of_audit_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name) then
    if tg_op = 'DELETE' and (current_setting('app.audit_cut', true) = 'on'
        or current_setting('app.tenant_erasure', true) = to_jsonb(old) ->> 'tenant_id') then
      return old;
    end if;
    if tg_op = 'UPDATE' and tg_table_name = 'audit_events' and current_setting('app.audit_redaction', true) = 'on' then
      return new;
    end if;
  end if;
  raise exception 'audit events are never changed or deleted' using errcode = 'insufficient_privilege';
end $function$;
grant execute on routine public.refuse_change_of_audit_events() to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_change_of_check()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a check that has ended is never changed' using errcode = 'restrict_violation';
end $function$;
grant execute on routine public.refuse_change_of_check() to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_change_of_import()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'an import that has ended is never changed' using errcode = 'restrict_violation';
end $function$;
grant execute on routine public.refuse_change_of_import() to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_change_of_scorecard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a scorecard that has been active or retired is never changed' using errcode = 'restrict_violation';
end $function$;
grant execute on routine public.refuse_change_of_scorecard() to PUBLIC;

CREATE OR REPLACE FUNCTION public.refuse_change_of_validated_entries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare compared accounting_entries;
begin
  if tg_op = 'UPDATE' then
    compared := new;
    compared.lettering := old.lettering;
    compared.lettering_date := old.lettering_date;
    if compared is not distinct from old then
      return new;
    end if;
  elsif current_setting('app.tenant_erasure', true) = old.tenant_id
     and current_user = (select tableowner from pg_tables where schemaname = tg_table_schema and tablename = tg_table_name) then
    return old;
  end if;
  raise exception 'validated accounting entries are never changed or deleted'
    using errcode = 'integrity_constraint_violation', constraint = 'accounting_entries_validated_are_final';
end $function$;
grant execute on routine public.refuse_change_of_validated_entries() to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_full_storage(p_platform_limit bigint, p_coming bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on routine public.refuse_full_storage(bigint,bigint) to clientele_app;

CREATE OR REPLACE FUNCTION public.refuse_truncation_of_entries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'validated accounting entries are never changed or deleted' using errcode = 'insufficient_privilege';
end $function$;
grant execute on routine public.refuse_truncation_of_entries() to clientele_app;

CREATE OR REPLACE FUNCTION public.release_stored_files()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update tenant_storage s set used_bytes = greatest(0, s.used_bytes - gone.bytes)
    from (select tenant_id, sum(size) as bytes from deleted_files where size is not null group by tenant_id) gone
   where s.tenant_id = gone.tenant_id;
  return null;
end $function$;
grant execute on routine public.release_stored_files() to clientele_app;

CREATE OR REPLACE FUNCTION public.release_webhook_deliveries(p_tenants text[], p_deliveries bigint[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update webhook_queue q set leased_until = null from unnest(p_tenants, p_deliveries) as r (tenant_id, delivery_pk)
   where q.tenant_id = r.tenant_id and q.delivery_pk = r.delivery_pk;
$function$;
grant execute on routine public.release_webhook_deliveries(text[],bigint[]) to clientele_app;

CREATE OR REPLACE FUNCTION public.return_rate_limits(p_node text, p_tenants text[], p_subjects text[], p_starts_ms double precision[], p_unused integer[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  for i in 1 .. cardinality(p_subjects) loop
    update rate_limit_windows
       set used = greatest(used - p_unused[i], 0), holders = array_remove(holders, p_node)
     where tenant_id = p_tenants[i] and subject = p_subjects[i] and window_start = to_timestamp(p_starts_ms[i] / 1000);
  end loop;
end $function$;
grant execute on routine public.return_rate_limits(text,text[],text[],double precision[],integer[]) to clientele_app;

CREATE OR REPLACE FUNCTION public.seal_audit_events(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  v_newest bigint; v_state audit_sealing; v_settles boolean; v_upto bigint; v_sweeps boolean; v_sealed integer;
begin
  -- The number of this transaction bounds those of all who have taken a position up to the newest one that is visible now,
  -- but only if it is given after that look.
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the sealer''s pass is a transaction of its own';
  end if;
  select max(e.position) into v_newest from audit_inbox e where e.position > (select settled from audit_sealing);
  select * into v_state from audit_sealing for update skip locked;
  if not found then
    return null;
  end if;
  if coalesce(v_newest, v_state.seen) = v_state.settled and v_state.pending is null then
    return 0;
  end if;
  v_newest := greatest(v_newest, v_state.seen);
  -- Numbers above the newest are of another cluster, from which this database was restored: its transactions are over.
  v_settles := v_state.pending_xid <= pg_snapshot_xmin(pg_current_snapshot())
    or v_state.pending_xid >= pg_snapshot_xmax(pg_current_snapshot());
  v_upto := coalesce(
    (select position from audit_inbox where position > v_state.seen order by position offset p_limit - 1 limit 1), v_newest);
  v_upto := least(v_upto, v_newest);
  -- Behind a long transaction the stretch that is not settled grows: then its stragglers are looked for every 5 s only.
  v_sweeps := coalesce(v_settles, false) or v_state.seen - v_state.settled <= 5000
    or v_state.swept_at < clock_timestamp() - interval '5 seconds';
  v_sealed := seal_audit_window(null, case when v_sweeps then v_state.settled else v_state.seen end, v_upto);
  update audit_sealing set
    settled = case when v_settles then v_state.pending else v_state.settled end,
    pending = case when v_state.pending is not null and not v_settles then v_state.pending
                   when v_upto > v_state.pending or v_state.pending is null then v_upto end,
    pending_xid = case when v_state.pending is not null and not v_settles then v_state.pending_xid
                       when v_upto > v_state.pending or v_state.pending is null then pg_current_xact_id() end,
    seen = v_upto,
    swept_at = case when v_sweeps then clock_timestamp() else v_state.swept_at end;
  return v_sealed;
end $function$;
grant execute on routine public.seal_audit_events(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.seal_audit_events_of(p_tenant text)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select seal_audit_window(p_tenant, s.settled, 9223372036854775807) from audit_sealing s
$function$;
grant execute on routine public.seal_audit_events_of(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.seal_audit_window(p_tenant text, p_after bigint, p_upto bigint)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare v_tenants text[]; v_categories text[]; v_sealed integer; v_careful boolean; v_said text;
begin
  with chains as (
    select distinct e.tenant_id, e.category from audit_inbox e
     where e.position > p_after and e.position <= p_upto and (p_tenant is null or e.tenant_id = p_tenant)
  )
  select array_agg(tenant_id order by tenant_id, category), array_agg(category order by tenant_id, category)
    into v_tenants, v_categories from chains;
  if v_tenants is null then
    return 0;
  end if;
  -- Heads in one order for all sealers, before the events are taken: what another one has taken meanwhile is gone then.
  insert into audit_chains (tenant_id, category, sequence, link_hash)
  select t, c, 0, audit_chain_start(t, c) from unnest(v_tenants, v_categories) as chain (t, c) order by t, c
      on conflict do nothing;
  perform from audit_chains h join unnest(v_tenants, v_categories) as chain (t, c) on h.tenant_id = t and h.category = c
    order by h.tenant_id, h.category for update of h;
  v_said := set_config('app.audit_sealing', 'on', true);
  foreach v_careful in array array[false, true] loop
    begin
      with heads as materialized (
        select h.tenant_id, h.category, h.sequence, h.link_hash
          from unnest(v_tenants, v_categories) as chain (t, c) join audit_chains h on h.tenant_id = t and h.category = c
      ), taken as (
        delete from audit_inbox e using heads h
         where e.position > p_after and e.position <= p_upto and (p_tenant is null or e.tenant_id = p_tenant)
           and h.tenant_id = e.tenant_id and h.category = e.category
           and (not v_careful or not exists (select from only audit_events o where o.tenant_id = e.tenant_id and o.id = e.id)
             and not exists (select from only audit_events o where o.position = e.position)
             and not exists (select from audit_inbox o where o.tenant_id = e.tenant_id and o.id = e.id and o.position < e.position))
        returning e.*
      ), kept as (
        insert into audit_events select * from taken
      ), numbered as (
        select t.tenant_id, t.category, t.id, t.position, sha256(convert_to(audit_event_text(row(t.*)::audit_events), 'UTF8')) as hash,
               h.link_hash as start, h.sequence + row_number() over (partition by t.tenant_id, t.category order by t.position) as sequence
          from taken t join heads h on h.tenant_id = t.tenant_id and h.category = t.category
      )
      insert into audit_links (tenant_id, category, sequence, event_id, event_hash, link_hash)
      select tenant_id, category, sequence, id, hash,
             audit_link_chain(start, sequence, hash) over (partition by tenant_id, category order by position)
        from numbered;
      get diagnostics v_sealed = row_count;
      exit;
    exception when unique_violation then
      if v_careful then
        raise;
      end if;
    end;
  end loop;
  v_said := set_config('app.audit_sealing', '', true);
  -- A look into the index for each chain, where sorting what was written once more would be one for each event.
  update audit_chains h set sequence = last.sequence, link_hash = last.link_hash
    from unnest(v_tenants, v_categories) as chain (t, c)
   cross join lateral (select l.sequence, l.link_hash from audit_links l where l.tenant_id = t and l.category = c
                        order by l.sequence desc limit 1) last
   where h.tenant_id = t and h.category = c;
  return v_sealed;
end $function$;

CREATE OR REPLACE FUNCTION public.searched_letters(p_tenant text, p_part text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN ARRAY(SELECT ((searched_letters.p_tenant || ':'::text) || substr(searched_letters.p_part, s.place, 3)) FROM generate_series(1, GREATEST((length(searched_letters.p_part) - 2), 1)) s(place));
grant execute on routine public.searched_letters(text,text) to PUBLIC;

CREATE OR REPLACE FUNCTION public.seed_workflows()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into workflows (tenant_id, id, name, active_version) values (new.id, 'wf_invoice_approval', 'Approbation Factures', 1);
  insert into workflow_versions (tenant_id, workflow_id, version, definition)
  values (new.id, 'wf_invoice_approval', 1, '{"name":"Approbation Factures","description":"Tells the approvers of each new invoice; one of them decides on those over the amount.","triggers":["event:invoice.created","manual"],"entity_type":"invoice","entity_summary":"\"Facture \" + string(entity.total_amount) + (entity.currency == \"EUR\" ? \"€\" : \" \" + entity.currency) + \" - Client \" + entity.customer_name","variables":[{"name":"threshold","type":"number","default":1000,"description":"Invoices over this amount are approved by somebody"},{"name":"priority","type":"string","default":"normal"}],"actions":[{"id":"notify_manager","type":"notification","template":"invoice_created","recipients":["role:approver","role:admin","role:owner"],"variables":{"invoice_number":"=entity.number","amount":"=entity.total_amount","customer":"=entity.customer_name"}},{"id":"check_amount","type":"condition","expression":"entity.total_amount > variables.threshold","on_true":"approval_step","on_false":"end"},{"id":"approval_step","type":"approval","approvers":["role:approver","role:admin","role:owner"],"deadline":"48h","remind_every":"24h","on_approved":"check_unchanged","on_rejected":"set_rejected","on_expired":"fail"},{"id":"check_unchanged","type":"condition","expression":"!steps.approval_step.entity_changed","on_true":"set_approved","on_false":"fail"},{"id":"set_approved","type":"update","set":{"status":"approved"},"next":"notify_decision"},{"id":"set_rejected","type":"update","set":{"status":"rejected"},"next":"notify_decision"},{"id":"notify_decision","type":"notification","template":"approval_decided","recipients":["submitter"],"variables":{"entity_summary":"=\"Facture \" + entity.number","approved":"=steps.approval_step.approved","comment":"=steps.approval_step.comment"},"next":"end"}]}');
  insert into workflow_triggers (tenant_id, kind, name, workflow_id, version, entity_type) values
    (new.id, 'event', 'invoice.created', 'wf_invoice_approval', 1, 'invoice'), (new.id, 'manual', '', 'wf_invoice_approval', 1, 'invoice');
  return null;
end $function$;
grant execute on routine public.seed_workflows() to PUBLIC;

CREATE OR REPLACE FUNCTION public.show_waiting_notifications(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare shown integer;
begin
  with due as materialized (
    select d.tenant_id, d.id from notification_deliveries d
     where d.due_at <= now() and d.channel = 'in_app' order by d.due_at limit p_limit for update skip locked
  ), sent as (
    update notification_deliveries d set status = 'sent', due_at = null, finished_at = now()
      from due where d.tenant_id = due.tenant_id and d.id = due.id
    returning d.tenant_id, d.notification_id
  )
  update notifications n set position = nextval('notification_positions'), shown_at = now()
    from sent s where n.tenant_id = s.tenant_id and n.id = s.notification_id;
  get diagnostics shown = row_count;
  return shown;
end $function$;
grant execute on routine public.show_waiting_notifications(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.sweep_webhook_queue(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
declare v_swept integer; v_orphans integer;
begin
  with gone as (
    delete from webhook_queue q using (
      select w.tenant_id, w.delivery_pk from webhook_endpoints e
        cross join lateral (
          select c.tenant_id, c.delivery_pk from webhook_queue c
           where c.waiting in (true, false) and c.endpoint_pk = e.pk limit p_limit for update skip locked) w
       where e.status = 'disabled' limit p_limit) s
     where q.tenant_id = s.tenant_id and q.delivery_pk = s.delivery_pk
    returning q.*
  )
  insert into webhook_deliveries (tenant_id, pk, endpoint_pk, event_id, event_type, status, last_error_code, created_at, finished_at)
  select tenant_id, delivery_pk, endpoint_pk, event_id, event_type, 'failed', 'endpoint_disabled', created_at, now() from gone
  on conflict (tenant_id, pk) do update set status = 'failed', last_error_code = 'endpoint_disabled', finished_at = now();
  get diagnostics v_swept = row_count;
  with recursive lane (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q where not q.waiting order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, l.steps + 1 from lane l cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > l.endpoint_pk order by q.endpoint_pk, q.delivery_pk limit 1) n
     where l.steps < 1000
  )
  delete from webhook_queue q using lane l
   where not q.waiting and q.endpoint_pk = l.endpoint_pk and q.tenant_id = l.tenant_id
     and not exists (select from webhook_endpoints e where e.tenant_id = l.tenant_id and e.pk = l.endpoint_pk);
  get diagnostics v_orphans = row_count;
  return v_swept + v_orphans;
end $function$;
grant execute on routine public.sweep_webhook_queue(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.take_due_workflows(p_room integer, p_each integer, p_after text, p_lease_seconds integer)
 RETURNS TABLE(tenant_id text, id text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  perform 1 from workflow_executions e where e.due_at <= now() order by e.due_at limit 1;
  if not found then return; end if;
  return query
  with recursive beyond (tenant_id, steps) as (
    (select e.tenant_id, 1 from workflow_executions e
      where e.due_at is not null and e.tenant_id > p_after order by e.tenant_id, e.due_at limit 1)
    union all
    select n.tenant_id, t.steps + 1 from beyond t cross join lateral (
      select e.tenant_id from workflow_executions e
       where e.due_at is not null and e.tenant_id > t.tenant_id order by e.tenant_id, e.due_at limit 1) n
     where t.steps < 1000
  ), before (tenant_id, steps) as (
    (select e.tenant_id, 1 from workflow_executions e
      where e.due_at is not null and e.tenant_id <= p_after order by e.tenant_id, e.due_at limit 1)
    union all
    select n.tenant_id, t.steps + 1 from before t cross join lateral (
      select e.tenant_id from workflow_executions e
       where e.due_at is not null and e.tenant_id > t.tenant_id and e.tenant_id <= p_after
       order by e.tenant_id, e.due_at limit 1) n
     where t.steps < 1000
  ), chosen as materialized (
    select c.tenant_id, c.id
      from (select * from beyond union all select * from before) t
      join tenants o on o.id = t.tenant_id and o.status = 'active'
      cross join lateral (
        select e.tenant_id, e.id from workflow_executions e
         where e.tenant_id = t.tenant_id and e.due_at <= now()
         order by e.due_at, e.id limit p_each for update skip locked) c
     limit p_room
  )
  update workflow_executions e set due_at = now() + make_interval(secs => p_lease_seconds)
    from chosen c where e.tenant_id = c.tenant_id and e.id = c.id
  returning e.tenant_id, e.id;
end $function$;
grant execute on routine public.take_due_workflows(integer,integer,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.take_notification_mails(p_room integer, p_each integer, p_held jsonb, p_after text, p_lease_seconds integer)
 RETURNS TABLE(tenant_id text, id bigint, notification_id text, user_id text, address text, category text, language text, attempt integer, created_ms double precision, suppressed text, title text, body text, html text, action_url text, action_label text, items jsonb, tenant_name text, provider text, provider_settings jsonb, provider_secret text)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  perform 1 from notification_deliveries d where d.due_at <= now() and d.channel = 'email' order by d.due_at limit 1;
  if not found then return; end if;
  return query
  with recursive turn (tenant_id, steps) as (
    (select d.tenant_id, 1 from notification_deliveries d
      where d.due_at is not null and d.tenant_id > p_after order by d.tenant_id, d.due_at limit 1)
    union all
    select n.tenant_id, t.steps + 1 from turn t cross join lateral (
      select d.tenant_id from notification_deliveries d
       where d.due_at is not null and d.tenant_id > t.tenant_id order by d.tenant_id, d.due_at limit 1) n
     where t.steps < 1000
  ), chosen as materialized (
    select c.tenant_id, c.id
      from turn t
      join tenants o on o.id = t.tenant_id and o.status = 'active'
      cross join lateral (
        select d.tenant_id, d.id from notification_deliveries d
         where d.tenant_id = t.tenant_id and d.due_at <= now() and d.channel = 'email'
         order by d.due_at, d.id
         limit greatest(p_each - coalesce((p_held ->> t.tenant_id)::integer, 0), 0) for update skip locked) c
     limit p_room
  ), claimed as (
    update notification_deliveries d
       set status = 'sending', attempts = d.attempts + 1, due_at = now() + make_interval(secs => p_lease_seconds)
      from chosen c where d.tenant_id = c.tenant_id and d.id = c.id
    returning d.*
  ), begun as (
    insert into notification_attempts (tenant_id, delivery_id, number, started_at)
    select c.tenant_id, c.id, c.attempts, clock_timestamp() from claimed c
  )
  select d.tenant_id, d.id, d.notification_id, d.user_id, d.address, d.category, d.language, d.attempts,
         (extract(epoch from d.created_at) * 1000)::double precision,
         (select s.reason from notification_suppressions s
           where s.tenant_id = d.tenant_id and s.address_key = d.address_key
             and s.category in ('*', coalesce(d.category, '*')) order by s.category limit 1),
         n.title, n.body, n.html, n.action_url, n.action_label,
         case when d.notification_id is null then (
           select jsonb_agg(jsonb_build_object('title', m.title, 'body', m.body, 'action_url', m.action_url) order by i.id)
             from notification_deliveries i
             join notifications m on m.tenant_id = i.tenant_id and m.id = i.notification_id
            where i.tenant_id = d.tenant_id and i.digest_id = d.id
              and not exists (select 1 from notification_suppressions s where s.tenant_id = i.tenant_id
                               and s.address_key = d.address_key and s.category = i.category)) end,
         o.name, e.provider, e.settings, e.secret_ciphertext
    from claimed d
    join tenants o on o.id = d.tenant_id
    left join notifications n on n.tenant_id = d.tenant_id and n.id = d.notification_id
    left join email_configs e on e.tenant_id = d.tenant_id and e.client_id = d.client_id;
end $function$;
grant execute on routine public.take_notification_mails(integer,integer,jsonb,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.take_sign_in_turn(p_turn bigint, p_keys bytea[], p_tenant text, p_user text)
 RETURNS TABLE(email_key text, password_hash text, can_sign_in boolean, mfa_enabled boolean, key_hash bytea, failures integer, last_failed_at timestamp with time zone, blocked_until timestamp with time zone)
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  perform pg_advisory_xact_lock(p_turn);
  select u.email_key, u.password_hash, u.status = 'active' and t.status = 'active', u.mfa_enabled
    into email_key, password_hash, can_sign_in, mfa_enabled
    from users u join tenants t on t.id = u.tenant_id
   where u.tenant_id = p_tenant and u.id = p_user for no key update of u;
  for key_hash, failures, last_failed_at, blocked_until in
    select f.key_hash, f.failures, f.last_failed_at, f.blocked_until from sign_in_failures f where f.key_hash = any (p_keys)
  loop
    return next;
  end loop;
  if not found then
    return next;
  end if;
end $function$;
grant execute on routine public.take_sign_in_turn(bigint,bytea[],text,text) to PUBLIC;
grant execute on routine public.take_sign_in_turn(bigint,bytea[],text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.take_webhook_deliveries(p_room integer, p_failing_room integer, p_after bigint, p_first integer, p_allowances jsonb, p_lease_seconds integer)
 RETURNS TABLE(tenant_id text, delivery_pk bigint, endpoint_pk bigint, stamp text, failing boolean, tries integer, due_ms double precision, created_ms double precision, event_id uuid, type text, client_id uuid, data jsonb, sequence bigint, occurred_ms double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
begin
  -- A claim that a crash of the database undoes is claimed again: nothing waits for it to be on disk.
  perform set_config('synchronous_commit', 'off', true);
  update webhook_queue q set waiting = false
    from (select w.tenant_id, w.delivery_pk from webhook_queue w
           where w.waiting and w.due_at <= now() order by w.due_at limit 1000 for update skip locked) due
   where q.tenant_id = due.tenant_id and q.delivery_pk = due.delivery_pk;
  return query
  with recursive beyond (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q
      where not q.waiting and q.endpoint_pk > p_after order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, b.steps + 1 from beyond b cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > b.endpoint_pk order by q.endpoint_pk, q.delivery_pk limit 1) n
     where b.steps < 500
  ), before (tenant_id, endpoint_pk, steps) as (
    (select q.tenant_id, q.endpoint_pk, 1 from webhook_queue q
      where not q.waiting and q.endpoint_pk <= p_after order by q.endpoint_pk, q.delivery_pk limit 1)
    union all
    select n.tenant_id, n.endpoint_pk, b.steps + 1 from before b cross join lateral (
      select q.tenant_id, q.endpoint_pk from webhook_queue q
       where not q.waiting and q.endpoint_pk > b.endpoint_pk and q.endpoint_pk <= p_after
       order by q.endpoint_pk, q.delivery_pk limit 1) n
     where b.steps < 500
  ), turn as materialized (
    select t.tenant_id, t.endpoint_pk, e.failing_since is not null as failing,
           e.version || ' ' || coalesce(extract(epoch from s.created_at)::text, '') as stamp,
           coalesce((p_allowances -> t.endpoint_pk::text)::integer,
                    case when e.failing_since is null then p_first else 1 end) as allowance
      from (select * from beyond union all select * from before) t
      join webhook_endpoints e on e.tenant_id = t.tenant_id and e.pk = t.endpoint_pk and e.status = 'enabled'
      join tenants n on n.id = e.tenant_id and n.status = 'active'
      left join webhook_secrets s on s.tenant_id = e.tenant_id and s.client_id = e.client_id
  ), chosen as materialized (
    (select t.*, c.delivery_pk
       from (select * from turn where not turn.failing and turn.allowance > 0) t cross join lateral (
         select q.delivery_pk from webhook_queue q
          where not q.waiting and q.endpoint_pk = t.endpoint_pk and (q.leased_until is null or q.leased_until < now())
          order by q.delivery_pk limit t.allowance for update skip locked) c
      limit p_room)
    union all
    (select t.*, c.delivery_pk
       from (select * from turn where turn.failing and turn.allowance > 0) t cross join lateral (
         select q.delivery_pk from webhook_queue q
          where not q.waiting and q.endpoint_pk = t.endpoint_pk and (q.leased_until is null or q.leased_until < now())
          order by q.delivery_pk limit t.allowance for update skip locked) c
      limit p_failing_room)
  ), claimed as (
    update webhook_queue q set leased_until = now() + make_interval(secs => p_lease_seconds)
      from chosen c where q.tenant_id = c.tenant_id and q.delivery_pk = c.delivery_pk
    returning q.tenant_id, q.delivery_pk, q.endpoint_pk, c.stamp, c.failing, q.tries, q.due_at, q.created_at, q.event_id
  )
  select c.tenant_id, c.delivery_pk, c.endpoint_pk, c.stamp, c.failing, c.tries, extract(epoch from c.due_at)::double precision * 1000,
         extract(epoch from c.created_at)::double precision * 1000, c.event_id, v.type, v.client_id, v.data, v.sequence,
         extract(epoch from v.occurred_at)::double precision * 1000
    from claimed c left join domain_events v on v.tenant_id = c.tenant_id and v.id = c.event_id
   order by c.delivery_pk;
end $function$;
grant execute on routine public.take_webhook_deliveries(integer,integer,bigint,integer,jsonb,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.use_session_for_sign_on(p_tenant text, p_session text, p_user text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  perform set_config('app.tenant_id', p_tenant, true);
  update sessions set last_seen_at = now()
   where tenant_id = p_tenant and id = p_session and user_id = p_user and client_id is null and revoked_at is null
     and expires_at > now() and last_seen_at > now() - interval '30 minutes';
  return found;
end $function$;
grant execute on routine public.use_session_for_sign_on(text,text,text) to clientele_app;

CREATE OR REPLACE FUNCTION public.user_letters(p_tenant text, p_name text, p_email text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT COST 5000
RETURN ARRAY(SELECT ((user_letters.p_tenant || ':'::text) || substr(t.word, s.place, l.letters)) FROM (VALUES (lower(user_letters.p_name)), (user_letters.p_email)) t(word), generate_series(1, 3) l(letters), LATERAL generate_series(1, ((length(t.word) - l.letters) + 1)) s(place));
grant execute on routine public.user_letters(text,text,text) to PUBLIC;

CREATE OR REPLACE FUNCTION public.users_by_part(p_part text, p_status text, p_after text, p_limit integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare v_tenant text := nullif(current_setting('app.tenant_id', true), '');
begin
  if v_tenant is null then
    return;
  end if;
  return query execute
    'select id from users
      where tenant_id = $1 and id > $2 and ($3 is null or status = $3)
        and user_letters(tenant_id, display_name, email_key) @> searched_letters($1, $4)
        and (strpos(lower(display_name), $4) > 0 or strpos(email_key, $4) > 0)
      order by id limit $5'
    using v_tenant, p_after, p_status, p_part, p_limit;
end $function$;
grant execute on routine public.users_by_part(text,text,text,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.webhook_backlog(p_most integer)
 RETURNS TABLE(ready integer, waiting integer, oldest_ready_seconds double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select (select count(*)::integer from (select from webhook_queue where not waiting limit p_most) as r),
         (select count(*)::integer from (select from webhook_queue where waiting limit p_most) as w),
         coalesce((select extract(epoch from now() - min(q.due_at))::double precision
                     from (select due_at from webhook_queue where not waiting order by endpoint_pk, delivery_pk limit p_most) as q), 0);
$function$;
grant execute on routine public.webhook_backlog(integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.webhook_event_patterns(p_type text)
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
declare
  v_words text[] := string_to_array(p_type, '.');
  v_patterns text[] := array[p_type];
begin
  for i in 1 .. cardinality(v_words) - 1 loop
    v_patterns := v_patterns || (array_to_string(v_words[1:i], '.') || '.*');
  end loop;
  return v_patterns;
end $function$;
grant execute on routine public.webhook_event_patterns(text) to clientele_app;

CREATE OR REPLACE FUNCTION public.webhook_lane_beyond(p_after bigint, p_steps integer)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
  with recursive lane (place, steps) as (
    (select endpoint_pk, 1 from webhook_queue where not waiting and endpoint_pk > p_after order by endpoint_pk, delivery_pk limit 1)
    union all
    select n.place, l.steps + 1 from lane l cross join lateral (
      select endpoint_pk as place from webhook_queue where not waiting and endpoint_pk > l.place order by endpoint_pk, delivery_pk limit 1) n
     where l.steps < p_steps
  )
  select place from lane where steps = p_steps;
$function$;
grant execute on routine public.webhook_lane_beyond(bigint,integer) to clientele_app;

CREATE OR REPLACE FUNCTION public.webhook_sender_settings(p_endpoints bigint[])
 RETURNS TABLE(tenant_id text, endpoint_pk bigint, stamp text, url text, client_secret text, secrets json)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select e.tenant_id, e.pk, e.version || ' ' || coalesce(extract(epoch from s.created_at)::text, ''), e.url, s.secret_ciphertext,
         k.secrets
    from webhook_endpoints e
    left join webhook_secrets s on s.tenant_id = e.tenant_id and s.client_id = e.client_id
    cross join lateral (
      select json_agg(json_build_object('ciphertext', k.secret_ciphertext, 'expires_at', k.expires_at) order by k.pk desc) as secrets
        from webhook_endpoint_secrets k where k.tenant_id = e.tenant_id and k.endpoint_pk = e.pk) k
   where e.pk = any(p_endpoints);
$function$;
grant execute on routine public.webhook_sender_settings(bigint[]) to clientele_app;

CREATE OR REPLACE FUNCTION public.withdraw_admissions()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_table_name = 'tenants' then
    update sessions set admitted_version = null where tenant_id = new.id and revoked_at is null;
  else
    update sessions set admitted_version = null
     where tenant_id = new.tenant_id and user_id = new.id and revoked_at is null;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.workflow_lane_beyond(p_after text, p_steps integer)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
  with recursive lane (place, steps) as (
    (select tenant_id, 1 from workflow_executions where due_at is not null and tenant_id > p_after order by tenant_id, due_at limit 1)
    union all
    select n.place, l.steps + 1 from lane l cross join lateral (
      select tenant_id as place from workflow_executions where due_at is not null and tenant_id > l.place order by tenant_id, due_at limit 1) n
     where l.steps < p_steps
  )
  select place from lane where steps = p_steps;
$function$;
grant execute on routine public.workflow_lane_beyond(text,integer) to clientele_app;

create aggregate public.audit_link_chain(bytea,bigint,bytea) (sfunc = public.audit_next_link, stype = bytea);
grant execute on routine public.audit_link_chain(bytea,bigint,bytea) to clientele_app;
