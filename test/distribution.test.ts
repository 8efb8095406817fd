/** Tables can be spread over several machines by their tenant, and the page that says so is the schema's. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestDatabase } from './support/postgres.ts'
import { describeDistribution, distributionPage } from './tooling/distribution.ts'

test('every table is spread by its tenant or listed with the reason, and docs/scaling-tables.md says what the schema says', async (t) => {
  const database = await createTestDatabase()
  t.after(() => database.drop())
  const text = await describeDistribution(database.owner)
  assert.equal(text, readFileSync(distributionPage, 'utf8'), 'run: node test/tooling/distribution.ts')
})
