import { applicationRole, platformTable, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * Notifications: templates with versions, preferences, what was said to whom, deliveries and their attempts, addresses that
 * must not be written to (docs/decisions/0017-notifications.md).
 */
export const sql = `
create table notification_templates (
  tenant_id text not null,
  id text not null,
  -- null: the platform's own of this name is in force, if there is one.
  active_version integer,
  last_version integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
${tenantTable('notification_templates', 'select, insert, update, delete')}

-- Never changed: a new content is a new version.
create table notification_template_versions (
  tenant_id text not null,
  template_id text not null,
  version integer not null,
  content json not null,
  created_at timestamptz not null default now(),
  created_by text,
  primary key (tenant_id, template_id, version),
  constraint notification_template_versions_template foreign key (tenant_id, template_id)
    references notification_templates (tenant_id, id) on delete cascade
);
${tenantTable('notification_template_versions', 'select, insert, delete')}

-- Of a user who has said something; the defaults hold for everybody else.
create table notification_preferences (
  tenant_id text not null,
  user_id text not null,
  enabled_channels text[] not null,
  -- {"marketing": false}; categories that are not named are wanted.
  categories jsonb not null default '{}',
  -- Minutes after midnight on the user's clock; an end before the start is on the next day.
  quiet_start smallint,
  quiet_end smallint,
  time_zone text not null,
  language text not null constraint notification_preferences_language_known check (language in ('fr', 'en')),
  digest text not null default 'off' constraint notification_preferences_digest_known check (digest in ('off', 'daily', 'weekly')),
  digest_hour smallint not null,
  -- 1 = Monday.
  digest_weekday smallint not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id),
  constraint notification_preferences_quiet check ((quiet_start is null) = (quiet_end is null)),
  constraint notification_preferences_user foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
${tenantTable('notification_preferences', 'select, insert, update, delete')}

create table notification_settings (
  tenant_id text not null,
  -- null: the platform's.
  daily_limit integer,
  retention_days integer,
  language text constraint notification_settings_language_known check (language in ('fr', 'en')),
  time_zone text,
  updated_at timestamptz not null default now(),
  primary key (tenant_id)
);
${tenantTable('notification_settings', 'select, insert, update')}

-- How many there were on a day (UTC). Several rows a day, so that transactions of one tenant seldom wait for one another.
create table notification_usage (
  tenant_id text not null,
  day date not null,
  shard smallint not null,
  used integer not null,
  primary key (tenant_id, day, shard)
);
create index notification_usage_by_day on notification_usage (day);
${tenantTable('notification_usage', 'select, insert, update')}

-- What is said to one recipient, as it was written at that moment.
create table notifications (
  tenant_id text not null,
  id text not null,
  -- 'user:user_...' or 'mail:somebody@example.com'
  recipient text not null,
  -- null: somebody who is no user.
  user_id text,
  category text not null,
  template_id text not null,
  -- 0: the platform's own.
  template_version integer not null,
  language text not null,
  title text not null,
  body text not null,
  html text,
  action_url text,
  action_label text,
  dedupe_key text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- Stands in the user's list since then; rises in that order. null: not there, or not yet.
  shown_at timestamptz,
  position bigint,
  read_at timestamptz,
  primary key (tenant_id, id)
);
create sequence notification_positions as bigint;
grant usage on sequence notification_positions to ${applicationRole};
create unique index notifications_once on notifications (tenant_id, recipient, dedupe_key) where dedupe_key is not null;
create index notifications_of_user on notifications (tenant_id, user_id, position) where position is not null;
create index notifications_unread on notifications (tenant_id, user_id, position) where position is not null and read_at is null;
create index notifications_by_expiry on notifications (expires_at);
${tenantTable('notifications', 'select, insert, update')}

-- One notification on one channel; or a digest, which carries several. No foreign keys here: a check that is planned while
-- the other table is empty reads all of it later on (docs/decisions/0017-notifications.md).
create table notification_deliveries (
  tenant_id text not null,
  id bigint generated always as identity,
  -- null: a digest.
  notification_id text,
  channel text not null constraint notification_deliveries_channel_known check (channel in ('email', 'in_app', 'webhook')),
  -- queued: for due_at. digest: goes along with digest_id. collecting: a digest that still takes more. bounced, complained:
  -- what became of one that was sent.
  status text not null constraint notification_deliveries_status_known check (status in
    ('queued', 'digest', 'collecting', 'sending', 'retrying', 'sent', 'failed', 'suppressed', 'bounced', 'complained')),
  -- Why it failed or was suppressed.
  reason text,
  user_id text,
  address text,
  address_key text,
  category text,
  language text,
  -- Whose mail provider sends it; null = the platform's.
  client_id uuid,
  digest_id bigint,
  attempts integer not null default 0,
  -- While it is being sent: when it may be taken over. null: nothing is to be done any more.
  due_at timestamptz,
  provider text,
  provider_message_id text,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create index notification_deliveries_due on notification_deliveries (due_at) where due_at is not null;
create index notification_deliveries_due_of_tenant on notification_deliveries (tenant_id, due_at, id) where due_at is not null;
create index notification_deliveries_of_notification on notification_deliveries (tenant_id, notification_id);
create index notification_deliveries_of_digest on notification_deliveries (tenant_id, digest_id) where digest_id is not null;
create index notification_deliveries_by_status on notification_deliveries (tenant_id, status, id);
create index notification_deliveries_by_message on notification_deliveries (tenant_id, provider_message_id)
  where provider_message_id is not null;
create unique index notification_deliveries_one_digest on notification_deliveries (tenant_id, user_id) where status = 'collecting';
create index notification_digests_by_time on notification_deliveries (created_at) where notification_id is null;
${tenantTable('notification_deliveries', 'select, insert, update')}

-- Written before the attempt is made: no message is handed over that no attempt stands for.
create table notification_attempts (
  tenant_id text not null,
  delivery_id bigint not null,
  number integer not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  -- 'accepted', or what went wrong. null: it is under way, or the process that made it is no more.
  outcome text,
  response text,
  primary key (tenant_id, delivery_id, number)
);
${tenantTable('notification_attempts', 'select')}

-- Addresses that get no mail: of one category (unsubscribed), or of any ('*': bounced, complained).
create table notification_suppressions (
  tenant_id text not null,
  address_key text not null,
  category text not null,
  reason text not null constraint notification_suppressions_reason_known check (reason in ('bounce', 'complaint', 'unsubscribe', 'manual')),
  source text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, address_key, category)
);
${tenantTable('notification_suppressions', 'select, insert, update, delete')}

-- Who may tell us of bounces and complaints, and what proves that it is them.
create table notification_feedback_sources (
  tenant_id text not null,
  id text not null,
  provider text not null constraint notification_feedback_sources_provider_known check (provider in ('mailgun', 'sendgrid', 'postmark', 'ses')),
  -- The signing key, the public key, the password, or the topic: it depends on the provider.
  secret_ciphertext text not null,
  created_at timestamptz not null default now(),
  last_received_at timestamptz,
  primary key (tenant_id, id)
);
create index notification_feedback_sources_by_id on notification_feedback_sources (id);
${tenantTable('notification_feedback_sources', 'select, insert, update, delete')}

-- Sign the links by which people unsubscribe.
create table notification_link_keys (
  id text primary key,
  secret_ciphertext text not null,
  created_at timestamptz not null default now()
);
${platformTable('notification_link_keys', 'select, insert')}

-- ---------------------------------------------------------------- what senders do, for all tenants
-- Claims e-mails that are due, by turns of tenants beginning behind p_after, each tenant up to p_each less what p_held says
-- that it has under way here. A claim is an attempt: it is counted and written down before anything is sent. due_at says until
-- when: whoever dies meanwhile leaves it to the others.
create function take_notification_mails(p_room integer, p_each integer, p_held jsonb, p_after text, p_lease_seconds integer)
returns table (
  tenant_id text, id bigint, notification_id text, user_id text, address text, category text, language text, attempt integer,
  created_ms double precision, suppressed text, title text, body text, html text, action_url text, action_label text, items jsonb,
  tenant_name text, provider text, provider_settings jsonb, provider_secret text
) language plpgsql security definer
  set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
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
end $$;

-- What became of claims: [{tenant_id, id, number, status, reason, outcome, response, provider, provider_message_id, retry_ms,
-- bounced}]. Only the claim itself is ended: one that was taken over meanwhile has a higher number of attempts.
create function record_notification_mails(p_outcomes jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
  set enable_mergejoin = off as $$
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
end $$;

-- What waited for the end of quiet hours comes into the lists.
create function show_waiting_notifications(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
  set enable_mergejoin = off as $$
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
end $$;

-- What came into lists that somebody looks at: [{tenant, user, floor}].
create function read_live_notifications(p_watched jsonb)
returns table (tenant_id text, user_id text, id text, title text, body text, category text, action_url text, created_at timestamptz,
  at_position bigint)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
#variable_conflict use_column
begin
  return query
  select w.tenant, w."user", n.id, n.title, n.body, n.category, n.action_url, n.created_at, n.position
    from jsonb_to_recordset(p_watched) as w (tenant text, "user" text, floor bigint)
    cross join lateral (
      select * from notifications n
       where n.tenant_id = w.tenant and n.user_id = w."user" and n.position > w.floor
       order by n.position limit 200) n;
end $$;

create function locate_notification_feedback_source(p_id text) returns text
language sql stable security definer set search_path = public, pg_temp as $$
  select tenant_id from notification_feedback_sources where id = p_id
$$;

create function delete_expired_notifications(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
  set enable_mergejoin = off as $$
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
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array['take_notification_mails(integer, integer, jsonb, text, integer)',
      'record_notification_mails(jsonb)', 'show_waiting_notifications(integer)', 'read_live_notifications(jsonb)',
      'locate_notification_feedback_source(text)', 'delete_expired_notifications(integer)']::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
