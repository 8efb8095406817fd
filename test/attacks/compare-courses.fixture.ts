/** Takes two courses at the same time, and one of them once more alone, in a database of its own; compares what was told. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { startTestApp } from '#test/support/app.ts'
import { startOutside } from '#test/support/outside.ts'
import type { Step } from './lone-tenant.fixture.ts'
import { courseOf, LoneTenant, operationsOfTenants } from './lone-tenant.fixture.ts'
import { Renaming } from './same-but-for-ids.ts'

/** @param times how often each operation is in a course */
export async function compareCourses(t: TestContext, seed: number, times: number): Promise<void> {
  const [first = [], second = []] = fc.sample(courseOf(times), { seed, numRuns: 2 })
  const outside = await startOutside()
  t.after(() => outside.stop())
  const shared = await startTestApp({ config: outside.config })
  t.after(() => shared.close())
  const own = await startTestApp({ config: outside.config })
  t.after(() => own.close())
  const one = await LoneTenant.open(shared, outside, 'one')
  const other = await LoneTenant.open(shared, outside, 'other')
  await Promise.all([takeAll(one, first, other), takeAll(other, second, one)])
  const alone = await LoneTenant.open(own, outside, 'one')
  await takeAll(alone, first, null)

  const renaming = new Renaming()
  const succeeded = new Set<string>()
  for (const [i, { operation, answer, foreign }] of one.told.entries()) {
    renaming.named = new Map(foreign.map((id, at) => [id, alone.told[i]?.foreign[at] ?? '']))
    renaming.assertSame(answer, alone.told[i]?.answer, `seed ${seed}, step ${i}, ${operation}`)
    if (!(answer as { refused?: string; failed?: string } | null)?.refused) succeeded.add(operation)
  }
  assert.equal(one.told.length, operationsOfTenants.length * times)
  assert.ok(succeeded.size > operationsOfTenants.length / 2, `only ${succeeded.size} operations did anything`)
}

async function takeAll(tenant: LoneTenant, steps: readonly Step[], neighbour: LoneTenant | null): Promise<void> {
  for (const step of steps) await tenant.take(step, neighbour)
}
