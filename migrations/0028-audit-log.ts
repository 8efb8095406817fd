import { applicationRole } from '#platform/db/tenant-table.ts'

/**
 * The audit log as it is searched: what is sealed, and what still waits in the inbox (docs/decisions/0035-audit-log-view.md). Events
 * that were taken from the inbox stay in its pages until they are vacuumed; nothing reads those any more.
 */
export const sql = `
-- What waits: nothing does below what is settled. Through its index, which plans made while the inbox was small would not take.
-- Stable: seen as of the statement that asks, so that an event on its way is in one of the two tables, never in both or none.
create function audit_inbox_now() returns setof audit_inbox language plpgsql stable rows 100
set enable_seqscan = off as $$
begin
  return query select * from audit_inbox where position > audit_settled_position();
end $$;
revoke all on function audit_inbox_now() from public;
grant execute on function audit_inbox_now() to ${applicationRole};

-- With the rights and the policies of whoever asks.
create view audit_log with (security_invoker = true) as
  select tenant_id, id, occurred_at, category, severity, action, description, actor, target_type, target_id, context, request_id,
         position, user_id, client_id
    from only audit_events
   union all
  select tenant_id, id, occurred_at, category, severity, action, description, actor, target_type, target_id, context, request_id,
         position, user_id, client_id
    from audit_inbox_now();
grant select on audit_log to ${applicationRole};
`
