/** Clients by the thousand, for imports. */
import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { isSiret } from '#kernel/french-identifiers.ts'
import { newUuids } from '#kernel/ids.ts'
import type { RowFault } from '#kernel/row-faults.ts'
import { rowFault, shapeFault } from '#kernel/row-faults.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { normalizeName } from './rules.ts'
import type { NewClient } from './schemas.ts'
import { newClient } from './schemas.ts'

export type ClientOutcome = { outcome: 'inserted' | 'updated' | 'exists' } | ({ outcome: 'refused' } & RowFault)

const validator = Compile(newClient)

/** @returns null when the row may go in */
export function clientRefusal(row: NewClient): RowFault | null {
  if (!validator.Check(row)) {
    const [first] = validator.Errors(row)
    return { field: first?.instancePath.split('/')[1] ?? null, ...shapeFault(first) }
  }
  if (typeof row.siret === 'string' && !isSiret(row.siret)) return { field: 'siret', ...rowFault('row_siret') }
  return null
}

/**
 * Inserts clients in the order given; a name that is there is left as it is, or gets what the row has.
 * @returns the outcome of each row, in the same order
 */
export async function insertClients(
  tx: Tx,
  tenantId: string,
  rows: readonly NewClient[],
  { onKnown, now }: { onKnown: 'skip' | 'update'; now: Date },
): Promise<ClientOutcome[]> {
  const outcomes: ClientOutcome[] = new Array(rows.length)
  const known: ClientOutcome = { outcome: onKnown === 'update' ? 'updated' : 'exists' }
  const sent = new Map<string, { row: NewClient; first: number; id: string }>()
  const ids = newUuids(rows.length)
  rows.forEach((row, i) => {
    const refusal = clientRefusal(row)
    if (refusal) {
      outcomes[i] = { outcome: 'refused', ...refusal }
      return
    }
    const name = normalizeName(row.name)
    const before = sent.get(name)
    if (!before) sent.set(name, { row: { ...row, name }, first: i, id: ids[i] as string })
    else {
      outcomes[i] = known
      if (onKnown === 'update') before.row = { ...before.row, ...row, name }
    }
  })
  if (sent.size === 0) return outcomes
  const own = [...sent.values()]
  const written = await sql<{ id: string }>`
    insert into clients (tenant_id, id, name, description, siret, created_at, updated_at)
    select ${tenantId}, new.id, new.name, new.description, new.siret, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${own.map(({ id }) => id)}::uuid[], ${own.map(({ row }) => row.name)}::text[],
        ${own.map(({ row }) => row.description ?? null)}::text[], ${own.map(({ row }) => row.siret ?? null)}::text[])
        as new (id, name, description, siret)
    on conflict (tenant_id, name) ${
      onKnown === 'skip'
        ? sql`do nothing`
        : sql`do update set description = coalesce(excluded.description, clients.description),
            siret = coalesce(excluded.siret, clients.siret), updated_at = ${now}::timestamptz`
    }
    returning id`.execute(tx)
  const inserted = new Set(written.rows.map(({ id }) => id))
  for (const { id, first } of own) outcomes[first] = inserted.has(id) ? { outcome: 'inserted' } : known
  return outcomes
}
