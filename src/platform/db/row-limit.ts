/**
 * LIMIT and OFFSET of pages, in a form whose plan PostgreSQL keeps. Where the number is a parameter, a plan for any number
 * expects a tenth of the table and looks dear beside one for this number, so that the statement is planned anew at every
 * call: for a list of clients a millisecond, seven times what reading the page takes (docs/decisions/0030).
 */
import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'

/** What programs ask for, with and without the row that tells whether another page follows. Each makes a statement of its own. */
const frequent = new Set([10, 11, 20, 21, 25, 26, 50, 51, 100, 101])

/** @param rows at most so many */
export function rowLimit(rows: number): RawBuilder<number> {
  return frequent.has(rows) ? sql.lit(rows) : sql`${rows}::integer`
}

/** @param rows that many are passed over */
export function rowOffset(rows: number): RawBuilder<number> {
  return rows === 0 ? sql.lit(0) : sql`${rows}::integer`
}
