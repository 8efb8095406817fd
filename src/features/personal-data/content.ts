/** Archives: everything about a person, and everything of a tenant, as JSON Lines by table, with the files. */

import type { ZipEntry } from '#kernel/zip.ts'
import { zip } from '#kernel/zip.ts'
import type { Database } from '#platform/db/database.ts'
import type { Snapshot } from '#platform/db/snapshot.ts'
import { tenantEntrance, writeInTenant } from '#platform/operations/in-tenant.ts'
import type { Services } from '#platform/operations/services.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { catalogue, columnsOf } from './catalogue.ts'
import { filesOfProfile, filesOfTenant, inSnapshot, rowsAbout, wholeTable } from './content-store.ts'
import { personalDataError } from './errors.ts'
import type { Subject } from './marks.ts'
import { Scrubber } from './marks.ts'
import { findMarks } from './subject-store.ts'

type Counted = { written: number }
/** `database`: what rows are read from, the primary or a replica of it. */
type Reading = { database: Database; tenantId: string; progress: Counted }

const tables = Object.entries(catalogue)
  .filter(([, { ofPlatform, partOf }]) => !ofPlatform && partOf === undefined)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
const entrance = (tenantId: string) => tenantEntrance(tenantId)
const json = (value: object) => [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]

/** @throws personal_subject_not_found */
export async function* personContent(
  services: Services,
  { database, tenantId, subject, progress }: Reading & { subject: Subject },
): AsyncGenerator<Buffer, void, undefined> {
  const found = await writeInTenant(services, tenantId, (tx) => findMarks(tx, { tenantId, subject, services }))
  if (!found) throw personalDataError('personal_subject_not_found')
  const marks = found
  const about = { marks, scrubber: new Scrubber(marks) }
  const { secrets } = services
  yield* inSnapshot(database, { entrance: entrance(tenantId) }, async function* (snapshot) {
    async function* entries(): AsyncGenerator<ZipEntry> {
      yield { name: 'about.json', content: json({ subject: marks.type, id: marks.id, made_at: new Date() }) }
      for (const [table, entry] of tables) {
        if (columnsOf(entry, 'id', 'personal', 'free', 'sealed').length === 0 || table === 'tenants') continue
        const rows = counted(rowsAbout(snapshot, { tenantId, secrets, table, entry }, about), progress)
        const first = await rows.next()
        if (first.done) continue
        yield { name: `${table}.jsonl`, content: withFirst(first.value, rows) }
      }
      if (marks.type === 'profile') yield* files(services, tenantId, await filesOfProfile(snapshot, tenantId, marks.id))
    }
    yield* zip(entries())
  })
}

export async function* tenantContent(
  services: Services,
  { database, tenantId, progress }: Reading,
): AsyncGenerator<Buffer, void, undefined> {
  const { secrets } = services
  yield* inSnapshot(database, { entrance: entrance(tenantId) }, async function* (snapshot: Snapshot) {
    async function* entries(): AsyncGenerator<ZipEntry> {
      yield { name: 'about.json', content: json({ tenant_id: tenantId, made_at: new Date() }) }
      for (const [table, entry] of tables) {
        // Their content is in files/.
        if (table === 'file_chunks') continue
        const rows = wholeTable(snapshot, { tenantId, secrets, table, entry })
        yield { name: `tables/${table}.jsonl`, content: counted(rows, progress) }
      }
      yield* files(services, tenantId, await filesOfTenant(snapshot, tenantId))
    }
    yield* zip(entries(), { level: 2 })
  })
}

async function* files(services: Services, tenantId: string, ids: readonly string[]): AsyncGenerator<ZipEntry> {
  const lost: string[] = []
  for (const id of ids) {
    const opened = await services.files.open(tenantId, id).catch((error: unknown) => {
      if (!isContentLost(error)) throw error
      lost.push(id)
      return null
    })
    // It expired, or was deleted, after the moment that the rows are of.
    if (opened) yield { name: `files/${id}`, content: opened.content as AsyncIterable<Buffer>, size: opened.file.size }
  }
  // What cannot be given any more is said, and is no reason to give nothing.
  if (lost.length > 0) yield { name: 'files-lost.json', content: json({ reason: 'content_lost', files: lost }) }
}

const lineFeed = 0x0a

async function* counted(pieces: AsyncIterable<Buffer>, progress: Counted): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    for (let at = piece.indexOf(lineFeed); at !== -1; at = piece.indexOf(lineFeed, at + 1)) progress.written++
    yield piece
  }
}

async function* withFirst(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}
