/**
 * Customers by the thousand, for imports: one statement for all of them, at a good part of COPY's speed, and the outcome
 * of each. What a row would be refused for alone, it is refused for here, and the others go in.
 */

import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { isSiret } from '#kernel/french-identifiers.ts'
import { newUuids } from '#kernel/ids.ts'
import { rowFault, shapeFault } from '#kernel/row-faults.ts'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { RowOutcome } from '../schemas.ts'
import type { CustomerField } from './rules.ts'
import { customerColumns, customerFields } from './rules.ts'
import type { NewCustomer } from './schemas.ts'
import { newCustomer } from './schemas.ts'

/** What happens to a row whose code is there already: nothing, or these fields are written over where the row has them. */
export type OnKnownCode = { skip: true } | { update: readonly CustomerField[] }

const validator = Compile(newCustomer)

const inserted: RowOutcome = { outcome: 'inserted' }
const updated: RowOutcome = { outcome: 'updated' }
const exists: RowOutcome = { outcome: 'exists' }

/** What a row would be refused for by itself; null: nothing. */
export function customerRefusal(row: NewCustomer): RowOutcome | null {
  if (!validator.Check(row)) {
    const [first] = validator.Errors(row)
    const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties
    const field = missing?.[0] ?? first?.instancePath.split('/')[1] ?? null
    return { outcome: 'refused', field, ...shapeFault(first) }
  }
  if (typeof row.siret === 'string' && !isSiret(row.siret)) {
    return { outcome: 'refused', field: 'siret', ...rowFault('row_siret') }
  }
  return null
}

/**
 * Inserts customers, in the order given: of two rows with one code the second finds the first.
 * @returns the outcome of each row, in the same order
 */
export async function insertCustomers(
  tx: Tx,
  tenantId: string,
  rows: readonly NewCustomer[],
  { onKnown, now }: { onKnown: OnKnownCode; now: Date },
): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = new Array(rows.length)
  /** Code -> the row that is sent; a later one of the same code changes it, or is skipped. */
  const sent = new Map<string, { row: NewCustomer; first: number; id: string }>()
  const repeated: number[] = []
  const ids = newUuids(rows.length)
  rows.forEach((row, i) => {
    const refusal = customerRefusal(row)
    if (refusal) {
      outcomes[i] = refusal
      return
    }
    const before = sent.get(row.code)
    if (!before) {
      sent.set(row.code, { row, first: i, id: ids[i] as string })
      return
    }
    repeated.push(i)
    if ('update' in onKnown) before.row = { ...before.row, ...pick(row, onKnown.update) }
  })
  for (const i of repeated) outcomes[i] = 'update' in onKnown ? updated : exists
  if (sent.size === 0) return outcomes
  const own = [...sent.values()]
  const written = await send(tx, tenantId, own, { onKnown, now })
  for (const { id, first } of own) {
    outcomes[first] = written.has(id) ? inserted : 'update' in onKnown ? updated : exists
  }
  return outcomes
}

function pick(row: NewCustomer, fields: readonly CustomerField[]): Partial<NewCustomer> {
  return Object.fromEntries(fields.flatMap((field) => ((row[field] ?? null) === null ? [] : [[field, row[field]]])))
}

/** @returns the ids that are new: a row that was there keeps its own */
async function send(
  tx: Tx,
  tenantId: string,
  own: readonly { row: NewCustomer; id: string }[],
  { onKnown, now }: { onKnown: OnKnownCode; now: Date },
): Promise<Set<string>> {
  const arrays = customerFields.map((field) => {
    const [column, type] = customerColumns[field]
    const values = own.map(({ row }) => row[field] ?? (field === 'isActive' ? true : null))
    return { column: sql.ref(column), values: sql`${values}::${sql.raw(type)}[]` }
  })
  const names = sql.join(arrays.map(({ column }) => column))
  const ids = own.map(({ id }) => id)
  const written = await sql<{ id: string }>`
    insert into customers (tenant_id, id, created_at, updated_at, ${names})
    select ${tenantId}, new.id, ${now}::timestamptz, ${now}::timestamptz, ${sql.join(arrays.map(({ column }) => sql`new.${column}`))}
      from unnest(${ids}::uuid[], ${sql.join(arrays.map(({ values }) => values))}) as new (id, ${names})
    on conflict (tenant_id, code) ${conflictAction(onKnown, now)}
    returning id`.execute(tx)
  return new Set(written.rows.map((row) => row.id))
}

function conflictAction(onKnown: OnKnownCode, now: Date) {
  if ('skip' in onKnown) return sql`do nothing`
  const changes = onKnown.update.map((field) => {
    const column = sql.ref(customerColumns[field][0])
    return sql`${column} = coalesce(excluded.${column}, customers.${column})`
  })
  return sql`do update set ${sql.join([...changes, sql`updated_at = ${now}::timestamptz`])}`
}

/** Which of these codes customers have. */
export async function findCustomerCodes(
  database: Database,
  tenantId: string,
  codes: readonly string[],
): Promise<Set<string>> {
  const [, found] = await database.batch([
    tenantEntrance(tenantId),
    { text: 'select code from customers where tenant_id = $1 and code = any ($2::text[])', values: [tenantId, codes] },
  ])
  return new Set(found?.rows.map(({ code }) => code as string))
}
