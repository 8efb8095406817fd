import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entities as described, entityNames, findColumn } from '#features/entities/index.ts'
import { entities as exported } from './entity-store.ts'

/** What a file cannot bring in: ids that we give, moments that we note, and attributes, which are columns of their own there. */
const onlyExported: Record<string, readonly string[]> = {
  invoices: ['customer_id', 'client_uid'],
  accounting_entries: ['created_at'],
  profiles: ['attributes'],
}

for (const name of entityNames) {
  test(`an import knows the columns of exported ${name}, and an export has all that an import needs`, () => {
    const columns = Object.keys(exported[name].columns)
    const unknown = columns.filter((column) => findColumn(described[name], column) === null)
    assert.deepEqual(unknown, onlyExported[name] ?? [])
    const found = new Set(columns.map((column) => findColumn(described[name], column)?.name))
    const needed = described[name].columns.filter((column) => column.imported === 'required')
    assert.deepEqual(
      needed.filter((column) => !found.has(column.name)).map((column) => column.name),
      [],
    )
  })
}
