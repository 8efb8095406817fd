/** `clientele tenant create|list|suspend|reactivate` */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { createTenant, reactivateTenant, suspendTenant } from '#features/tenants/index.ts'
import { newId } from '#kernel/ids.ts'
import { asOwner } from '#platform/db/owner-connection.ts'
import type { Runtime } from '../runtime.ts'
import { runAsOperator } from './operator.ts'
import { formatTable, print } from './output.ts'
import { requireTenant } from './require-tenant.ts'
import { addTenantDataCommands } from './tenant-data.ts'
import { withRuntime } from './with-runtime.ts'

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('accounts: each has its own users, clients and data')
  tenant
    .command('create')
    .description('creates a tenant; give it a user next')
    .argument('<name>', 'what people call it')
    .option('--id <id>', 'its id in the APIs, for ever; absent = generated', parseTenantId)
    .addHelpText('after', '\nExample:\n  $ clientele tenant create "Dupont & Fils" --id dupont')
    .action(async (name: string, options: { id?: string }) => {
      const tenantId = options.id ?? newId('tenant')
      await withRuntime(({ services }) => runAsOperator(services, tenantId, createTenant, { name }))
      print(tenantId)
    })
  tenant
    .command('list')
    .description('lists all tenants with the number of their users and clients')
    .option('--json', 'as JSON, one array')
    .action(async (options: { json?: true }) => {
      const tenants = await withRuntime(listTenants)
      print(options.json ? JSON.stringify(tenants, null, 2) : toTable(tenants))
    })
  tenant
    .command('suspend')
    .description(
      'keeps everybody of a tenant out at once: users, API keys, tokens; what runs by itself rests; nothing is deleted',
    )
    .argument('<tenant>', 'its id')
    .action(async (tenantId: string) => {
      await change(tenantId, suspendTenant)
      print(`${tenantId} is suspended: "clientele tenant reactivate ${tenantId}" lets it in again.`)
    })
  tenant
    .command('reactivate')
    .description('lets a suspended tenant in again')
    .argument('<tenant>', 'its id')
    .action(async (tenantId: string) => {
      await change(tenantId, reactivateTenant)
      print(`${tenantId} is active.`)
    })
  addTenantDataCommands(tenant)
}

function change(tenantId: string, operation: typeof suspendTenant | typeof reactivateTenant): Promise<unknown> {
  return withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    return runAsOperator(runtime.services, tenantId, operation, {})
  })
}

/** An id is part of URLs, tokens and file names; "~" begins names that are no tenant's. */
function parseTenantId(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)) return text
  throw new InvalidArgumentError('1 to 63 characters of a-z, 0-9, "_" and "-", the first a letter or digit.')
}

type TenantRow = { id: string; name: string; status: string; users: number; clients: number; created_at: Date }

function listTenants({ owner }: Runtime): Promise<TenantRow[]> {
  return asOwner(owner, async (client) => {
    const { rows } = await client.query<TenantRow>(
      `select t.id, t.name, t.status, coalesce(u.n, 0)::int as users, coalesce(c.n, 0)::int as clients, t.created_at
         from tenants t
         left join (select tenant_id, count(*) as n from users group by tenant_id) u on u.tenant_id = t.id
         left join (select tenant_id, sum(difference) as n from row_counts where relation = 'clients' group by tenant_id) c
           on c.tenant_id = t.id
        order by t.created_at, t.id`,
    )
    return rows
  })
}

function toTable(tenants: readonly TenantRow[]): string {
  if (tenants.length === 0) return 'There is no tenant yet: start the server once, or run "clientele tenant create".'
  const rows = tenants.map((one) => [
    one.id,
    one.status,
    String(one.users),
    String(one.clients),
    one.created_at.toISOString().slice(0, 10),
    one.name,
  ])
  return formatTable([['ID', 'STATUS', 'USERS', 'CLIENTS', 'CREATED', 'NAME'], ...rows])
}
