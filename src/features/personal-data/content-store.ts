/** Rows of an archive, in the order of their place in the table, all of one moment. */
import type { Snapshot } from '#platform/db/snapshot.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { TableEntry } from './catalogue.ts'
import { columnKinds, columnsOf } from './catalogue.ts'
import { aboutSql, parametersOf, searchedSql } from './erase-store.ts'
import type { Marks, Scrubber } from './marks.ts'
import { openSealed } from './sealed-content.ts'

export { inSnapshot } from '#platform/db/snapshot.ts'

const rowsAtOnce = 500

export type Reading = { tenantId: string; secrets: SecretBox; table: string; entry: TableEntry }

/** What of a row is given out: everything but secrets. */
function selected(entry: TableEntry, table: string): { line: string; sealed: string[] } {
  const shown = columnKinds.filter((kind) => kind !== 'secret' && kind !== 'sealed')
  const columns = columnsOf(entry, ...shown).map((column) => `${table}.${column}`)
  const tenant = table === 'tenants' ? [] : [`${table}.tenant_id`]
  return {
    line: `(select row_to_json(shown)::text from (select ${[...tenant, ...columns].join(', ')}) shown) as line`,
    sealed: columnsOf(entry, 'sealed'),
  }
}

type Found = { line: string } & Record<string, string | null | boolean>

/** Every row of the tenant, a line each; sealed content is opened. */
export async function* wholeTable(snapshot: Snapshot, reading: Reading): AsyncGenerator<Buffer> {
  const { tenantId, table, entry } = reading
  const { line, sealed } = selected(entry, table)
  const query = {
    text: `select ${[line, ...sealed.map((column) => `${table}.${column}`)].join(', ')} from ${table}
      where ${table === 'tenants' ? 'id' : 'tenant_id'} = $1`,
    values: [tenantId],
  }
  for await (const rows of fetched(snapshot, table, query)) {
    yield Buffer.from(rows.map((row) => `${opened(reading, row, sealed).text}\n`).join(''))
  }
}

/** The rows that are about a person, a line each. */
export async function* rowsAbout(
  snapshot: Snapshot,
  reading: Reading,
  { marks, scrubber }: { marks: Marks; scrubber: Scrubber },
): AsyncGenerator<Buffer> {
  const { tenantId, table, entry } = reading
  const { line, sealed } = selected(entry, table)
  const own = entry.own?.[marks.type]
  const searched = columnsOf(entry, 'personal', 'free').map((column) => `${table}.${column}`)
  const isMarked =
    searched.length === 0
      ? 'false'
      : `exists (select from unnest($5::text[]) as m (mark) where strpos(${searchedSql(searched)}, m.mark) > 0)`
  const isAbout = `(${aboutSql(table, entry, marks)} or coalesce(${own ? typed(own) : 'false'}, false) or ${isMarked})`
  const query = {
    text: `select ${[line, `${isAbout} as about`, ...sealed.map((column) => `${table}.${column}`)].join(', ')} from ${table}
      where tenant_id = $1 ${sealed.length > 0 ? '' : `and ${isAbout}`}`,
    values: parametersOf(tenantId, marks),
  }
  for await (const rows of fetched(snapshot, table, query)) {
    const lines = rows
      .filter(({ line: text }) => !isOfAnother(table, text, marks))
      .map((row) => ({ about: row.about === true, ...opened(reading, row, sealed) }))
      // What is sealed is looked into here.
      .filter(({ about, content }) => about || (content.length > 0 && scrubber.names(content)))
      .map(({ text }) => `${text}\n`)
    if (lines.length > 0) yield Buffer.from(lines.join(''))
  }
}

const typed = (condition: string) =>
  condition.replace(/\$([1-4])/g, (name, n: string) => `${name}::${n === '3' ? 'text[]' : 'text'}`)

const roots: Readonly<Record<string, (row: Record<string, unknown>, marks: Marks) => boolean>> = {
  users: (row, { type, id }) => type === 'user' && row.id === id,
  customers: (row, { type, id }) => type === 'customer' && row.id === id,
  profiles: (row, { type, id }) => type === 'profile' && String(row.pk) === id,
}

/** A person of the same name, or with the same number, has a record of his own. */
function isOfAnother(table: string, text: string, marks: Marks): boolean {
  const isRoot = roots[table]
  return isRoot !== undefined && !isRoot(JSON.parse(text) as Record<string, unknown>, marks)
}

function opened({ secrets }: Reading, row: Found, sealed: readonly string[]): { text: string; content: unknown[] } {
  const found = sealed.flatMap((column) => {
    const ciphertext = row[column]
    if (typeof ciphertext !== 'string') return []
    const name = column.replace(/_ciphertext$/, '')
    const value = openSealed(secrets, ciphertext)
    return [value === undefined ? { name: `${name}_lost`, value: true } : { name, value }]
  })
  if (found.length === 0) return { text: row.line, content: [] }
  const members = found.map(({ name, value }) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`).join('')
  return { text: `${row.line.slice(0, -1)}${members}}`, content: found.map(({ value }) => value) }
}

/** One table is read by one cursor at a time: its statements are the same at each reading, since connections keep them prepared. */
async function* fetched(
  snapshot: Snapshot,
  table: string,
  query: { text: string; values: unknown[] },
): AsyncGenerator<Found[]> {
  const name = `rows_of_${table}`
  await snapshot.ask({ text: `declare ${name} no scroll cursor for ${query.text}`, values: query.values })
  for (;;) {
    const rows = await snapshot.ask<Found>({ text: `fetch ${rowsAtOnce} from ${name}`, values: [] })
    if (rows.length > 0) yield rows
    if (rows.length < rowsAtOnce) break
  }
  await snapshot.ask({ text: `close ${name}`, values: [] })
}

/** Whole files of the tenant, but copies that exports and reports have made of its data. */
export async function filesOfTenant(snapshot: Snapshot, tenantId: string): Promise<string[]> {
  const found = await snapshot.ask<{ id: string }>({
    text: `select f.id from files f where f.tenant_id = $1 and f.size is not null
        and not exists (select from exports e where e.tenant_id = f.tenant_id and e.file_id = f.id)
        and (f.expires_at is null or exists (select from reports r where r.tenant_id = f.tenant_id and r.file_id = f.id)
          or exists (select from import_files i where i.tenant_id = f.tenant_id and i.file_id = f.id))
      order by f.id`,
    values: [tenantId],
  })
  return found.map(({ id }) => id)
}

export async function filesOfProfile(snapshot: Snapshot, tenantId: string, pk: string): Promise<string[]> {
  const found = await snapshot.ask<{ file_id: string }>({
    text: 'select file_id from profile_documents where tenant_id = $1 and profile_pk = $2::bigint order by pk',
    values: [tenantId, pk],
  })
  return found.map(({ file_id: id }) => id)
}
