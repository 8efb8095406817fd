import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { catalogue, columnKinds, columnsOf } from './catalogue.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

test('says of every column of every table what it holds, and of none twice', async () => {
  const found = await queryAsOwner<{ table: string; columns: string[] }>(
    database,
    `select table_name::text as "table", array_agg(column_name::text order by column_name::text collate "C") as columns
       from information_schema.columns join information_schema.tables using (table_catalog, table_schema, table_name)
      -- A view holds nothing of its own.
      where table_schema = 'public' and table_type = 'BASE TABLE' group by 1 order by table_name::text collate "C"`,
  )
  const listed = Object.entries(catalogue).map(([table, entry]) => ({
    table,
    columns: [
      ...columnsOf(entry, ...columnKinds),
      ...(entry.ofPlatform || table === 'tenants' ? [] : ['tenant_id']),
    ].sort(),
  }))
  assert.deepEqual(
    listed.sort((a, b) => (a.table < b.table ? -1 : 1)),
    found,
    'add the new column to src/features/personal-data/catalogue-*.ts, and to the table of docs/personal-data.md',
  )
})

test('what is encrypted is content of persons or a secret, and no table with content of persons is left alone', () => {
  for (const [table, entry] of Object.entries(catalogue)) {
    for (const column of columnsOf(entry, 'id', 'personal', 'free', 'config', 'plain')) {
      assert.ok(!column.endsWith('_ciphertext') && !column.includes('secret_hash'), `${table}.${column}`)
    }
    if (entry.erase === 'none') assert.deepEqual(columnsOf(entry, 'personal', 'free', 'sealed'), [], table)
    if (['keep', 'with'].includes(entry.erase)) assert.ok(entry.why, `${table} says why`)
    if (entry.erase.includes('rows')) assert.ok(entry.own, `${table} says which rows are a person's own`)
  }
})
