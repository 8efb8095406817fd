/** `clientele seed-demo`: fills a tenant with made-up clients and the profiles of their borrowers. */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { readConfig } from '../config.ts'
import { demoClients } from './demo-data.ts'
import { CommandError } from './exit-codes.ts'
import { print } from './output.ts'
import { requireTenant } from './require-tenant.ts'
import { withRuntime } from './with-runtime.ts'

type Options = { clients: number; tenant?: string; seed: number }

const wholeNumber = (limits: { min: number; max: number }) => (text: string) => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= limits.min && value <= limits.max) return value
  throw new InvalidArgumentError(`a whole number from ${limits.min} to ${limits.max}.`)
}

export function addSeedCommand(program: Command): void {
  program
    .command('seed-demo')
    .description('fills a tenant with made-up French companies and borrowers to try things on; refused in production')
    .option('--clients <number>', 'how many', wholeNumber({ min: 1, max: 100_000 }), 200)
    .option('--tenant <id>', 'which tenant; absent = the first one, made if missing')
    .option('--seed <number>', 'another one gives other companies', wholeNumber({ min: 0, max: 2 ** 32 - 1 }), 1)
    .addHelpText(
      'after',
      `
Names, SIRETs and secrets are made up and the hosts exist nowhere (.example). Clients that are there already stay as they
are: a second run adds nothing.

Example:
  $ clientele tenant create Demo --id demo && clientele seed-demo --tenant demo --clients 1000`,
    )
    .action(seedDemo)
}

async function seedDemo({ clients, tenant, seed }: Options): Promise<void> {
  if (readConfig().isProduction) {
    throw new CommandError(
      'this fills a tenant with made-up companies and is refused in production (NODE_ENV)',
      'settings',
    )
  }
  const { ensureFirstAdministrator, firstAdministrator, firstTenant } = await import('../bootstrap.ts')
  const { addClients } = await import('./demo-clients.ts')
  const tenantId = tenant ?? firstTenant
  const { password, added, firstKey } = await withRuntime(async (runtime) => {
    const generated = tenant === undefined ? await ensureFirstAdministrator(runtime) : null
    await requireTenant(runtime, tenantId)
    return { password: generated, ...(await addClients(runtime, tenantId, demoClients({ count: clients, seed }))) }
  })
  const present = clients - added
  if (added === 0) print(`Nothing to add: the ${clients} demo clients are in ${tenantId} already.`)
  else print(`Added ${added} demo clients to ${tenantId}${present > 0 ? `; ${present} were there already` : ''}.`)
  if (firstKey) print(`API key of "${firstKey.name}" (shown this once): ${firstKey.key}`)
  if (password) print(`Sign in: tenant_id ${firstTenant}   username ${firstAdministrator}   password ${password}`)
}
