/** The parts of `clientele --help` below the commands. */
import type { Setting } from '../settings.ts'
import { settings } from '../settings.ts'
import { exitCodes } from './exit-codes.ts'
import { formatTable } from './output.ts'

export const examples = `
Examples:
  $ clientele start                              API, worker and database on this machine, http://localhost:8000
  $ clientele seed-demo                          something to look at, also while the server runs
  $ clientele tenant create "Dupont" --id dupont
  $ clientele user create --tenant dupont --email admin@dupont.example --role admin
  $ DATABASE_URL=postgresql://... clientele serve      several machines: any number of serve and worker
  $ clientele help user create                   more about one command`

/** Every environment variable with its default. */
export function settingsHelp(): string {
  const rows = Object.entries<Setting>(settings).map(([name, setting]) => [
    name,
    setting.fallback ?? `(${setting.absent ?? 'none'})`,
    setting.about,
  ])
  return `
Settings, by environment variable (in parentheses what happens when it is absent):
${formatTable(rows, '  ')}`
}

export function exitCodesHelp(): string {
  const rows = Object.values(exitCodes).map(({ code, about }) => [String(code), about])
  return `
Exit codes:
${formatTable(rows, '  ')}`
}
