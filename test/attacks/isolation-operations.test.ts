/**
 * Two tenants take random courses of all operations at the same time; one course is taken once more alone, in a database of
 * its own. What the tenant was told must be the same, but for names: nothing of the other is in it, nothing that the other did
 * can be felt, and another's id is as good as one that never was.
 */
import { test } from 'node:test'
import { compareCourses } from './compare-courses.fixture.ts'

test('two tenants take all operations at the same time, and each is told what it would be told alone', async (t) => {
  await compareCourses(t, Number(process.env.ISOLATION_SEED ?? 1), 1)
})
