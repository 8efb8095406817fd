/** As isolation-operations.test.ts, with a longer course and another seed: ISOLATION_SEED=n tries others still. */
import { test } from 'node:test'
import { compareCourses } from './compare-courses.fixture.ts'

test('a long course beside another tenant tells what it tells alone', async (t) => {
  await compareCourses(t, Number(process.env.ISOLATION_SEED ?? 100), 2)
})
