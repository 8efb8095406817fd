import type { Statement } from './statement-batch.ts'

/** Role that the application's connections take on: no superuser, owns nothing, cannot bypass policies. */
export const applicationRole = 'clientele_app'

/**
 * Row level security as every table of a tenant has it, and the application's rights on it.
 * The owner (migrations, functions that look across tenants) has a policy of its own, since FORCE binds it too.
 */
export function tenantTable(table: string, rights: string, options: { tenantColumn?: string } = {}): string {
  const column = options.tenantColumn ?? 'tenant_id'
  const mine = `${column} = nullif(current_setting('app.tenant_id', true), '')`
  return `
    alter table ${table} enable row level security;
    alter table ${table} force row level security;
    create policy tenant_isolation on ${table} to ${applicationRole} using (${mine}) with check (${mine});
    create policy owner_maintenance on ${table} to current_user using (true) with check (true);
    grant ${rights} on ${table} to ${applicationRole};`
}

/** A table of the platform itself: the application may do what is granted, on every row. */
export function platformTable(table: string, rights: string): string {
  return rights === '' ? '' : `grant ${rights} on ${table} to ${applicationRole};`
}

/**
 * Enters a tenant until the end of the transaction, for callers of which nothing is to be asked. PostgreSQL's own function: one of
 * ours (enter_tenant, which does the same) took five times its time.
 */
export function tenantEntrance(tenantId: string): Statement {
  return { text: "select set_config('app.tenant_id', $1, true)", values: [tenantId] }
}
