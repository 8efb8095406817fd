/** Reads a backup, and puts it into an empty database: all of it, or nothing. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Migration } from '#migrations/index.ts'
import type { ConnectionParameters } from '../db/database.ts'
import { queueSchema } from '../jobs/queue.ts'
import type { MasterKeys } from '../secrets/master-keys.ts'
import type { BackupHeader, BackupTotals } from './backup.ts'
import type { SequenceState } from './catalogue.ts'
import { findTables, readQueueVersion } from './catalogue.ts'
import { BrokenBackupError, contentKey, open } from './container.ts'
import type { BackupRecord } from './records.ts'
import { decode } from './records.ts'

/** The backup and this program, its keys or the database do not fit; the message says what to do. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError'
}

export type OpenedBackup = { header: BackupHeader; records: AsyncGenerator<BackupRecord, void, undefined> }

/** @throws BrokenBackupError, RestoreError when the master keys are others */
export async function openBackup(file: AsyncIterable<Buffer>, masterKeys: MasterKeys): Promise<OpenedBackup> {
  const container = await open(file)
  const header = parseHeader(container.header)
  const ring = masterKeys.current
  const mine = ring.fingerprints()
  if (ring.keyOf(header.contentKey) === null) {
    throw new RestoreError(
      `the backup was made under the master keys ${header.masterKeys.join(', ')}; this command was given ${mine.join(', ')}. ` +
        'Give it those keys (CLIENTELE_MASTER_KEYS, or master.keys in CLIENTELE_DATA_DIR)',
    )
  }
  const key = contentKey(masterKeys.decrypt(header.contentKey))
  const content = container.content(key)
  async function* records(): AsyncGenerator<BackupRecord, void, undefined> {
    const sealed = Readable.from(content)
    const plain = createZstdDecompress()
    // An error of either end is thrown to whoever reads.
    const flowing = pipeline(sealed, plain)
    flowing.catch(() => {})
    yield* decode(plain as AsyncIterable<Buffer>)
    await flowing
  }
  return { header, records: records() }
}

function parseHeader(text: string): BackupHeader {
  try {
    const header = JSON.parse(text) as Partial<BackupHeader>
    if (typeof header.contentKey === 'string' && Array.isArray(header.masterKeys) && Array.isArray(header.migrations))
      return header as BackupHeader
  } catch {
    // The same answer.
  }
  throw new BrokenBackupError("the backup's second line does not say what is in it")
}

/** Reads all of it and compares its counts. @throws BrokenBackupError */
export async function checkBackup({ records }: OpenedBackup): Promise<BackupTotals> {
  const totals: BackupTotals = { tables: 0, rows: 0 }
  let end: BackupTotals | null = null
  for await (const record of records) {
    if (end) throw new BrokenBackupError('the backup goes on behind its end')
    if (record.kind === 'T') totals.tables += 1
    if (record.kind === 'E') totals.rows += readJson<{ rows: number }>(record).rows
    if (record.kind === 'Z') end = readJson<BackupTotals>(record)
  }
  if (end?.tables !== totals.tables || end.rows !== totals.rows) {
    throw new BrokenBackupError('the backup does not hold as many rows as it says')
  }
  return totals
}

function readJson<T>({ bytes }: BackupRecord): T {
  return JSON.parse(bytes.toString('utf8')) as T
}

/**
 * The migrations that the backup has had, for the database to be brought to before it is filled.
 * @throws RestoreError when this program lacks one, or has another text of it
 */
export function migrationsOf({ migrations, version }: BackupHeader, known: readonly Migration[]): Migration[] {
  const checksums = new Map(known.map((one) => [one.id, createHash('sha256').update(one.sql).digest('hex')]))
  const strange = migrations.filter(({ id, checksum }) => checksums.get(id) !== checksum)
  if (strange.length > 0) {
    const names = strange.map(({ id }) => id).join(', ')
    throw new RestoreError(
      `the backup comes from Clientele ${version}, whose migrations ${names} this program does not have: restore it with that version`,
    )
  }
  const had = new Set(migrations.map(({ id }) => id))
  return known.filter(({ id }) => had.has(id))
}

/**
 * Fills the database, in one transaction.
 * @param owner of a database that has exactly the backup's migrations and no tenant
 * @throws RestoreError, BrokenBackupError; the database is then as it was
 */
export async function restoreRows(
  owner: ConnectionParameters,
  { header, records }: OpenedBackup,
  onTable?: (table: string, rows: number) => void,
): Promise<BackupTotals> {
  const client = new pg.Client({ ...owner, application_name: 'clientele-restore' })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set timezone = 'UTC';
      set datestyle = 'ISO'; set lock_timeout = '30s'; begin`)
    await requireFitting(client, header)
    const totals = await fill(client, records, onTable)
    await client.query('commit')
    await client.query('analyze')
    return totals
  } finally {
    await client.end()
  }
}

async function requireFitting(client: pg.Client, header: BackupHeader): Promise<void> {
  // Whoever starts a server now waits until the end.
  await client.query('lock table tenants in access exclusive mode')
  const tenants = await client.query<{ n: number }>('select count(*)::int as n from tenants')
  const n = tenants.rows[0]?.n ?? 0
  if (n > 0) {
    throw new RestoreError(
      `the database holds tenants already (${n}), and a backup goes into an empty one only: name another CLIENTELE_DATA_DIR, or make a new database for DATABASE_URL`,
    )
  }
  const version = await readQueueVersion(client)
  if (version !== header.queueVersion) {
    throw new RestoreError(
      `the backup's job queue has version ${header.queueVersion}, this program's ${version}: restore it with Clientele ${header.version}, and upgrade then`,
    )
  }
}

async function fill(
  client: pg.Client,
  records: AsyncGenerator<BackupRecord, void, undefined>,
  onTable?: (table: string, rows: number) => void,
): Promise<BackupTotals> {
  const known = new Map((await findTables(client)).map((one) => [one.table, one]))
  const release = await holdConstraints(client)
  const totals: BackupTotals = { tables: 0, rows: 0 }
  let end: (BackupTotals & { sequences: SequenceState[] }) | null = null
  for (let next = await records.next(); !next.done; next = await records.next()) {
    if (end) throw new BrokenBackupError('the backup goes on behind its end')
    if (next.value.kind === 'Z') {
      end = readJson(next.value)
      continue
    }
    if (next.value.kind !== 'T') throw new BrokenBackupError('the backup has rows of no table')
    const { table, columns } = readJson<{ table: string; columns: string[] }>(next.value)
    const here = known.get(table)
    const strange = columns.filter((column) => !here?.columns.includes(column))
    if (!here || strange.length > 0) throw new RestoreError(`the database has no ${table} (${strange.join(', ')})`)
    const rows = await copyIn(client, `copy ${table} (${columns.join(', ')}) from stdin`, records)
    totals.tables += 1
    totals.rows += rows
    onTable?.(table, rows)
  }
  if (end?.tables !== totals.tables || end.rows !== totals.rows) {
    throw new BrokenBackupError('the backup does not hold as many rows as it says')
  }
  for (const { sequence, value, isCalled } of end.sequences) {
    await client.query('select setval($1::regclass, $2::bigint, $3)', [sequence, value, isCalled])
  }
  await release()
  return totals
}

/** The rows up to the end of the table. */
async function copyIn(
  client: pg.Client,
  statement: string,
  records: AsyncGenerator<BackupRecord, void, undefined>,
): Promise<number> {
  const copy = client.query(copyFrom(statement)) as unknown as Writable & { rowCount: number }
  const failed = once(copy, 'error').then(([error]) => {
    throw error
  })
  failed.catch(() => {})
  for (let next = await records.next(); !next.done; next = await records.next()) {
    if (next.value.kind === 'E') {
      const { rows } = readJson<{ rows: number }>(next.value)
      copy.end()
      await Promise.race([once(copy, 'finish'), failed])
      if (copy.rowCount !== rows) throw new BrokenBackupError(`the backup says ${rows} rows, and has ${copy.rowCount}`)
      return rows
    }
    if (next.value.kind !== 'D') break
    if (!copy.write(next.value.bytes)) await Promise.race([once(copy, 'drain'), failed])
  }
  copy.destroy()
  throw new BrokenBackupError('the backup ends in the middle of a table')
}

/**
 * Takes away, for this transaction, what would refuse, add or change rows that have been through it already: triggers,
 * foreign keys (which come back at once for a whole table, much faster than row by row), and row level security.
 * @returns what puts all of it back; foreign keys are checked then
 */
async function holdConstraints(client: pg.Client): Promise<() => Promise<void>> {
  const tables = await client.query<{ name: string; forced: boolean }>(
    `select c.oid::regclass::text as name, c.relforcerowsecurity as forced
       from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
      order by 1`,
  )
  const keys = await client.query<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where connamespace = 'public'::regnamespace and contype = 'f' and conparentid = 0 order by 1, 2`,
  )
  for (const { table, name } of keys.rows) await client.query(`alter table ${table} drop constraint ${name}`)
  for (const { name, forced } of tables.rows) {
    await client.query(`alter table ${name} disable trigger user`)
    if (forced) await client.query(`alter table ${name} no force row level security`)
  }
  // What the migrations themselves put in comes back from the backup, as it had become.
  await client.query(`truncate ${tables.rows.map(({ name }) => name).join(', ')}`)
  await client.query(`delete from ${queueSchema}.job`)
  return async () => {
    for (const { name, forced } of tables.rows) {
      if (forced) await client.query(`alter table ${name} force row level security`)
      await client.query(`alter table ${name} enable trigger user`)
    }
    for (const { table, name, definition } of keys.rows) {
      await client.query(`alter table ${table} add constraint ${name} ${definition}`)
    }
  }
}
