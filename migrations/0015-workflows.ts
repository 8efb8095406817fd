import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/** There from the start, in every account; an account's own new version takes its place. */
const invoiceApproval = {
  name: 'Approbation Factures',
  description: 'Tells the approvers of each new invoice; one of them decides on those over the amount.',
  triggers: ['event:invoice.created', 'manual'],
  entity_type: 'invoice',
  entity_summary:
    '"Facture " + string(entity.total_amount) + (entity.currency == "EUR" ? "€" : " " + entity.currency) + " - Client " + entity.customer_name',
  variables: [
    {
      name: 'threshold',
      type: 'number',
      default: 1000,
      description: 'Invoices over this amount are approved by somebody',
    },
    { name: 'priority', type: 'string', default: 'normal' },
  ],
  actions: [
    {
      id: 'notify_manager',
      type: 'notification',
      template: 'invoice_created',
      recipients: ['role:approver', 'role:admin', 'role:owner'],
      variables: {
        invoice_number: '=entity.number',
        amount: '=entity.total_amount',
        customer: '=entity.customer_name',
      },
    },
    {
      id: 'check_amount',
      type: 'condition',
      expression: 'entity.total_amount > variables.threshold',
      on_true: 'approval_step',
      on_false: 'end',
    },
    {
      id: 'approval_step',
      type: 'approval',
      approvers: ['role:approver', 'role:admin', 'role:owner'],
      deadline: '48h',
      remind_every: '24h',
      on_approved: 'check_unchanged',
      on_rejected: 'set_rejected',
      on_expired: 'fail',
    },
    {
      id: 'check_unchanged',
      type: 'condition',
      expression: '!steps.approval_step.entity_changed',
      on_true: 'set_approved',
      on_false: 'fail',
    },
    { id: 'set_approved', type: 'update', set: { status: 'approved' }, next: 'notify_decision' },
    { id: 'set_rejected', type: 'update', set: { status: 'rejected' }, next: 'notify_decision' },
    {
      id: 'notify_decision',
      type: 'notification',
      template: 'approval_decided',
      recipients: ['submitter'],
      variables: {
        entity_summary: '="Facture " + entity.number',
        approved: '=steps.approval_step.approved',
        comment: '=steps.approval_step.comment',
      },
      next: 'end',
    },
  ],
}
const definition = JSON.stringify(invoiceApproval).replaceAll("'", "''")

/** Workflows: definitions, what starts them, executions, approvals (docs/decisions/0019-workflows.md). */
export const sql = `
-- Which user caused it; null: nobody, or no user.
alter table domain_events add column user_id text;

create table workflows (
  tenant_id text not null,
  id text not null,
  name text not null,
  -- null: it is not active.
  active_version integer,
  last_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
${tenantTable('workflows', 'select, insert, update')}

-- Never changed: executions keep theirs.
create table workflow_versions (
  tenant_id text not null,
  workflow_id text not null,
  version integer not null,
  definition json not null,
  created_at timestamptz not null default now(),
  created_by text,
  primary key (tenant_id, workflow_id, version),
  constraint workflow_versions_workflow foreign key (tenant_id, workflow_id) references workflows (tenant_id, id) on delete cascade
);
${tenantTable('workflow_versions', 'select, insert')}

-- Of active versions.
create table workflow_triggers (
  tenant_id text not null,
  kind text not null constraint workflow_triggers_kind_known check (kind in ('event', 'schedule', 'manual')),
  -- The event or its pattern; the cron expression.
  name text not null,
  workflow_id text not null,
  version integer not null,
  entity_type text,
  time_zone text,
  -- Of schedules: when it fires next.
  next_at timestamptz,
  primary key (tenant_id, workflow_id, kind, name),
  constraint workflow_triggers_workflow foreign key (tenant_id, workflow_id) references workflows (tenant_id, id) on delete cascade
);
create index workflow_triggers_by_name on workflow_triggers (tenant_id, kind, name);
create index workflow_triggers_due on workflow_triggers (next_at) where next_at is not null;
${tenantTable('workflow_triggers', 'select, insert, update, delete')}

-- The row is the state. Everything that must happen by itself, and when, is due_at: starts, delays, deadlines, reminders, retries.
create table workflow_executions (
  tenant_id text not null,
  id text not null,
  workflow_id text not null,
  version integer not null,
  -- calling: an attempt at the outside world is under way, or lost.
  status text not null default 'pending' constraint workflow_executions_status_known check (status in
    ('pending', 'running', 'calling', 'retrying', 'waiting', 'completed', 'failed', 'cancelled')),
  current_action text,
  -- What started it: event:invoice.created, schedule:0 8 * * 1, manual.
  trigger text not null,
  event_id uuid,
  entity_type text,
  entity_id text,
  -- What people call it: the invoice's number.
  entity_reference text,
  -- Whoever caused the event or started it: never decides on it.
  submitted_by text,
  -- How many executions caused one another up to this one.
  depth smallint not null default 1,
  -- {variables, event, steps}
  scope json not null,
  -- Of the current action.
  attempt integer not null default 0,
  -- The number of the last row in workflow_steps.
  step_count integer not null default 0,
  error text,
  -- What it waits for by the clock; due_at may be earlier or later (a claim).
  wait_until timestamptz,
  due_at timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, id)
) with (fillfactor = 80);
create index workflow_executions_due on workflow_executions (due_at) where due_at is not null;
create index workflow_executions_due_of_tenant on workflow_executions (tenant_id, due_at, id) where due_at is not null;
create index workflow_executions_of_workflow on workflow_executions (tenant_id, workflow_id, id);
create index workflow_executions_by_status on workflow_executions (tenant_id, status, id);
create index workflow_executions_of_entity on workflow_executions (tenant_id, entity_id, id) where entity_id is not null;
create index workflow_executions_by_expiry on workflow_executions (expires_at) where expires_at is not null;
${tenantTable('workflow_executions', 'select, insert, update')}

-- One attempt at one action.
create table workflow_steps (
  tenant_id text not null,
  execution_id text not null,
  number integer not null,
  action_id text not null,
  type text not null,
  attempt integer not null,
  status text not null constraint workflow_steps_status_known check (status in
    ('running', 'waiting', 'completed', 'failed', 'lost', 'cancelled')),
  input json,
  outcome json,
  error text,
  started_at timestamptz not null,
  finished_at timestamptz,
  duration_ms double precision,
  primary key (tenant_id, execution_id, number)
);
${tenantTable('workflow_steps', 'select, insert, update')}

create table workflow_approvals (
  tenant_id text not null,
  id text not null,
  execution_id text not null,
  action_id text not null,
  workflow_name text not null,
  entity_type text,
  entity_id text,
  entity_reference text,
  entity_summary text not null,
  -- Of the entity when it was submitted.
  entity_stamp text,
  submitted_by text,
  approvers text[] not null,
  required smallint not null,
  approved_by text[] not null default '{}',
  status text not null default 'pending' constraint workflow_approvals_status_known check (status in
    ('pending', 'approved', 'rejected', 'expired', 'cancelled')),
  decided_by text,
  comment text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  remind_at timestamptz,
  remind_seconds integer,
  reminders integer not null default 0,
  decided_at timestamptz,
  primary key (tenant_id, id)
);
create index workflow_approvals_of_execution on workflow_approvals (tenant_id, execution_id, id);
${tenantTable('workflow_approvals', 'select, insert, update')}

-- Who may decide what is pending: user:<id>, role:<name>. Gone with the decision.
create table workflow_approvers (
  tenant_id text not null,
  approver text not null,
  approval_id text not null,
  primary key (tenant_id, approver, approval_id)
);
create index workflow_approvers_of_approval on workflow_approvers (tenant_id, approval_id);
${tenantTable('workflow_approvers', 'select, insert, delete')}

-- to_user decides for from_user.
create table workflow_delegations (
  tenant_id text not null,
  id text not null,
  from_user text not null,
  to_user text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint workflow_delegations_from foreign key (tenant_id, from_user) references users (tenant_id, id) on delete cascade,
  constraint workflow_delegations_to foreign key (tenant_id, to_user) references users (tenant_id, id) on delete cascade
);
create index workflow_delegations_to_user on workflow_delegations (tenant_id, to_user, ends_at);
create index workflow_delegations_from_user on workflow_delegations (tenant_id, from_user, ends_at);
${tenantTable('workflow_delegations', 'select, insert, delete')}

create table workflow_settings (
  tenant_id text not null,
  -- null: the platform's.
  daily_limit integer,
  retention_days integer,
  updated_at timestamptz not null default now(),
  primary key (tenant_id)
);
${tenantTable('workflow_settings', 'select, insert, update')}

-- Executions begun on a day (UTC). Several rows a day, so that transactions of one tenant seldom wait for one another.
create table workflow_usage (
  tenant_id text not null,
  day date not null,
  shard smallint not null,
  used integer not null,
  primary key (tenant_id, day, shard)
);
create index workflow_usage_by_day on workflow_usage (day);
${tenantTable('workflow_usage', 'select, insert, update')}

-- ---------------------------------------------------------------- from the outbox to executions
-- A TypeID (typeid specification 0.3): UUIDv7 in 26 characters of base32.
create function new_workflow_execution_id() returns text language sql volatile as $$
  select 'exec_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', substring(b.bits from i * 5 + 1 for 5)::integer + 1, 1), '' order by i)
    from (select B'00' || ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
            || '7' || substr(r.hex, 1, 3) || substr(r.hex, 17, 1) || substr(r.hex, 18, 15))::bit(128) as bits
            from (select replace(gen_random_uuid()::text, '-', '') as hex) r) b,
         generate_series(0, 25) i
$$;

-- In the transaction of the event itself. It reads triggers and adds rows: no transaction waits for another one here.
create function start_workflows() returns trigger language plpgsql as $$
begin
  perform 1 from workflow_triggers where tenant_id = new.tenant_id and kind = 'event' limit 1;
  if not found then return null; end if;
  insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, event_id, entity_type, entity_id,
                                   entity_reference, submitted_by, depth, scope, due_at)
  select distinct on (t.workflow_id) t.tenant_id, new_workflow_execution_id(), t.workflow_id, t.version, 'event:' || new.type, new.id,
         split_part(new.type, '.', 1), coalesce(new.data ->> 'id', new.data ->> 'uid', new.data ->> 'pk'),
         coalesce(new.data ->> 'number', new.data ->> 'code'), new.user_id,
         coalesce(nullif(current_setting('app.workflow_depth', true), '')::smallint, 0) + 1,
         json_build_object('variables', '{}'::json, 'event', new.data, 'steps', '{}'::json), now()
    from workflow_triggers t
   where t.tenant_id = new.tenant_id and t.kind = 'event' and t.name = any (webhook_event_patterns(new.type));
  return null;
end $$;
create trigger domain_events_start_workflows after insert on domain_events for each row execute function start_workflows();

-- ---------------------------------------------------------------- what is there from the start
create function seed_workflows() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into workflows (tenant_id, id, name, active_version) values (new.id, 'wf_invoice_approval', 'Approbation Factures', 1);
  insert into workflow_versions (tenant_id, workflow_id, version, definition)
  values (new.id, 'wf_invoice_approval', 1, '${definition}');
  insert into workflow_triggers (tenant_id, kind, name, workflow_id, version, entity_type) values
    (new.id, 'event', 'invoice.created', 'wf_invoice_approval', 1, 'invoice'), (new.id, 'manual', '', 'wf_invoice_approval', 1, 'invoice');
  return null;
end $$;
create trigger tenants_get_workflows after insert on tenants for each row execute function seed_workflows();
insert into workflows (tenant_id, id, name, active_version) select id, 'wf_invoice_approval', 'Approbation Factures', 1 from tenants;
insert into workflow_versions (tenant_id, workflow_id, version, definition)
  select id, 'wf_invoice_approval', 1, '${definition}' from tenants;
insert into workflow_triggers (tenant_id, kind, name, workflow_id, version, entity_type)
  select id, k.kind, k.name, 'wf_invoice_approval', 1, 'invoice' from tenants, (values ('event', 'invoice.created'), ('manual', '')) k (kind, name);

-- ---------------------------------------------------------------- what dispatchers do, for all tenants
-- Executions that are due, by turns of tenants beginning behind p_after, each up to p_each. due_at moves on by the lease: what
-- is lost comes again.
create function take_due_workflows(p_room integer, p_each integer, p_after text, p_lease_seconds integer)
returns table (tenant_id text, id text) language plpgsql security definer
  set search_path = public, pg_temp set plan_cache_mode = force_generic_plan
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
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
end $$;

-- Only looked at: whoever fires one locks its row, and looks again.
create function due_workflow_schedules(p_limit integer)
returns table (tenant_id text, workflow_id text, name text) language sql stable security definer
  set search_path = public, pg_temp as $$
  select t.tenant_id, t.workflow_id, t.name from workflow_triggers t
    join tenants o on o.id = t.tenant_id and o.status = 'active'
   where t.next_at <= now() order by t.next_at limit p_limit
$$;

create function delete_expired_workflows(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off
  set enable_mergejoin = off as $$
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
end $$;

do $$
declare f regprocedure;
begin
  for f in select unnest(array['take_due_workflows(integer, integer, text, integer)', 'due_workflow_schedules(integer)',
      'delete_expired_workflows(integer)']::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
