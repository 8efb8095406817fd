/** What an erasure does with tables, as the catalogue says; each function in steps of bounded size. */
import { CompiledQuery, sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import type { TableEntry } from './catalogue.ts'
import { columnsOf } from './catalogue.ts'
import type { Marks, Scrubber } from './marks.ts'
import { searchedFor } from './marks.ts'
import { openSealed } from './sealed-content.ts'

const rowsAtOnce = 500
/** Of a table, looked through in one statement: 32 MB. */
const pagesAtOnce = 4096

async function ask<Row>(tx: Tx, text: string, values: unknown[]): Promise<Row[]> {
  return (await tx.executeQuery(CompiledQuery.raw(text, values))).rows as Row[]
}

/** Deletes some of the person's own rows. @returns how many went; there are more where that is as many as go at once */
export async function deleteOwn(
  tx: Tx,
  { tenantId, table, entry, marks }: { tenantId: string; table: string; entry: TableEntry; marks: Marks },
): Promise<number> {
  const condition = entry.own?.[marks.type]
  if (condition === undefined) return 0
  const tenant = entry.ofPlatform ? '' : 'tenant_id = $1 and '
  const mentioned = '($1::text is null and $2::text is null and $3::text[] is null and $4::text is null)'
  const gone = await ask<{ n: number }>(
    tx,
    `with gone as (delete from ${table} where ctid = any (array(
       select ctid from ${table} where ${tenant}(${typed(condition)} or ${mentioned}) limit ${rowsAtOnce})) returning 1)
     select count(*)::integer as n from gone`,
    parametersOf(tenantId, marks).slice(0, 4),
  )
  return gone[0]?.n ?? 0
}

export const isLastStep = (rows: number): boolean => rows < rowsAtOnce

/** The columns' text to search in. */
export const searchedSql = (columns: readonly string[]): string =>
  `lower(jsonb_build_array(${columns.join(', ')})::text)`

type Scrubbing = {
  tenantId: string
  table: string
  entry: TableEntry
  marks: Marks
  scrubber: Scrubber
  behind: string
}
/** `lost`: sealed contents that do not open any more. */
type ScrubbedStep = { changed: number; lost: number; last: string | null }

/** Takes the person out of the free columns of some rows, those behind a place in the table. */
export async function scrubRows(
  tx: Tx,
  { tenantId, table, entry, marks, scrubber, behind }: Scrubbing,
): Promise<ScrubbedStep> {
  const free = columnsOf(entry, 'free')
  if (free.length === 0) return { changed: 0, lost: 0, last: null }
  const types = await columnTypes(tx, table)
  const found = await ask<Record<string, unknown> & { place: string; about: boolean }>(
    tx,
    `select place, about, ${free.join(', ')} from (
       select ctid as place, ${aboutSql(table, entry, marks)} as about, ${free.join(', ')} from ${table}
        where tenant_id = $1 and ctid > $7::tid and ctid < $8::tid ${entry.where ? `and ${entry.where}` : ''}
          and (${aboutSql(table, entry, marks)} or exists (
            select from unnest($5::text[]) as m (mark) where strpos(${searchedSql(free)}, m.mark) > 0))
        order by ctid limit ${rowsAtOnce} for update) found`,
    [...parametersOf(tenantId, marks), behind, endOfSpan(behind)],
  )
  let changed = 0
  for (const { place, about, ...row } of found) {
    const now = scrubber.row(row, about || scrubber.names(row))
    const names = free.filter((name) => now[name] !== row[name])
    if (names.length === 0) continue
    const set = names.map((name, i) => `${name} = $${i + 2}::${types.get(name) ?? 'text'}`)
    const values = names.map((name) => (isJson(types.get(name)) ? JSON.stringify(now[name]) : now[name]))
    await ask(tx, `update ${table} set ${set.join(', ')} where ctid = $1::tid`, [place, ...values])
    changed++
  }
  return { changed, lost: 0, last: await nextPlace(tx, { table, behind, found }) }
}

const firstPageBehind = (place: string) => Number(/^\((\d+),/.exec(place)?.[1]) + pagesAtOnce

/** The planner does not know that rows of a span come in the order of their places: it sorts what there is up to here, not the whole table. */
export const endOfSpan = (behind: string): string => `(${firstPageBehind(behind)},0)`

/** Where the next step begins; null behind the end of the table. Every page is looked at once, and again for each 500 of its rows. */
export async function nextPlace(
  tx: Tx,
  { table, behind, found }: { table: string; behind: string; found: readonly { place: string }[] },
): Promise<string | null> {
  const last = found.at(-1)
  if (last && !isLastStep(found.length)) return last.place
  const [size] = await ask<{ pages: string }>(
    tx,
    "select pg_relation_size($1::regclass) / current_setting('block_size')::integer as pages",
    [`public.${table}`],
  )
  return firstPageBehind(behind) < Number(size?.pages ?? 0) ? endOfSpan(behind) : null
}

/**
 * The parameters of conditions and of `aboutSql`: $1 the tenant, $2 the subject's id, $3 its e-mail addresses, $4 its code, $5 what to
 * look for, $6 the id where it is one that nothing else can be.
 */
export function parametersOf(tenantId: string, marks: Marks): unknown[] {
  const id = marks.type === 'profile' ? null : marks.id
  return [tenantId, marks.id, marks.emails, marks.code, searchedFor(marks), id]
}

/** Whether a row names the person by its id or code. All parameters are mentioned, so that all have a type. */
export function aboutSql(table: string, entry: TableEntry, marks: Marks): string {
  const named = searchedSql(columnsOf(entry, 'id', 'free').map((column) => `${table}.${column}`))
  const about = entry.about?.[marks.type] ?? 'false'
  return `(coalesce(strpos(${named}, $6::text) > 0, false) or coalesce(${typed(about)}, false)
    or ($2::text is null and $3::text[] is null and $4::text is null and $5::text[] is null))`
}

export const typed = (condition: string): string =>
  condition.replace(/\$([1-4])/g, (name, n) => `${name}::${n === '3' ? 'text[]' : 'text'}`)

const isJson = (type: string | undefined) => type === 'json' || type === 'jsonb'

async function columnTypes(tx: Tx, table: string): Promise<Map<string, string>> {
  const found = await sql<{ name: string; type: string }>`
    select a.attname::text as name, format_type(a.atttypid, null) as type from pg_attribute a
     where a.attrelid = ${`public.${table}`}::regclass and a.attnum > 0 and not a.attisdropped`.execute(tx)
  return new Map(found.rows.map(({ name, type }) => [name, type]))
}

/** Takes the person out of the sealed columns of some rows: they are opened and looked into one by one. */
export async function scrubSealed(
  tx: Tx,
  secrets: SecretBox,
  { tenantId, table, entry, scrubber, behind }: Omit<Scrubbing, 'marks'>,
): Promise<ScrubbedStep> {
  const sealed = columnsOf(entry, 'sealed')
  if (sealed.length === 0) return { changed: 0, lost: 0, last: null }
  const found = await ask<Record<string, string | null> & { place: string }>(
    tx,
    `select ctid::text as place, ${sealed.join(', ')} from ${table}
      where tenant_id = $1 and ctid > $2::tid and ctid < $3::tid and num_nonnulls(${sealed.join(', ')}) > 0
      order by ctid limit ${rowsAtOnce} for update`,
    [tenantId, behind, endOfSpan(behind)],
  )
  let changed = 0
  let lost = 0
  for (const row of found) {
    for (const column of sealed) {
      const ciphertext = row[column]
      if (typeof ciphertext !== 'string') continue
      const value = openSealed(secrets, ciphertext)
      // Its key is lost: nobody reads in it whom it names. It is counted, should the key be found again.
      if (value === undefined) {
        lost++
        continue
      }
      const content = { value }
      const now = scrubber.row(content)
      if (now === content) continue
      const renewed = secrets.encrypt(JSON.stringify(now.value))
      await ask(tx, `update ${table} set ${column} = $2 where ctid = $1::tid`, [row.place, renewed])
      changed++
    }
  }
  return { changed, lost, last: await nextPlace(tx, { table, behind, found }) }
}

/** Files that may hold copies of anybody: those of exports, reports and imports that have ended. They are made again from the data. */
export async function deleteCopies(tx: Tx, tenantId: string): Promise<number> {
  await sql`
    update exports set status = 'cancelled', ended_at = now() where tenant_id = ${tenantId} and status = 'running'`.execute(
    tx,
  )
  await sql`
    update reports set status = 'cancelled', ended_at = now() where tenant_id = ${tenantId} and status = 'running'`.execute(
    tx,
  )
  const gone = await sql<{ id: string }>`
    delete from files f where f.tenant_id = ${tenantId} and f.id in (
      select file_id from exports where tenant_id = ${tenantId} and file_id is not null
      union all select file_id from reports where tenant_id = ${tenantId} and file_id is not null
      union all select refused_file_id from imports where tenant_id = ${tenantId} and refused_file_id is not null)
    returning f.id`.execute(tx)
  await sql`
    update imports set refused_file_id = null where tenant_id = ${tenantId} and refused_file_id is not null`.execute(tx)
  await tx.deleteFrom('import_refusals').where('tenant_id', '=', tenantId).execute()
  const sources = await sql<{ file_id: string }>`
    delete from import_files where tenant_id = ${tenantId} returning file_id`.execute(tx)
  return gone.rows.length + sources.rows.length
}

/** Whether an import may still bring in what it has read. */
export async function isImportUnderWay(tx: Tx, tenantId: string): Promise<boolean> {
  const found = await sql`
    select 1 from imports where tenant_id = ${tenantId} and status not in ('completed', 'failed', 'cancelled') limit 1`.execute(
    tx,
  )
  return found.rows.length > 0
}
