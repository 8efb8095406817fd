/** Writes a backup: one moment of the whole database, while it works, in constant memory. */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import pg from 'pg'
import { CopyOut } from '../db/copy-out.ts'
import type { ConnectionParameters } from '../db/database.ts'
import { asOwner } from '../db/owner-connection.ts'
import type { MasterKeys } from '../secrets/master-keys.ts'
import type { BackedUpTable } from './catalogue.ts'
import { findTables, readQueueVersion, readSequences } from './catalogue.ts'
import { contentKey, seal } from './container.ts'
import { encode, encodeJson } from './records.ts'

export type AppliedMigration = { id: string; checksum: string }

/** The second line of the file, readable without any key. */
export type BackupHeader = {
  madeAt: string
  /** Of Clientele. */
  version: string
  postgresql: string
  migrations: AppliedMigration[]
  queueVersion: number | null
  /** Of all keys that what is stored may need (src/kernel/key-ring.ts); the first encrypts the content's key. */
  masterKeys: string[]
  /** The content's own key as a Fernet token of the first master key. */
  contentKey: string
}

export type BackupTotals = { tables: number; rows: number }

export type BackupOptions = {
  owner: ConnectionParameters
  masterKeys: MasterKeys
  version: string
  /** Told after each table. */
  onTable?: (table: string, rows: number) => void
}

/** @returns the file's bytes; nothing is complete before the last of them. */
export async function* backUp(options: BackupOptions): AsyncGenerator<Buffer, void, undefined> {
  const client = new pg.Client({ ...options.owner, application_name: 'clientele-backup' })
  client.on('error', () => {})
  await asOwner(options.owner, async () => {})
  await client.connect()
  try {
    // Statements of a backup take as long as the network and whoever writes the file.
    await client.query(`set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set timezone = 'UTC';
      set datestyle = 'ISO'; set extra_float_digits = 3; begin transaction isolation level repeatable read, read only`)
    const secret = randomBytes(32)
    const header = JSON.stringify(await describe(client, options, secret))
    const content = createZstdCompress({ chunkSize: 256 * 1024 })
    // Ends both with the failure of either, which whoever reads the content meets: the database gone, or a reader that stops.
    pipeline(Readable.from(records(client, options)), content).catch(() => {})
    yield* seal(header, contentKey(secret), content)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

async function describe(
  client: pg.Client,
  { masterKeys, version }: BackupOptions,
  secret: Buffer,
): Promise<BackupHeader> {
  const migrations = await client.query<AppliedMigration>('select id, checksum from schema_migrations order by id')
  const server = await client.query<{ server_version: string }>('show server_version')
  return {
    madeAt: new Date().toISOString(),
    version,
    postgresql: server.rows[0]?.server_version ?? '',
    migrations: migrations.rows,
    queueVersion: await readQueueVersion(client),
    masterKeys: masterKeys.current.fingerprints(),
    contentKey: masterKeys.encrypt(secret),
  }
}

async function* records(client: pg.Client, { onTable }: BackupOptions): AsyncGenerator<Buffer, void, undefined> {
  const totals: BackupTotals = { tables: 0, rows: 0 }
  for (const table of await findTables(client)) {
    yield* encodeJson('T', { table: table.table, columns: table.columns })
    const copy = client.query(new CopyOut(copyOut(table)))
    for await (const bytes of copy.pieces()) yield* encode('D', bytes)
    yield* encodeJson('E', { rows: copy.rows })
    totals.tables += 1
    totals.rows += copy.rows
    onTable?.(table.table, copy.rows)
  }
  yield* encodeJson('Z', { ...totals, sequences: await readSequences(client) })
}

/** Row level security makes a query of it: the owner's policy lets all rows through. */
function copyOut({ table, columns, where }: BackedUpTable): string {
  return `copy (select ${columns.join(', ')} from ${table} ${where ? `where ${where}` : ''}) to stdout`
}
