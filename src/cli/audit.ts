/** `clientele audit verify|checkpoint|export|rotate-key` */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { Category, Verification } from '#features/audit/index.ts'
import { categories } from '#features/audit/schemas.ts'
import { CommandError } from './exit-codes.ts'
import { runAsOperator } from './operator.ts'
import { formatTable, print, tell } from './output.ts'
import { requireTenant } from './require-tenant.ts'
import { withRuntime } from './with-runtime.ts'

/** Loaded when needed: no other command has a use for it. */
const feature = () => import('#features/audit/index.ts')

const ofCategory = () => new Option('--category <category>', 'one chain only').choices(categories)
type Part = { category?: Category }
const partOf = ({ category }: Part): Part => (category === undefined ? {} : { category })

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the audit log of a tenant: proves that nobody changed it')
  audit
    .command('verify')
    .description('recomputes the chains and checks every signed checkpoint')
    .argument('<tenant>', 'its id')
    .addOption(ofCategory())
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code 1 when an event was altered, removed, moved or put in between.')
    .action(verify)
  audit
    .command('checkpoint')
    .description('signs the present end of every chain')
    .argument('<tenant>', 'its id')
    .action(checkpoint)
  audit
    .command('export')
    .description('writes the log as JSON Lines, for tools/verify-audit.mjs')
    .argument('<tenant>', 'its id')
    .option('--output <file>', 'absent = standard output')
    .addOption(ofCategory())
    .action(exportTo)
  audit
    .command('rotate-key')
    .description('signs checkpoints with a new key from now on; the old one goes on verifying')
    .action(async () => print(await withRuntime(({ services }) => services.auditKeys.rotate())))
}

async function verify(tenantId: string, options: Part & { json?: true }): Promise<void> {
  const { verifyIntegrity } = await feature()
  const report = await withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    return runAsOperator(runtime.services, tenantId, verifyIntegrity, partOf(options))
  })
  print(options.json ? JSON.stringify(report, null, 2) : describe(report))
  if (!report.valid) throw new CommandError('the audit log is not what was written')
}

function describe(report: Verification): string {
  const rows = report.chains.map((chain) => {
    const breach = report.breaches.find((one) => one.category === chain.category)
    const verdict = breach ? `${breach.reason.toUpperCase()}: ${breach.message}` : 'unchanged'
    return [chain.category, `${chain.firstSequence} to ${chain.lastSequence}`, verdict]
  })
  const counts = `${report.eventsChecked} events (${report.eventsRedacted} with personal data erased), ${report.checkpointsVerified} checkpoints, ${report.durationMs} ms`
  return rows.length === 0
    ? 'There is no event.'
    : `${formatTable([['CHAIN', 'EVENTS', 'VERDICT'], ...rows])}\n\n${counts}`
}

async function checkpoint(tenantId: string): Promise<void> {
  const { createCheckpoints } = await feature()
  const signed = await withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    return runAsOperator(runtime.services, tenantId, createCheckpoints, {})
  })
  const rows = signed.map((one) => [one.category, String(one.sequence), one.linkHash, one.keyId])
  print(
    rows.length === 0 ? 'Nothing new since the last one.' : formatTable([['CHAIN', 'EVENT', 'LINK', 'KEY'], ...rows]),
  )
}

async function exportTo(tenantId: string, options: Part & { output?: string }): Promise<void> {
  const { exportLog } = await feature()
  await withRuntime(async (runtime) => {
    await requireTenant(runtime, tenantId)
    const made = await runAsOperator(runtime.services, tenantId, exportLog, partOf(options))
    const lines = Readable.from(made.lines())
    // Standard output stays open for whoever comes next.
    if (options.output === undefined) await pipeline(lines, process.stdout, { end: false })
    else await pipeline(lines, createWriteStream(options.output, { flags: 'wx', mode: 0o600 }))
    const events = made.parts.reduce((sum, { first, last }) => sum + last - first + 1, 0)
    tell(`${events} events of ${made.parts.length} chains.`)
  })
}
