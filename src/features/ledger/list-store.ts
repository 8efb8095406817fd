/**
 * One page of a list, by the index of its order: after a place (costs the same everywhere), or by its number (skips what
 * stands before it in the index only, and from the end where that is nearer; docs/decisions/0005-counts.md).
 */

import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { coreError } from '#kernel/errors.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { rowLimit, rowOffset } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { KeyType } from './list-rules.ts'
import { decodeCursor, encodeCursor } from './list-rules.ts'
import type { Listed, PageRequest } from './schemas.ts'

type Sql = RawBuilder<unknown>

export type List<Row> = {
  tenantId: string
  /** The table, called `t` in every expression here. */
  table: string
  /** Its primary key after the tenant, to get from the index to the row. */
  primaryKey: readonly string[]
  /** What the list is sorted by, unique with its last part. */
  key: readonly { expression: Sql; type: KeyType }[]
  /** Conditions; the list counts as filtered when there is one beside `within`. */
  filters: readonly Sql[]
  /** A condition that every row of the list meets, filtered or not. */
  within?: Sql
  columns: Sql
  joins?: Sql
  /** The sort key of a row that was read. */
  keyOf: (row: Row) => string[]
}

export async function listPage<Row>(tx: Tx, list: List<Row>, page: PageRequest): Promise<Listed<Row>> {
  if (page.page !== undefined && page.after !== undefined) {
    throw coreError('validation_failed', {
      details: [{ path: ['query', 'page'], ...valueFault('value_page_or_after'), type: 'conflict' }],
    })
  }
  const counting = list.filters.length === 0 ? countRows(tx, list) : null
  // A first page does not depend on how many there are: both share a round trip.
  const known = (page.page ?? 1) === 1 ? null : await counting
  const [total, rows] = await Promise.all([counting, readPage(tx, list, page, known)])
  const last = rows.length > page.limit ? rows[page.limit - 1] : undefined
  return { rows: rows.slice(0, page.limit), total, next: last ? encodeCursor(list.keyOf(last)) : null }
}

async function countRows<Row>(tx: Tx, { tenantId, table }: List<Row>): Promise<number> {
  const counted = await sql<{ total: number }>`
    select coalesce(sum(difference), 0)::integer as total from row_counts
     where tenant_id = ${tenantId} and relation = ${table}`.execute(tx)
  return counted.rows[0]?.total ?? 0
}

/** One row more than asked for, where there is one: it tells that another page follows. */
async function readPage<Row>(tx: Tx, list: List<Row>, page: PageRequest, total: number | null): Promise<Row[]> {
  const wanted = page.limit + 1
  const offset = ((page.page ?? 1) - 1) * page.limit
  const descending = page.order === 'desc'
  if (total === null || offset * 2 < total) {
    return select<Row>(tx, list, { descending, limit: wanted, offset, after: page.after })
  }
  const left = Math.min(wanted, total - offset)
  if (left <= 0) return []
  const fromEnd = { descending: !descending, limit: left, offset: total - offset - left, after: page.after }
  return (await select<Row>(tx, list, fromEnd)).reverse()
}

type Slice = { descending: boolean; limit: number; offset: number; after: string | undefined }

async function select<Row>(tx: Tx, list: List<Row>, slice: Slice): Promise<Row[]> {
  const direction = sql.raw(slice.descending ? 'desc' : 'asc')
  const order = sql.join(list.key.map(({ expression }) => sql`${expression} ${direction}`))
  const conditions = [
    sql`t.tenant_id = ${list.tenantId}`,
    ...(list.within ? [list.within] : []),
    ...list.filters,
    ...(slice.after === undefined ? [] : [beyond(list, slice.after, slice.descending)]),
  ]
  const table = sql.table(list.table)
  const primaryKey = sql.join(list.primaryKey.map((column) => sql.ref(`t.${column}`)))
  const found = sql.join(
    list.primaryKey.map((column) => sql`t.${sql.ref(column)} = page.${sql.ref(column)}`),
    sql` and `,
  )
  const rows = await sql<Row>`
    select ${list.columns} from (
      select * from (
        select ${primaryKey} from ${table} t where ${sql.join(conditions, sql` and `)}
         order by ${order} limit ${rowLimit(slice.limit)} offset ${rowOffset(slice.offset)}
      -- A number that the planner knows: else it expects a tenth of the table and joins by reading all of it.
      ) found limit 501
    ) page
      join ${table} t on t.tenant_id = ${list.tenantId} and ${found} ${list.joins ?? sql``}
     order by ${order}`.execute(tx)
  return rows.rows
}

function beyond<Row>(list: List<Row>, cursor: string, descending: boolean): Sql {
  const values = decodeCursor(
    cursor,
    list.key.map(({ type }) => type),
  )
  const left = sql.join(list.key.map(({ expression }) => expression))
  const right = sql.join(list.key.map(({ type }, i) => sql`${values[i]}::${sql.raw(type)}`))
  return descending ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`
}
