/**
 * Walks over every stored secret, to count which key each is under, or to encrypt anew what is not under the first one,
 * while servers read and write the same rows.
 *
 * A batch locks its rows and skips those that somebody else has locked, so it waits for nobody and cannot take part in a
 * deadlock; a row is replaced only if it still holds the token that was read. What was skipped is found by the next pass.
 */
import type { ClientBase } from 'pg'
import pg from 'pg'
import type { KeyRing } from '#kernel/key-ring.ts'
import { auditStatement } from '../operations/journal.ts'
import type { Origin } from '../operations/operation.ts'
import type { EncryptedColumn } from './encrypted-columns.ts'
import { encryptedColumns } from './encrypted-columns.ts'

const batchRows = 200

type KeyColumn = { name: string; type: string }
type Row = { key: string[]; token: string }
type Batch = { rows: Row[]; keyColumns: KeyColumn[] }

/** Rows that hold a secret, in order of the primary key, which no update moves a row in. */
export async function* batchesOf(
  client: ClientBase,
  { table, column }: Pick<EncryptedColumn, 'table' | 'column'>,
): AsyncGenerator<Batch> {
  const keyColumns = await primaryKeyOf(client, table)
  const names = keyColumns.map(({ name }) => pg.escapeIdentifier(name))
  const after = keyColumns.map(({ type }, i) => `$${i + 1}::${type}`)
  const select = `select array[${names.map((name) => `${name}::text`).join(', ')}] as key, ${column} as token from ${table}
    where ${column} is not null`
  const order = `order by ${names.join(', ')} limit ${batchRows}`
  let last: string[] | null = null
  for (;;) {
    const beyond: string = last === null ? '' : `and (${names.join(', ')}) > (${after.join(', ')})`
    const { rows }: { rows: Row[] } = await client.query<Row>(`${select} ${beyond} ${order}`, last ?? [])
    if (rows.length > 0) yield { rows, keyColumns }
    last = rows.at(-1)?.key ?? null
    if (rows.length < batchRows) return
  }
}

async function primaryKeyOf(client: ClientBase, table: string): Promise<KeyColumn[]> {
  const { rows } = await client.query<KeyColumn>(
    `select a.attname as name, format_type(a.atttypid, null) as type
       from pg_index i
       cross join unnest(i.indkey) with ordinality as k (attnum, position)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = $1::regclass and i.indisprimary order by k.position`,
    [table],
  )
  if (rows.length === 0) throw new Error(`the table ${table} has no primary key`)
  return rows
}

export type ColumnCensus = {
  table: string
  column: string
  /** How many secrets are under each key, in the ring's order. */
  underKey: number[]
  /** How many open under none of them. */
  unopenable: number
}

/** Counts the stored secrets by the key that they are under. */
export async function countByKey(client: ClientBase, ring: KeyRing): Promise<ColumnCensus[]> {
  const census: ColumnCensus[] = []
  for (const one of encryptedColumns) {
    const underKey = ring.fingerprints().map(() => 0)
    let unopenable = 0
    for await (const { rows } of batchesOf(client, one)) {
      for (const { token } of rows) {
        const index = ring.keyOf(token)
        if (index === null) unopenable++
        else underKey[index] = (underKey[index] ?? 0) + 1
      }
    }
    census.push({ table: one.table, column: one.column, underKey, unopenable })
  }
  return census
}

export type PassReport = {
  /** Secrets that are under the first key now. */
  reencrypted: number
  /** Changed or locked by somebody else meanwhile: the next pass looks again. */
  skipped: number
  /** By column: how many open under no key of the ring. They stay as they are. */
  left: Record<string, number>
}

/**
 * One pass over all stored secrets that encrypts anew what is not under the ring's first key. Each tenant in `told` has got
 * its audit event; events are written in the transaction of the tenant's first batch.
 */
export async function reencryptPass(
  client: ClientBase,
  ring: KeyRing,
  { origin, told }: { origin: Origin; told: Set<string> },
): Promise<PassReport> {
  const report: PassReport = { reencrypted: 0, skipped: 0, left: {} }
  for (const one of encryptedColumns) {
    for await (const { rows, keyColumns } of batchesOf(client, one)) {
      const outdated: Row[] = []
      for (const row of rows) {
        const index = ring.keyOf(row.token)
        const name = `${one.table}.${one.column}`
        if (index === null) report.left[name] = (report.left[name] ?? 0) + 1
        else if (index > 0) outdated.push(row)
      }
      if (outdated.length === 0) continue
      const fresh = outdated.map((row) => ({ ...row, fresh: ring.encrypt(ring.decrypt(row.token)) }))
      const replaced = await replaceTokens(client, { ...one, keyColumns }, fresh, { origin, told })
      report.reencrypted += replaced
      report.skipped += outdated.length - replaced
    }
  }
  return report
}

async function replaceTokens(
  client: ClientBase,
  { table, column, ofTenants, keyColumns }: EncryptedColumn & { keyColumns: KeyColumn[] },
  rows: (Row & { fresh: string })[],
  { origin, told }: { origin: Origin; told: Set<string> },
): Promise<number> {
  const names = keyColumns.map(({ name }) => pg.escapeIdentifier(name))
  const given = names.map((_, i) => `k${i}`)
  const parameters = names.map((_, i) => `$${i + 1}::text[]`)
  const matches = (other: string) =>
    keyColumns.map(({ type }, i) => `t.${names[i]} = ${other}.k${i}::${type}`).join(' and ')
  const statement = `
    with given as (
      select * from unnest(${parameters.join(', ')}, $${names.length + 1}::text[], $${names.length + 2}::text[])
        as g (${given.join(', ')}, token, fresh)
    ), locked as (
      select g.* from ${table} t join given g on ${matches('g')} where t.${column} = g.token
        for update of t skip locked
    )
    update ${table} t set ${column} = locked.fresh from locked
     where ${matches('locked')} and t.${column} = locked.token
    returning ${ofTenants ? 't.tenant_id' : 'null'} as tenant_id`
  const columns = names.map((_, i) => rows.map(({ key }) => key[i]))
  const values = [...columns, rows.map(({ token }) => token), rows.map(({ fresh }) => fresh)]
  await client.query('begin')
  try {
    const updated = await client.query<{ tenant_id: string | null }>(statement, values)
    const tenants = new Set(updated.rows.flatMap(({ tenant_id }) => tenant_id ?? []))
    for (const tenantId of tenants) if (isTenant(tenantId) && !told.has(tenantId)) await tell(client, tenantId, origin)
    await client.query('commit')
    for (const tenantId of tenants) told.add(tenantId)
    return updated.rows.length
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Idempotency keys of callers without a credential stand under a name that no tenant can have. */
function isTenant(tenantId: string): boolean {
  return !tenantId.startsWith('~')
}

async function tell(client: ClientBase, tenantId: string, origin: Origin): Promise<void> {
  const { text, values } = auditStatement(
    { tenantId, actor: { kind: 'system', tenantId, name: 'operator' }, origin },
    'master_key.rotated',
    { category: 'security', description: 'Stored secrets were encrypted under a new master key' },
  )
  await client.query(text, [...values])
}
