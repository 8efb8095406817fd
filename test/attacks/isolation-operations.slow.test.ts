/** As isolation-operations.test.ts, with longer courses and other seeds: ISOLATION_SEED=n tries others still. */
import { test } from 'node:test'
import { compareCourses } from './compare-courses.fixture.ts'

for (const more of [0, 1]) {
  test(`a long course beside another tenant tells what it tells alone (${more + 1} of 2)`, async (t) => {
    await compareCourses(t, Number(process.env.ISOLATION_SEED ?? 100) + more, 2)
  })
}
