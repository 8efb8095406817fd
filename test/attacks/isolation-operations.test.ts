/**
 * Two tenants take random courses of all operations at the same time; another pair of eyes sees each course alone, in a
 * database of its own. What a tenant was told must be the same, but for names: nothing of the other is in it, nothing the
 * other did can be felt, and another's id is as good as one that never was.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startTestApp } from '#test/support/app.ts'
import { startOutside } from '#test/support/outside.ts'
import type { Step } from './lone-tenant.fixture.ts'
import { courseOf, LoneTenant, operationsOfTenants } from './lone-tenant.fixture.ts'
import { Renaming } from './same-but-for-ids.ts'

test('two tenants take all operations at the same time, and each is told what it would be told alone', async (t) => {
  const seed = Number(process.env.ISOLATION_SEED ?? 1)
  await compareCourses(t, seed, 1)
})

async function compareCourses(
  t: { after(work: () => Promise<void>): void },
  seed: number,
  times: number,
): Promise<void> {
  const [first, second] = fc.sample(courseOf(times), { seed, numRuns: 2 }) as [Step[], Step[]]
  const outside = await startOutside()
  t.after(() => outside.stop())
  const apps = await Promise.all([0, 1].map(() => startTestApp({ config: outside.config })))
  const [shared, own] = apps as [(typeof apps)[0], (typeof apps)[0]]
  for (const app of apps) t.after(() => app.close())
  const [one, other] = [await LoneTenant.open(shared, outside, 'one'), await LoneTenant.open(shared, outside, 'other')]
  await Promise.all([all(one, first, other), all(other, second, one)])
  const alone = await LoneTenant.open(own, outside, 'one')
  await all(alone, first, null)
  const renaming = new Renaming()
  const results = new Set<string>()
  for (const [i, { operation, answer }] of one.told.entries()) {
    renaming.assertSame(answer, alone.told[i]?.answer, `seed ${seed}, step ${i}, ${operation}`)
    if (!(answer as { refused?: string } | null)?.refused) results.add(operation)
  }
  assert.equal(one.told.length, operationsOfTenants.length * times)
  console.log(results.size, operationsOfTenants.length)
}

async function all(tenant: LoneTenant, steps: readonly Step[], neighbour: LoneTenant | null): Promise<void> {
  for (const step of steps) await tenant.take(step, neighbour)
}
