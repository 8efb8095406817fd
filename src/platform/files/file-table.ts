/** SQL of the file store. A chunk is a transaction of its own: no connection waits for a slow sender or receiver. */

import type { Database } from '../db/database.ts'
import type { Row, Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'
import type { FileDescription, StoredFile } from './file-description.ts'

type Place = { tenantId: string; id: string }

/** How long a file that nothing owns is kept; a writer at work renews it. */
const unownedFor = '1 hour'

const enterTenant = ({ tenantId }: Place): Statement => tenantEntrance(tenantId)

/**
 * Chunks need not be on disk before the next one is sent: the last transaction of the file is flushed, and the log with
 * everything before it (PostgreSQL manual, 30.4 "Asynchronous Commit"). A crash before leaves an unfinished file.
 */
const enterTenantUnflushed = ({ tenantId }: Place): Statement => ({
  text: `select enter_tenant($1), set_config('synchronous_commit', 'off', true)`,
  values: [tenantId],
})

export type NewFile = { dataKeyCiphertext: string; chunkBytes: number; compressed: boolean }

export function insertFile(place: Place, file: NewFile): Statement[] {
  const text = `insert into files (tenant_id, id, data_key_ciphertext, chunk_bytes, compressed, expires_at)
    values ($1, $2, $3, $4, $5, now() + interval '${unownedFor}')`
  return [
    enterTenantUnflushed(place),
    { text, values: [place.tenantId, place.id, file.dataKeyCiphertext, file.chunkBytes, file.compressed] },
  ]
}

/** The database's refusal of what is more than a tenant may store (migrations/0019). */
const storageFullState = 'CL010'

export function isStorageFull(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === storageFullState
}

function refuseFullStorage(tenantBytes: number, comingBytes: number): Statement {
  return { text: 'select refuse_full_storage($1, $2)', values: [tenantBytes, comingBytes] }
}

export type NewChunk = { number: number; sealed: Buffer }
/** tenantBytes: the platform's limit of what a tenant may store; comingBytes: of this file, which is not counted yet. */
export type Room = { tenantBytes: number; comingBytes: number }

export function insertChunk(place: Place, { number, sealed }: NewChunk, room: Room): Statement[] {
  return [
    enterTenantUnflushed(place),
    refuseFullStorage(room.tenantBytes, room.comingBytes),
    chunk(place, number, sealed),
  ]
}

function chunk(place: Place, number: number, sealed: Buffer): Statement {
  const text = 'insert into file_chunks (tenant_id, file_id, number, sealed) values ($1, $2, $3, $4)'
  return { text, values: [place.tenantId, place.id, number, sealed] }
}

/** Keeps the file for another while. */
export function renew(place: Place): Statement[] {
  const text = `update files set expires_at = now() + interval '${unownedFor}' where tenant_id = $1 and id = $2`
  return [enterTenantUnflushed(place), { text, values: [place.tenantId, place.id] }]
}

/** The last chunk and what the content is: from here on the file is whole, counted, and on disk. */
export function insertLastChunk(
  place: Place,
  last: NewChunk,
  content: FileDescription,
  tenantBytes: number,
): Statement[] {
  const text = `update files set size = $3, sha256 = $4, content_type = $5, scan = $6,
      expires_at = now() + interval '${unownedFor}'
    where tenant_id = $1 and id = $2`
  const { size, sha256, contentType, scan } = content
  const values = [place.tenantId, place.id, size, Buffer.from(sha256, 'hex'), contentType, scan]
  return [
    enterTenant(place),
    chunk(place, last.number, last.sealed),
    { text, values },
    refuseFullStorage(tenantBytes, 0),
  ]
}

/** Unless something has come to own it meanwhile. */
export async function deleteUnowned(database: Database, place: Place): Promise<void> {
  const text = 'delete from files where tenant_id = $1 and id = $2 and expires_at is not null'
  await database.batch([enterTenant(place), { text, values: [place.tenantId, place.id] }])
}

type FileRow = { id: string; size: string; sha256: Buffer; content_type: string; scan: StoredFile['scan'] }
type OpenedRow = FileRow & {
  data_key_ciphertext: string
  chunk_bytes: number
  compressed: boolean
  first: string | null
}

export function toStoredFile(row: FileRow): StoredFile {
  return {
    id: row.id,
    size: Number(row.size),
    sha256: row.sha256.toString('hex'),
    contentType: row.content_type,
    scan: row.scan,
  }
}

export type OpenedFile = {
  file: StoredFile
  dataKeyCiphertext: string
  chunkBytes: number
  compressed: boolean
  first: Buffer | null
}

/** A whole file and the chunk in which this byte stands. */
export async function findFile(database: Database, place: Place, byte: number): Promise<OpenedFile | null> {
  const text = `select f.id, f.size, f.sha256, f.content_type, f.scan, f.data_key_ciphertext, f.chunk_bytes, f.compressed,
      encode(c.sealed, 'base64') as first
    from files f left join file_chunks c on c.tenant_id = f.tenant_id and c.file_id = f.id and c.number = $3::bigint / f.chunk_bytes
   where f.tenant_id = $1 and f.id = $2 and f.size is not null and (f.expires_at is null or f.expires_at > now())`
  const row = (await lastRow(database, [enterTenant(place), { text, values: [place.tenantId, place.id, byte] }])) as
    | OpenedRow
    | undefined
  if (!row) return null
  return {
    file: toStoredFile(row),
    dataKeyCiphertext: row.data_key_ciphertext,
    chunkBytes: row.chunk_bytes,
    compressed: row.compressed,
    first: row.first === null ? null : Buffer.from(row.first, 'base64'),
  }
}

/** Base64, because rows come as text: half as many bytes as PostgreSQL's own hexadecimal form, and read in half the time. */
export async function findChunk(database: Database, place: Place, number: number): Promise<Buffer | null> {
  const text = `select encode(sealed, 'base64') as sealed from file_chunks
    where tenant_id = $1 and file_id = $2 and number = $3`
  const row = await lastRow(database, [enterTenant(place), { text, values: [place.tenantId, place.id, number] }])
  return row ? Buffer.from(row.sealed as string, 'base64') : null
}

async function lastRow(database: Database, statements: readonly Statement[]): Promise<Row | undefined> {
  return (await database.batch(statements)).at(-1)?.rows[0]
}
