/** `clientele backup <file>` and `clientele restore <file>` */
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { migrations } from '#migrations/index.ts'
import type { ConnectionParameters } from '#platform/db/database.ts'
import { migrate } from '#platform/db/migrate.ts'
import { installQueue } from '#platform/jobs/queue.ts'
import { MasterKeys } from '#platform/secrets/master-keys.ts'
import { readConfig } from '../config.ts'
import { CommandError } from './exit-codes.ts'
import { print, tell } from './output.ts'
import { requireKeys } from './require-keys.ts'
import { version } from './version.ts'
import { withRuntime } from './with-runtime.ts'

export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .description('writes the whole database into one encrypted file, while servers run')
    .argument('<file>', '"-" is standard output')
    .addHelpText('after', backupHelp)
    .action(backup)
  program
    .command('restore')
    .description('fills an empty database from a backup')
    .argument('<file>', '"-" is standard input')
    .option('--check', 'read and check all of the backup, and write nothing')
    .addHelpText('after', restoreHelp)
    .action((file: string, options: { check?: true }) => (options.check ? check(file) : restore(file)))
}

const backupHelp = `
The file is one moment of the database: all tenants, their files, the audit log, jobs that wait. It opens with the master
keys only, which are not in it: keep a copy of them elsewhere, since without them nobody can read the backup.

Examples:
  $ clientele backup /backups/clientele-$(date +%F).backup
  $ clientele backup - | ssh backups.example.com 'cat > clientele.backup'`

const restoreHelp = `
Stop the servers first. The database must be empty (new, or never served); all of the backup comes in, or nothing. The
command needs the master keys that the backup was made under, in CLIENTELE_MASTER_KEYS or as master.keys in CLIENTELE_DATA_DIR.

What happened after the backup has not happened: sessions and keys that were ended since are valid again, and webhooks and
mails that waited are sent again. If one of them must not be, see "Restoring" in docs/operations.md before you start a server.

Example, into a new data directory:
  $ mkdir -m 700 data-new && cp master.keys data-new/
  $ CLIENTELE_DATA_DIR=data-new clientele restore clientele.backup`

const standard = '-'
const everyMs = 5_000

/** Tells of long work now and then: what takes a few seconds needs no line. */
function progress(verb: string): (table: string, rows: number) => void {
  let [all, toldAt] = [0, Date.now()]
  return (table, rows) => {
    all += rows
    if (Date.now() - toldAt < everyMs) return
    toldAt = Date.now()
    tell(`${all} rows ${verb}, ${table} the last of them.`)
  }
}

async function backup(file: string): Promise<void> {
  requireKeys()
  const { backUp } = await import('#platform/backup/index.ts')
  await withRuntime(async ({ owner, ownerReads, masterKeys }) => {
    let bytes = 0
    const make = async (connection: ConnectionParameters) => {
      const told = progress('written')
      let [tables, rows] = [0, 0]
      bytes = 0
      const onTable = (table: string, ofTable: number) => {
        tables += 1
        rows += ofTable
        told(table, ofTable)
      }
      const content = backUp({ owner: connection, masterKeys, version, onTable })
      async function* counted() {
        for await (const piece of content) {
          bytes += piece.length
          yield piece
        }
      }
      // Standard output stays open for whoever comes next.
      if (file === standard) await pipeline(counted(), process.stdout, { end: false })
      else await writeWhole(file, counted())
      return { tables, rows }
    }
    const mayBeginAnew = () => file !== standard || bytes === 0
    const made = await ownerReads.at('backup', (replica) => make(replica?.connection ?? owner), mayBeginAnew)
    const [key] = masterKeys.current.fingerprints()
    tell(`${made.rows} rows of ${made.tables} tables, ${sizeOf(bytes)}, under the master key ${key}.`)
  })
}

const sizeOf = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`

/** Under its name only once it is whole and on the disk: whoever finds the file has a backup. */
async function writeWhole(file: string, content: AsyncIterable<Buffer>): Promise<void> {
  const draft = `${file}.part`
  const existing = await open(file, 'r').catch(() => null)
  if (existing) {
    await existing.close()
    throw new CommandError(`${file} is there already: a backup never overwrites one`)
  }
  // Before there is anything that would be left behind.
  const stopped = onSignal()
  const handle = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new CommandError(`${draft} is there: another backup is being made, or was killed; remove it then`)
    throw new CommandError(`${draft} cannot be written (${code})`)
  })
  try {
    for await (const piece of content) {
      if (stopped.by) throw new CommandError(`stopped by ${stopped.by}: no backup was made`)
      await handle.writeFile(piece)
    }
    await handle.sync()
    await handle.close()
    await rename(draft, file)
    const folder = await open(path.dirname(path.resolve(file)), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(draft, { force: true })
    throw error
  } finally {
    stopped.forget()
  }
}

/** The first signal is heeded, so that no half backup stays behind and stands in the way of the next; the second one kills. */
function onSignal(): { by: NodeJS.Signals | null; forget(): void } {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  const stopped: ReturnType<typeof onSignal> = {
    by: null,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, heed)
    },
  }
  const heed = (signal: NodeJS.Signals) => {
    stopped.by = signal
    stopped.forget()
  }
  for (const signal of signals) process.once(signal, heed)
  return stopped
}

function read(file: string): AsyncIterable<Buffer> {
  return file === standard ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 })
}

async function check(file: string): Promise<void> {
  requireKeys()
  const { checkBackup, openBackup } = await import('#platform/backup/index.ts')
  const config = readConfig()
  const keys = new MasterKeys(config.masterKeys ? { keys: config.masterKeys } : { dataDir: config.dataDir })
  const opened = await openBackup(read(file), keys)
  const { rows, tables } = await checkBackup(opened)
  print(
    `Whole: ${rows} rows of ${tables} tables, made at ${opened.header.madeAt} by Clientele ${opened.header.version}.`,
  )
}

async function restore(file: string): Promise<void> {
  requireKeys()
  const { migrationsOf, openBackup, restoreRows } = await import('#platform/backup/index.ts')
  const { migrateDatabase } = await import('../runtime.ts')
  const { queues } = await import('../worker.ts')
  await withRuntime(
    async ({ owner, masterKeys }) => {
      const opened = await openBackup(read(file), masterKeys)
      await migrate(owner, migrationsOf(opened.header, migrations), () => installQueue(owner, queues))
      const { rows, tables } = await restoreRows(owner, opened, progress('restored'))
      const { applied } = await migrateDatabase(owner)
      print(`Restored ${rows} rows of ${tables} tables, as they were at ${opened.header.madeAt}.`)
      if (applied.length > 0) print(`Then applied ${applied.join(', ')}.`)
    },
    { schema: 'as it is' },
  )
}
