/** What an erasure would find, counted by the conditions that it deletes and searches by; nothing is changed or locked. */
import { CompiledQuery, sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { TableEntry } from './catalogue.ts'
import { catalogue, columnsOf, scrubbed } from './catalogue.ts'
import { aboutSql, endOfSpan, nextPlace, parametersOf, searchedSql, typed } from './erase-store.ts'
import type { Marks } from './marks.ts'

type Subject = { tenantId: string; marks: Marks }
export type Counts = Record<string, number>

const everyParameter =
  '($1::text is null and $2::text is null and $3::text[] is null and $4::text is null and $5::text[] is null and $6::text is null)'

async function count(tx: Tx, counted: ReadonlyMap<string, string>, values: unknown[]): Promise<Counts> {
  if (counted.size === 0) return {}
  const parts = [...counted].map(
    ([table, condition]) =>
      `select '${table}' as name, (select count(*)::integer from ${table} where ${condition}) as n`,
  )
  const { rows } = await tx.executeQuery(CompiledQuery.raw(parts.join(' union all '), values))
  const found = rows as { name: string; n: number }[]
  return Object.fromEntries(found.filter(({ n }) => n > 0).map(({ name, n }) => [name, n]))
}

const tenantsRow = ({ ofPlatform }: TableEntry) => (ofPlatform ? '' : 'tenant_id = $1 and ')

/** How much is counted: in parts, each a statement of its own, until the time is over. */
export type Bounds = {
  /** Asked between two statements. */
  isLate: () => boolean
  /** A tenant with more rows in a table than these is counted by parts of the table. */
  rowsAtOnce?: number
}

/** `incomplete`: tables that were not looked through to their end: there may be more than the number. */
export type Counted = { counts: Counts; incomplete: string[] }

/** Rows that are the person's own, by table. */
export async function countOwn(tx: Tx, { tenantId, marks }: Subject, { isLate }: Bounds): Promise<Counted> {
  const counted: Counted = { counts: {}, incomplete: [] }
  for (const [table, entry] of Object.entries(catalogue)) {
    const condition = entry.own?.[marks.type]
    if (condition === undefined) continue
    const own = `${tenantsRow(entry)}(${typed(condition)} or ${everyParameter})`
    if (isLate()) counted.incomplete.push(table)
    else Object.assign(counted.counts, await count(tx, new Map([[table, own]]), parametersOf(tenantId, marks)))
  }
  return counted
}

/**
 * Rows of others that are about the person or name it in their texts, by table: no more are changed; sealed content, which
 * would have to be opened, is not among them. Every text of the tenant is read: small tables first, so that a large one does
 * not take all the time.
 */
export async function countNaming(tx: Tx, { tenantId, marks }: Subject, bounds: Bounds): Promise<Counted> {
  const { isLate, rowsAtOnce = 20_000 } = bounds
  const counted: Counted = { counts: {}, incomplete: [] }
  const values = parametersOf(tenantId, marks)
  const large: [table: string, condition: string][] = []
  for (const [table, condition] of namingConditions(marks)) {
    if (isLate()) counted.incomplete.push(table)
    else if (await hasMore(tx, { tenantId, table, than: rowsAtOnce })) large.push([table, condition])
    else Object.assign(counted.counts, await count(tx, new Map([[table, condition]]), values))
  }
  for (const [table, condition] of large) {
    const { rows, isWhole } = await countByParts(tx, { table, condition, values }, isLate)
    if (rows > 0) counted.counts[table] = rows
    if (!isWhole) counted.incomplete.push(table)
  }
  return counted
}

function namingConditions(marks: Marks): Map<string, string> {
  const conditions = new Map<string, string>()
  for (const [table, entry] of Object.entries(catalogue)) {
    const free = columnsOf(entry, 'free')
    if (!scrubbed(entry) || free.length === 0) continue
    const own = entry.own?.[marks.type]
    const named = `(${aboutSql(table, entry, marks)} or exists (
      select from unnest($5::text[]) as m (mark) where strpos(${searchedSql(free)}, m.mark) > 0))`
    const others = own === undefined ? '' : `and not coalesce(${typed(own)}, false)`
    conditions.set(
      table,
      `tenant_id = $1 ${entry.where ? `and ${entry.where}` : ''} ${others} and (${named} or ${everyParameter})`,
    )
  }
  return conditions
}

async function hasMore(
  tx: Tx,
  { tenantId, table, than }: { tenantId: string; table: string; than: number },
): Promise<boolean> {
  const text = `select count(*)::integer as n from (select from ${table} where tenant_id = $1 limit $2) first_rows`
  const { rows } = await tx.executeQuery(CompiledQuery.raw(text, [tenantId, than + 1]))
  return ((rows as { n: number }[])[0]?.n ?? 0) > than
}

/** Through the table from its beginning, some megabytes by each statement. */
async function countByParts(
  tx: Tx,
  { table, condition, values }: { table: string; condition: string; values: unknown[] },
  isLate: () => boolean,
): Promise<{ rows: number; isWhole: boolean }> {
  let rows = 0
  for (let place: string | null = '(0,0)'; place !== null; ) {
    if (isLate()) return { rows, isWhole: false }
    const part = `ctid > $7::tid and ctid < $8::tid and ${condition}`
    const counts = await count(tx, new Map([[table, part]]), [...values, place, endOfSpan(place)])
    rows += counts[table] ?? 0
    place = await nextPlace(tx, { table, behind: place, found: [] })
  }
  return { rows, isWhole: true }
}

/** Files of exports, reports and imports of the account, which may hold copies of anybody. */
export async function countCopies(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ n: number }>`
    select (select count(*) from files f where f.tenant_id = ${tenantId} and f.id in (
              select file_id from exports where tenant_id = ${tenantId} and file_id is not null
              union all select file_id from reports where tenant_id = ${tenantId} and file_id is not null
              union all select refused_file_id from imports where tenant_id = ${tenantId} and refused_file_id is not null))::integer
         + (select count(*) from import_files where tenant_id = ${tenantId})::integer as n`.execute(tx)
  return found.rows[0]?.n ?? 0
}

/** Whether invoices, which the law wants kept, name the customer. */
export async function isInvoiced(tx: Tx, { tenantId, marks }: Subject): Promise<boolean> {
  const found = await sql`
    select 1 from invoices where tenant_id = ${tenantId} and customer_id::text = ${marks.id} limit 1`.execute(tx)
  return found.rows.length > 0
}

/** All rows of the tenant, by table; what records its erasure stays. Table by table: together, those of a large one take too long for a statement. */
export async function countTenant(tx: Tx, tenantId: string): Promise<Counts> {
  const tables = Object.entries(catalogue).filter(
    ([table, { ofPlatform, partOf }]) => !ofPlatform && partOf === undefined && table !== 'tenant_erasures',
  )
  const counts: Counts = {}
  for (const [table] of tables) {
    const ofTenant = table === 'tenants' ? 'id = $1' : 'tenant_id = $1'
    Object.assign(counts, await count(tx, new Map([[table, ofTenant]]), [tenantId]))
  }
  return counts
}
