/** `clientele seed-demo`: fills a tenant with made-up clients, through the same operations as everybody else. */
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { createKey } from '#features/api-keys/index.ts'
import { createClientWithKey, deactivateClient } from '#features/clients/index.ts'
import { setCredential } from '#features/credentials/index.ts'
import { createEmailConfig } from '#features/email-providers/index.ts'
import { generateSecret } from '#features/webhooks/index.ts'
import { DomainError } from '#kernel/errors.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { ensureFirstAdministrator, firstAdministrator, firstTenant } from '../bootstrap.ts'
import { readConfig } from '../config.ts'
import type { Runtime } from '../runtime.ts'
import type { DemoClient } from './demo-data.ts'
import { demoClients } from './demo-data.ts'
import { CommandError } from './exit-codes.ts'
import { operatorOf } from './operator.ts'
import { print } from './output.ts'
import { requireTenant } from './tenants.ts'
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
    .description('fills a tenant with made-up French companies to try things on; refused in production')
    .option('--clients <number>', 'how many', wholeNumber({ min: 1, max: 100_000 }), 200)
    .option('--tenant <id>', `which tenant; absent = ${firstTenant}, made if missing`)
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

/** Some at a time: durable commits then share their wait for the disk. */
const atOnce = 8

async function addClients(runtime: Runtime, tenantId: string, clients: readonly DemoClient[]) {
  const keys: (string | null)[] = []
  for (let start = 0; start < clients.length; start += atOnce) {
    const group = clients.slice(start, start + atOnce)
    keys.push(...(await Promise.all(group.map((client) => addClient(runtime, tenantId, client)))))
  }
  const first = clients.findIndex((client, i) => client.isActive && keys[i])
  const [name, key] = [clients[first]?.name, keys[first]]
  return { added: keys.filter((one) => one !== null).length, firstKey: name && key ? { name, key } : null }
}

/** @returns its API key; null when a client of this name exists, which is left as it is */
async function addClient({ services }: Runtime, tenantId: string, demo: DemoClient): Promise<string | null> {
  const call = operatorOf(tenantId)
  const { name, description, siret } = demo
  let created: { client: { uid: string }; key: { key: string } }
  try {
    created = await runForResult(services, createClientWithKey, { name, description, siret }, call)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'client_name_taken') return null
    throw error
  }
  const clientUid = created.client.uid
  for (const { kind, ...fields } of demo.credentials) {
    const input = { clientUid, kind, fields: { ...fields, encryptionMode: 'fernet' as const } }
    await runForResult(services, setCredential, input, call)
  }
  if (demo.email) await runForResult(services, createEmailConfig, { clientUid, ...demo.email }, call)
  if (demo.hasWebhookSecret) await runForResult(services, generateSecret, { clientUid }, call)
  for (const keyName of demo.apiKeys) await runForResult(services, createKey, { clientUid, name: keyName }, call)
  // Last: what is deactivated is complete.
  if (!demo.isActive) await runForResult(services, deactivateClient, { clientUid }, call)
  return created.key.key
}
