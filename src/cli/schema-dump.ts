/** `clientele schema-dump`: the text of the schema that the migrations make, kept in schema.sql to be read and compared. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { diff } from 'node:util'
import type { Command } from 'commander'
import { pino } from 'pino'
import { generateFernetKey } from '#kernel/fernet.ts'
import { dumpSchema } from '#platform/db/dump-schema.ts'
import { asOwner } from '#platform/db/owner-connection.ts'
import { readConfig } from '../config.ts'
import { CommandError } from './exit-codes.ts'
import { print } from './output.ts'

export const schemaFile = fileURLToPath(new URL('../../schema.sql', import.meta.url))

export function addSchemaCommand(program: Command): void {
  program
    .command('schema-dump')
    .description('writes schema.sql from the migrations, run on a scratch database')
    .option('--check', 'write nothing; fail with the difference if schema.sql is another')
    .action(async (options: { check?: true }) => {
      const expected = await dumpScratchDatabase()
      if (!options.check) {
        await writeFile(schemaFile, expected)
        print(`Wrote ${schemaFile}.`)
        return
      }
      const difference = describeDifference(await readFile(schemaFile, 'utf8').catch(() => ''), expected)
      if (difference === null) return
      print(difference)
      throw new CommandError('schema.sql is not what the migrations make: run "clientele schema-dump" and commit it')
    })
}

/** A server and a database of its own, whatever the settings say. */
async function dumpScratchDatabase(): Promise<string> {
  const { openRuntime } = await import('../runtime.ts')
  const dataDir = await mkdtemp(path.join(tmpdir(), 'clientele-schema-'))
  const config = {
    ...readConfig(),
    databaseUrl: null,
    databaseOwnerUrl: null,
    dataDir,
    masterKeys: generateFernetKey(),
  }
  try {
    const runtime = await openRuntime(config, pino({ level: 'silent' }))
    try {
      return await asOwner(runtime.owner, dumpSchema)
    } finally {
      await runtime.close()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Lines that differ, "-" in the file and "+" in the database; null when there are none. */
export function describeDifference(inFile: string, inDatabase: string): string | null {
  if (inFile === inDatabase) return null
  // Operations of util.diff: 1 only in the first, -1 only in the second, 0 in both.
  const lines = diff(inFile.split('\n'), inDatabase.split('\n'))
  return lines
    .filter(([operation]) => operation !== 0)
    .map(([operation, line]) => `${operation === 1 ? '-' : '+'} ${line}`)
    .join('\n')
}
