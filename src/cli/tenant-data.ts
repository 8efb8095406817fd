/** `clientele tenant export|erase|cancel-erasure|erasures` */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { CommandError } from './exit-codes.ts'
import { runAsOperator } from './operator.ts'
import { formatTable, print, tell } from './output.ts'
import { requireTenant } from './require-tenant.ts'
import { withRuntime } from './with-runtime.ts'

const usualDays = 30

/** Loaded when needed: no other command has a use for it. */
const feature = () => import('#features/personal-data/index.ts')

export function addTenantDataCommands(tenant: Command): void {
  tenant
    .command('export')
    .description('writes everything of a tenant but secrets into one ZIP file, its files included')
    .argument('<tenant>', 'its id')
    .argument('<file>', 'must not be there yet')
    .action(exportTenant)
  tenant
    .command('erase')
    .description('schedules the erasure of a tenant with everything it has; a worker does it when its time has come')
    .argument('<tenant>', 'its id')
    .option('--dry-run', 'counts what it would delete, by table, and schedules nothing')
    .option('--reason <text>', 'stands in the receipt; required unless --dry-run')
    .option('--days <n>', 'from now', parseDays, usualDays)
    .addHelpText(
      'after',
      `
Until then "clientele tenant cancel-erasure" takes it back. Afterwards nothing does, but a backup. Export it first: accounting
records must be kept for ten years by whoever they belong to.

Examples:
  $ clientele tenant erase dupont --dry-run
  $ clientele tenant erase dupont --reason "Contract ended 2026-01-31" --days 30`,
    )
    .action(async (tenantId: string, { reason, days, dryRun }: { reason?: string; days: number; dryRun?: true }) => {
      if (dryRun) return showWhatWouldGo(tenantId)
      if (reason === undefined)
        throw new CommandError("--reason '<text>' is missing: it stands in the receipt", 'usage')
      const { scheduleTenantErasure } = await feature()
      const { id, dueAt } = await withRuntime(async (runtime) => {
        await requireTenant(runtime, tenantId)
        return runAsOperator(runtime.services, tenantId, scheduleTenantErasure, { reason, days })
      })
      print(`${id}: ${tenantId} is erased after ${dueAt.toISOString()}, unless that is cancelled.`)
    })
  tenant
    .command('cancel-erasure')
    .description('cancels an erasure that has not begun')
    .argument('<tenant>', 'its id')
    .action(async (tenantId: string) => {
      const { cancelTenantErasure } = await feature()
      const { id } = await withRuntime(({ services }) => runAsOperator(services, tenantId, cancelTenantErasure, {}))
      print(`${id} is cancelled.`)
    })
  tenant
    .command('erasures')
    .description('shows erasures of a tenant, also of one that is gone, with their signed receipts')
    .argument('<tenant>', 'its id')
    .option('--json', 'as JSON, receipts and signatures included')
    .action(async (tenantId: string, options: { json?: true }) => {
      const { viewTenantErasures } = await feature()
      const found = await withRuntime(({ services }) => runAsOperator(services, tenantId, viewTenantErasures, {}))
      const rows = found.map((one) => [one.id, one.status, (one.endedAt ?? one.dueAt).toISOString(), one.reason])
      if (options.json) print(JSON.stringify(found, null, 2))
      else if (rows.length === 0) print('There is none.')
      else print(formatTable([['ID', 'STATUS', 'DUE OR ENDED', 'REASON'], ...rows]))
    })
}

async function showWhatWouldGo(tenantId: string): Promise<void> {
  const { previewTenantErasure } = await feature()
  const { removed } = await withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    return runAsOperator(runtime.services, tenantId, previewTenantErasure, {})
  })
  const rows = Object.entries(removed).sort(([, a], [, b]) => b - a)
  print(formatTable([['TABLE', 'ROWS'], ...rows.map(([table, n]) => [table, String(n)])]))
  print(`\n${rows.reduce((sum, [, n]) => sum + n, 0)} rows of ${rows.length} tables would go. Nothing was scheduled.`)
}

function parseDays(text: string): number {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= 365) return days
  throw new InvalidArgumentError('1 to 365.')
}

async function exportTenant(tenantId: string, file: string): Promise<void> {
  const { noteTenantExport, tenantContent } = await feature()
  await withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    const { services } = runtime
    await runAsOperator(services, tenantId, noteTenantExport, {})
    let flags = 'wx'
    const rows = await services.longReads.read('tenant_export', async (database) => {
      const progress = { written: 0 }
      const content = tenantContent(services, { database, tenantId, progress })
      const output = createWriteStream(file, { flags, mode: 0o600 })
      // Once it is ours, a second reading writes it anew.
      output.once('open', () => {
        flags = 'w'
      })
      await pipeline(content, output)
      return progress.written
    })
    tell(`${rows} rows.`)
  })
}
