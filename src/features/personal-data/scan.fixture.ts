/** Everything that the database holds, in the clear: every column of every table, what is encrypted opened, files too. */
import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'
import { encryptedColumns } from '#platform/secrets/encrypted-columns.ts'
import type { TestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { TableReader } from '#test/support/table-checksums.ts'
import { catalogue } from './catalogue.ts'

/** Lines, each beginning with its place: "table: ..." or "table.column (opened): ..." or "file ...: ...". */
export async function everything(app: TestApp): Promise<string[]> {
  const { secrets, files } = app.runtime.services
  const reader = new TableReader(app.database.owner)
  await reader.connect({ except: [] })
  // What is part of another table is among its rows.
  const lines = (await reader.dump()).filter((line) => !catalogue[line.slice(0, line.indexOf(':'))]?.partOf)
  await reader.end()
  for (const { table, column } of encryptedColumns) {
    const rows = await queryAsOwner<{ sealed: string }>(
      app.database,
      `select ${column} as sealed from ${table} where ${column} is not null`,
    )
    for (const { sealed } of rows)
      lines.push(`${table}.${column} (opened): ${secrets.decrypt(sealed).toString('utf8')}`)
  }
  const stored = await queryAsOwner<{ tenant_id: string; id: string }>(
    app.database,
    'select tenant_id, id from files where size is not null',
  )
  for (const { tenant_id: tenantId, id } of stored) {
    const opened = await files.open(tenantId, id)
    if (opened) lines.push(`file ${id}: ${(await buffer(opened.content)).toString('latin1')}`)
  }
  return lines
}

/** The places where a word stands, in any of the ways in which a column may have it. */
export function placesOf(lines: readonly string[], word: string): string[] {
  const spelt = [word.toLowerCase(), Buffer.from(word).toString('hex')]
  const found = lines.filter((line) => spelt.some((one) => line.toLowerCase().includes(one)))
  return [
    ...new Set(found.map((line) => (line.startsWith('file') ? 'a file' : line.slice(0, line.indexOf(':'))))),
  ].sort()
}

/** The entries of an archive of ours, by name. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>()
  let at = archive.readUInt32LE(archive.length - 6)
  while (archive.readUInt32LE(at) === 0x02014b50) {
    const [packed, nameLength, start] = [
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
      archive.readUInt32LE(at + 42),
    ]
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString()
    const from = start + 30 + nameLength
    entries.set(name, inflateRawSync(archive.subarray(from, from + packed)))
    at += 46 + nameLength
  }
  return entries
}
