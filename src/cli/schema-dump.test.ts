import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dumpSchema } from '#platform/db/dump-schema.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { describeDifference, schemaFile } from './schema-dump.ts'

test('schema.sql is what the migrations make', async (t) => {
  const database = await createTestDatabase()
  t.after(() => database.drop())
  const made = await withOwner(database, dumpSchema)
  assert.equal(describeDifference(readFileSync(schemaFile, 'utf8'), made), null, 'run: npm run schema:dump')
})

test('shows the lines that differ, and nothing for equal texts', () => {
  assert.equal(describeDifference('a\nb\n', 'a\nb\n'), null)
  assert.equal(describeDifference('a\nb\nd', 'a\nc\nd'), '- b\n+ c')
})
