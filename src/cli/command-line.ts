/** The program `clientele`: its commands, what it says when something goes wrong, and how it ends. */
import { Command } from 'commander'
import { wantsStackTraces } from '../config.ts'
import { addAuditCommands } from './audit.ts'
import { addBackupCommands } from './backup.ts'
import { exitCodes } from './exit-codes.ts'
import { explainFailure } from './failure.ts'
import { examples, exitCodesHelp, settingsHelp } from './help-text.ts'
import { addKeyCommands } from './keys.ts'
import { addOpenApiCommand } from './openapi.ts'
import { print, tell } from './output.ts'
import { addSchemaCommand } from './schema-dump.ts'
import { addSeedCommand } from './seed-demo.ts'
import type { Roles } from './serve.ts'
import { addTenantCommands } from './tenants.ts'
import { addUserCommands } from './users.ts'
import { version } from './version.ts'
import { withRuntime } from './with-runtime.ts'

/** @returns the exit code */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  // Whoever reads our output may stop reading (head): that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(exitCodes.ok.code)
  })
  let served = 0
  const program = buildProgram((code) => {
    served = code
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return served
  } catch (error) {
    const { reason, message } = explainFailure(error)
    if (message !== null) tell(`clientele: ${message}`)
    if (wantsStackTraces() && reason !== 'usage' && error instanceof Error && reason !== 'ok') console.error(error)
    return exitCodes[reason].code
  }
}

function buildProgram(ended: (exitCode: number) => void): Command {
  const program = new Command('clientele')
    .description('Runs Clientele, the platform behind a B2B API, and looks after it.')
    .version(version)
    .showHelpAfterError('(more: clientele --help)')
    .exitOverride()
    .addHelpText('after', `${examples}\n${settingsHelp()}\n${exitCodesHelp()}`)

  program.commandsGroup('Running:')
  addServing(
    program,
    'start',
    { api: true, worker: true, buildsConsole: true },
    'runs API and worker, with the embedded database unless DATABASE_URL is set',
  )
  addServing(program, 'serve', { api: true, worker: false }, 'runs the API only')
  addServing(program, 'worker', { api: false, worker: true }, 'runs jobs only')
  program
    .command('migrate')
    .description("brings the database to this program's version; start, serve and worker do so too")
    .action(migrateAndTell)

  program.commandsGroup('Looking after it (also while a server runs):')
  addTenantCommands(program)
  addUserCommands(program)
  addKeyCommands(program)
  addAuditCommands(program)
  addBackupCommands(program)
  addSeedCommand(program)

  program.commandsGroup('For developers:')
  addOpenApiCommand(program)
  addSchemaCommand(program)

  program.commandsGroup('Help:')
  program
    .command('settings')
    .description('lists every environment variable with its default')
    .addHelpText('after', settingsHelp())
    .action(() => print(settingsHelp().trim()))
  program.helpCommand(false)
  program
    .command('help')
    .description('tells more about a command, or about the settings')
    .argument('[command...]', 'such as "user create"')
    .action((path: string[]) => findCommand(program, path).help())
  return program

  function addServing(parent: Command, name: string, roles: Roles, about: string): void {
    parent
      .command(name)
      .description(about)
      .action(async () => {
        // Loaded when needed: half of the program is the HTTP application, and a command should begin at once.
        const { serve } = await import('./serve.ts')
        ended(await serve(roles))
      })
  }
}

function findCommand(program: Command, path: readonly string[]): Command {
  let found = program
  for (const name of path) {
    const next = found.commands.find((one) => one.name() === name)
    if (!next) found.error(`error: there is no command '${path.join(' ')}'`)
    else found = next
  }
  return found
}

async function migrateAndTell(): Promise<void> {
  const { migrateDatabase } = await import('../runtime.ts')
  const report = await withRuntime(({ owner }) => migrateDatabase(owner), { schema: 'as it is' })
  for (const id of report.applied) print(`applied ${id}`)
  if (report.applied.length === 0) print(`Nothing to apply: the database has all ${report.alreadyThere} migrations.`)
}
