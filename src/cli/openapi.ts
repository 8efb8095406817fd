/** `clientele openapi`: the API documents without a server or a database. */
import type { Command } from 'commander'
import { pino } from 'pino'
import { generateFernetKey } from '#kernel/fernet.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { readConfig } from '../config.ts'
import { CommandError } from './exit-codes.ts'
import { print } from './output.ts'
import { version } from './version.ts'

export function addOpenApiCommand(program: Command): void {
  program
    .command('openapi')
    .description('prints the OpenAPI 3.1 document of all contracts, or of one')
    .option('--contract <name>', 'only this one, such as factpulse or chatapi')
    .addHelpText('after', '\nExample:\n  $ clientele openapi --contract factpulse > factpulse.json')
    .action(async (options: { contract?: string }) => print(await readDocument(options.contract)))
}

/** The application itself answers; nothing connects to a database before a request asks for one. */
async function readDocument(contract: string | undefined): Promise<string> {
  const { buildApp } = await import('../app.ts')
  const { assembleRuntime } = await import('../runtime.ts')
  const logger = pino({ level: 'silent' })
  const runtime = assembleRuntime(readConfig(), logger, {
    masterKeys: new MasterKeys({ keys: generateFernetKey() }),
    embedded: null,
    connections: { owner: {}, application: {} },
  })
  const app = await buildApp({
    services: runtime.services,
    logger,
    trustProxy: [],
    metricsToken: null,
    findProblems: async () => ({}),
    version,
  })
  try {
    const url = contract === undefined ? '/openapi.json' : `/openapi/${encodeURIComponent(contract)}.json`
    const answer = await app.inject(url)
    if (answer.statusCode !== 200) throw new CommandError(`there is no contract "${contract}"`, 'usage')
    return JSON.stringify(answer.json(), null, 2)
  } finally {
    await app.close()
    await runtime.close()
  }
}
